"""Chat models: what writes the replies.

May import: engines, models, config, text, common.
"""
