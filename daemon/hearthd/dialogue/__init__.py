"""Pure: events, state and ``step``, the whole behaviour; and what words want.

May import: turn_taking, common.
"""
