"""Training of a GPT-SoVITS voice."""
