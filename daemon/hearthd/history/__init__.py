"""What is remembered: turns and conversations, in one SQLite file.

May import: dialogue, service, common.
"""
