"""Wake words made at home: synthetic voices in rooms, a small network on openWakeWord's features.

May import: engines, models, common.
"""
