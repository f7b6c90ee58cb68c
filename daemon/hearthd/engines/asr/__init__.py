"""Recognisers: what was said, as text.

May import: engines, models, config, common.
"""
