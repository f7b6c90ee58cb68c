"""Pure: numbers, units, dates and signs as they are read aloud.

May import: text, common.
"""
