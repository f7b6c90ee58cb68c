"""The owner's voices."""
