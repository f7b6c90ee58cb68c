"""Is what a path lets through what the speaker plays? By the pattern of loud and soft, band by band.

Levels tell nothing of it (a person may be quieter than an echo) and neither do the recogniser's words (it
makes "no" and "hey" of a residue). But the speaker's voice, however a room, a loudspeaker or a canceller has
changed it, is still loud and soft in each band when the reference is, some moments later; a person is not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hearthd.common.audio import Pcm

HOP = 256
"""Samples (16 ms) from one row of levels to the next."""
SIZE = 512
EDGES = (5, 8, 12, 17, 23, 31, 42, 56, 75, 100, 128)
"""Bins of the spectrum (31 Hz each) between which a band lies: 150 Hz to 4 kHz, ten of them."""
BANDS = len(EDGES) - 1
RANGE_DB = 30.0
"""What is so far below the loudest counts as silent: the room's own noise has a pattern, too."""

Levels = NDArray[np.float32]
_WINDOW = np.hanning(SIZE).astype(np.float32)


def levels(sound: Pcm) -> Levels:
    """(rows, BANDS) in dB; row k belongs to the ``SIZE`` samples from ``k * HOP`` on."""
    count = (len(sound) - SIZE) // HOP + 1
    if count <= 0:
        return np.zeros((0, BANDS), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(sound, SIZE)[: count * HOP : HOP]
    power = np.abs(np.fft.rfft(frames * _WINDOW).astype(np.complex64)) ** 2
    bands = np.add.reduceat(power, EDGES, axis=1)[:, :BANDS]
    decibels: Levels = (10 * np.log10(bands + 1.0)).astype(np.float32)
    return decibels


def likeness(heard: Levels, played: Levels) -> float:
    """The best correlation of ``heard`` with as many rows of ``played``, wherever in that they lie.

    Every row that ``played`` is longer is one more delay tried. 0 where one of them has no pattern.
    """
    rows = len(heard)
    if rows < 2 or len(played) < rows:
        return 0.0
    one = _pattern(heard)
    weight = float(np.sqrt(np.sum(one * one)))
    best = 0.0
    for first in range(len(played) - rows + 1):
        other = _pattern(played[first : first + rows])
        both = weight * float(np.sqrt(np.sum(other * other)))
        if both > 0:
            best = max(best, float(np.sum(one * other)) / both)
    return best


def _pattern(rows: Levels) -> Levels:
    """The rows' rise and fall: each band without its mean, nothing below what can be heard."""
    floored = np.maximum(rows, rows.max() - RANGE_DB)
    pattern: Levels = floored - floored.mean(axis=0)
    return pattern
