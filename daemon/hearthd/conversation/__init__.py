"""A turn, what is being talked about, and what is told to the model."""
