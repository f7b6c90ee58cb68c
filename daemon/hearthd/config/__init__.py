"""Settings, personas, and what can be set over them while the speaker runs.

May import: dialogue, text, common.
"""
