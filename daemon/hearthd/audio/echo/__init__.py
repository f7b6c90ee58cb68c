"""The speaker's own voice taken out of what the microphone hears, and how well that works.

May import: audio.playback, turn_taking, dialogue, common.
"""
