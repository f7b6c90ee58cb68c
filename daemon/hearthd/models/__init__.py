"""Model files: which there are, how they are fetched and verified.

May import: config, common.
"""
