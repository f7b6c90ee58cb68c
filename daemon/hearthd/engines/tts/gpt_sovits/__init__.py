"""The voice of a GPT-SoVITS server."""
