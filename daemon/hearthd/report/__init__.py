"""Pictures of where the time of the turns went.

May import: dialogue, common.
"""
