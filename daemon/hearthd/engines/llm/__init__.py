"""Chat models: what writes the replies."""
