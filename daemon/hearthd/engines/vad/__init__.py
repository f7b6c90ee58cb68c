"""Is it speech; and is it more than a hum.

May import: engines, common.
"""
