"""Was the wake word said.

May import: engines, engines.vad, config, common.
"""
