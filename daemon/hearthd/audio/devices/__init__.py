"""Sound cards, through PortAudio and ALSA."""
