"""The owner's voices: reference clips, their texts, trained weights.

May import: common.
"""
