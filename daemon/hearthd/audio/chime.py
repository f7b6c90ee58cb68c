"""The speaker's own sounds, synthesised: short and quiet, but for the ring; without a click, like no speech.

Pure tones with a soft edge: a VAD does not take a steady sine for a voice, and a canceller removes it
easily. The microphone hears them all the same, so they are short. The ring glides; see ``GLIDE``.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np

from hearthd.common.audio import Pcm

RATE = 48_000
LEVEL = 0.10
"""Peak of full scale (-20 dB): a chime is to be noticed, not to startle."""
EDGE_SECONDS = 0.018
"""Rise and fall of each tone, a raised cosine: shorter clicks, longer sounds late."""

_TONES: dict[str, Sequence[tuple[float, float, float]]] = {
    "wake": ((0.000, 0.075, 659.26), (0.045, 0.080, 987.77)),
    "error": ((0.000, 0.130, 587.33), (0.120, 0.180, 440.00)),
    "muted": ((0.000, 0.080, 659.26), (0.060, 0.100, 440.00)),
    "unmuted": ((0.000, 0.080, 440.00), (0.060, 0.100, 659.26)),
    "due": ((0.000, 0.110, 783.99), (0.130, 0.110, 783.99), (0.260, 0.150, 880.00)),
    "announce": ((0.000, 0.140, 523.25), (0.110, 0.140, 659.26), (0.220, 0.220, 783.99)),
}
"""Name -> tones, each (start in seconds, length in seconds, frequency in Hz)."""

NAMES = tuple(_TONES)

_RING = (
    (0.00, 0.22, 880.00), (0.18, 0.22, 1108.73), (0.36, 0.34, 1318.51),
    (0.74, 0.22, 880.00), (0.92, 0.22, 1108.73), (1.10, 0.45, 1318.51),
)  # fmt: skip
"""One round of a timer's or an alarm's sound: three rising tones, twice, each of which rises itself. Above
800 Hz small loudspeakers give their full level and sleeping people hear best; in the pauses around it "stop"
is understood best."""
GLIDE = 0.25
"""A tone of the ring rises from so much below its frequency to so much above. A steady one repeats itself:
the canceller found its delay in it 375 ms wrong (200 ms, in one of three rooms) and took the ring's own words
for a person's. Gliding it is found to 4 ms in all three, and Silero takes it for no voice (0.04 at most)."""
_PLAIN: Mapping[int, float] = {2: 0.15}
_BRIGHT: Mapping[int, float] = {2: 0.15, 3: 0.05, 5: 0.03}
"""Overtones, and how loud they are."""
RING_LEVELS = (0.10, 0.14, 0.20, 0.28, 0.40, 0.56)
"""Peaks of full scale (-20 to -5 dB) of the first round and of those after it: nobody is startled out of
sleep, and nobody sleeps through it."""


@functools.cache
def chime(name: str) -> Pcm:
    """The chime of that name (``NAMES``; any other sounds as "error"), 48 kHz."""
    return _sound(_TONES.get(name, _TONES["error"]), LEVEL, _PLAIN)


@functools.cache
def ring(rounds_before: int) -> Pcm:
    """One round of ringing, 48 kHz: the louder, the more ``rounds_before`` it have gone unheard."""
    return _sound(_RING, RING_LEVELS[min(rounds_before, len(RING_LEVELS) - 1)], _BRIGHT, GLIDE)


def _sound(
    tones: Sequence[tuple[float, float, float]],
    level: float,
    overtones: Mapping[int, float],
    glide: float = 0.0,
) -> Pcm:
    length = max(start + seconds for start, seconds, _ in tones)
    mixed = np.zeros(round(length * RATE) + 1)
    for start, seconds, frequency in tones:
        count = round(seconds * RATE)
        t = np.arange(count) / RATE
        edge = round(EDGE_SECONDS * RATE)
        shape = np.ones(count)
        rise = 0.5 - 0.5 * np.cos(np.pi * np.arange(edge) / edge)
        shape[:edge] = rise
        shape[count - edge :] = rise[::-1]
        shape *= np.exp(-2.0 * t / seconds)
        phase = 2 * np.pi * frequency * ((1 - glide) * t + glide * t**2 / seconds)
        tone = np.sin(phase)
        for number, loudness in overtones.items():
            tone += loudness * np.sin(number * phase)
        begin = round(start * RATE)
        mixed[begin : begin + count] += tone * shape
    mixed *= level * 32767 / np.abs(mixed).max()
    pcm: Pcm = np.rint(mixed).astype(np.int16)
    pcm.flags.writeable = False
    return pcm
