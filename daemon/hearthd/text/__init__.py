"""Pure: what is spoken, in chunks."""
