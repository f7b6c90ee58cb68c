"""Model files: which there are, fetched and verified."""
