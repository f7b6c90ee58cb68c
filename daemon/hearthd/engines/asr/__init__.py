"""Recognisers: what was said, as text.

May import: engines, models, config, turn_taking, common.
"""
