"""Training of a GPT-SoVITS voice from recordings.

May import: engines, audio, voices, text, common.
"""
