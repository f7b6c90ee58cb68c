"""Microphone blocks in, events out."""
