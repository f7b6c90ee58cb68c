"""The command line ``hearthd``: its parser, its exit codes.

May import: every room.
"""
