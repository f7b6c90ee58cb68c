"""Microphone blocks in, events out: wake word, speech, its end, somebody who talks over the reply.

May import: engines, audio, config, turn_taking, dialogue, common.
"""
