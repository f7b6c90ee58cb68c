"""Puts everything together and keeps it alive."""
