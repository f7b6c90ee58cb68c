"""Recognisers: what was said, as text."""
