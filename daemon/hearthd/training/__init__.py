"""Training on the owner's machine."""
