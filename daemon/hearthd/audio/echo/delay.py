"""How much later the microphone hears what the clocks say is sounding: found by correlation, GCC-PHAT.

The device's clocks say when a sample leaves the speaker and when one was captured, but they know nothing
of what a loudspeaker with its own processor, or a sound server that misjudges its buffers, adds. The
phase transform makes the direct path a sharp peak whatever the speech's spectrum; a person talking at
the same time only lowers it (Knapp and Carter, 1976).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hearthd.common.audio import SAMPLE_RATE, Pcm

WINDOW = SAMPLE_RATE
"""Samples that are correlated: some words, whose pattern occurs once."""
EARLIEST, LATEST = -SAMPLE_RATE // 8, SAMPLE_RATE // 2
"""The delays looked for, -125 to +500 ms: stamps may err either way, loudspeakers only add."""
HISTORY = WINDOW + LATEST - EARLIEST
ENOUGH = WINDOW + SAMPLE_RATE // 4
"""Samples after which a first look is worth it: what came before them is taken for silence."""
_SIZE = 32_768
"""Of the transforms: a power of two, longer than a history."""
CLEAR = 9.0
"""A peak counts if it is so many times the standard deviation of all delays looked at: of 10,000 values
of noise the largest is at 4."""
SURE = 20.0
"""From here on one look is enough: 45 to 65 is the middle of six rooms at -20 to +6 dB, and of 480 looks
above 20 none was wrong."""
AGREE = SAMPLE_RATE // 500
"""Two peaks in a row within 2 ms are one delay."""


def find_delay(near: Pcm, far: Pcm) -> tuple[int, float] | None:
    """Samples by which ``near`` lags ``far`` (same span of time, HISTORY long), and how clear the peak is.

    None if none is clear.
    """
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
    clarity = float(values[best]) / spread if spread > 0 else 0.0
    return (int(lags[best]), clarity) if clarity >= CLEAR else None


class DelayTracker:
    """Fed both signals while the speaker sounds; tells a delay once it is sure."""

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
        """The delay in samples, if this look is sure, or this one and the one before agree."""
        if self._filled < ENOUGH:
            return None
        found = find_delay(self._near, self._far)
        before, self._before = self._before, found[0] if found else None
        if found is None:
            return None
        delay, clarity = found
        agreed = before is not None and abs(delay - before) <= AGREE
        return delay if agreed or clarity >= SURE else None

    def restart(self) -> None:
        """The signals begin anew: the past is of another alignment."""
        self._near[:] = 0
        self._far[:] = 0
        self._filled, self._before = 0, None
