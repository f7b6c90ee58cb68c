"""Pure: events, state and ``step``, the whole behaviour.

May import: common.
"""
