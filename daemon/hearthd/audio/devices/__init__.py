"""Sound cards, through PortAudio and ALSA.

May import: audio, audio.playback, service, common.
"""
