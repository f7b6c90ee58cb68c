"""What every room uses: paths, sound, the tree of errors.

May import: nothing.
"""
