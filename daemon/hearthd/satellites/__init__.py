"""Rooms over the network: a device that people own is the microphone and the loudspeaker.

May import: engines, audio, dialogue, service, common.
"""
