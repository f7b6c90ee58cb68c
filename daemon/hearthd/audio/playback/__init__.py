"""The mixer and its sample clock: what is played, and what of it has sounded.

May import: audio, common.
"""
