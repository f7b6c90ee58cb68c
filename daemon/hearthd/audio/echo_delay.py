"""How much later the microphone hears what the clocks say is sounding: found by correlation, GCC-PHAT.

The device's clocks say when a sample leaves the speaker and when one was captured, but they know nothing
of what a loudspeaker with its own processor, or a sound server that misjudges its buffers, adds. The
phase transform makes the direct path a sharp peak whatever the speech's spectrum; a person talking at
the same time only lowers it (Knapp and Carter, 1976).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hearthd.core.events import SAMPLE_RATE
from hearthd.engines.protocols import Pcm

WINDOW = 2 * SAMPLE_RATE
"""Samples that are correlated: several words, whose pattern occurs once."""
EARLIEST, LATEST = -SAMPLE_RATE // 8, SAMPLE_RATE // 2
"""The delays looked for, -125 to +500 ms: stamps may err either way, loudspeakers only add."""
HISTORY = WINDOW + LATEST - EARLIEST
_SIZE = 65_536
"""Of the transforms: a power of two, longer than a history."""
CLEAR = 9.0
"""A peak counts if it is so many times the standard deviation of all delays looked at: of 10,000 values
of noise the largest is at 4."""
AGREE = SAMPLE_RATE // 500
"""Two peaks in a row within 2 ms are one delay."""


def find_delay(near: Pcm, far: Pcm) -> int | None:
    """Samples by which ``near`` lags ``far`` (same span of time, HISTORY long); None if none is clear."""
    begin = LATEST
    late = near[begin : begin + WINDOW]
    spectrum = np.fft.rfft(late.astype(np.float32), _SIZE) * np.conj(
        np.fft.rfft(far.astype(np.float32), _SIZE)
    )
    correlation: NDArray[np.float64] = np.fft.irfft(spectrum / (np.abs(spectrum) + 1e-3), _SIZE)
    # late[0] stands at ``begin`` of far's axis, so a lag k of the transform is a delay of k + begin.
    lags = np.arange(EARLIEST, LATEST + 1)
    values = correlation[(lags - begin) % _SIZE]
    best = int(np.argmax(values))
    spread = float(np.std(values))
    return int(lags[best]) if spread > 0 and values[best] >= CLEAR * spread else None


class DelayTracker:
    """Fed both signals while the speaker sounds; tells a delay once two looks agree on it."""

    def __init__(self) -> None:
        self._near: Pcm = np.zeros(HISTORY, np.int16)
        self._far: Pcm = np.zeros(HISTORY, np.int16)
        self._filled = 0
        self._before: int | None = None

    def feed(self, near: Pcm, far: Pcm) -> None:
        """The next samples of both, at the same times."""
        for history, fresh in ((self._near, near), (self._far, far)):
            history[: -len(fresh)] = history[len(fresh) :]
            history[-len(fresh) :] = fresh
        self._filled = min(HISTORY, self._filled + len(near))

    def look(self) -> int | None:
        """The delay in samples, if this look and the one before agree."""
        if self._filled < HISTORY:
            return None
        found = find_delay(self._near, self._far)
        agreed = found is not None and self._before is not None and abs(found - self._before) <= AGREE
        self._before = found
        return found if agreed else None

    def restart(self) -> None:
        """The signals begin anew: the past is of another alignment."""
        self._filled, self._before = 0, None
