"""Voices: which one speaks, and its stand-in.

May import: engines, audio, voices, config, common.
"""
