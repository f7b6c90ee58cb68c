"""Pure: from the model's text to chunks that can be spoken.

May import: common.
"""
