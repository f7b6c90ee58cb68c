"""The low-latency GPT-SoVITS voice, in a process of its own.

May import: engines, voices, text, common.
"""
