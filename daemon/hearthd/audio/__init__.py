"""Sound as numbers: WAV files, rates, chimes, clocks.

May import: common.
"""
