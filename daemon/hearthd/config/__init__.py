"""Settings, personas, and what was set from Home Assistant over them.

May import: dialogue, common.
"""
