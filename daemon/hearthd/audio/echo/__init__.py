"""Echo cancellers, and how well they do."""
