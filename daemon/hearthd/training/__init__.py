"""What is trained on the owner's machine.

May import: nothing.
"""
