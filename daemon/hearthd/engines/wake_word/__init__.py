"""Was the wake word said.

May import: engines, engines.vad, models, config, common.
"""
