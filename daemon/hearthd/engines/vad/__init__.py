"""Is it speech, and what kind."""
