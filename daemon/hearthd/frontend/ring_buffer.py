"""The last seconds of the microphone, by sample number.

Everything that looks back (the pre-roll, the wake phrase, a listener that begins in the past)
reads here, so the microphone's blocks are copied once and no part keeps a buffer of its own.
"""

from __future__ import annotations

import numpy as np

from hearthd.common.audio import SAMPLE_RATE, Pcm

RING_SECONDS = 45.0
"""The longest utterance (25 s), the wake phrase before it and time to ask for it: 1.4 MB."""


class RingBuffer:
    """A ring of 16 kHz mono int16. Sample 0 is the first one written; numbers never restart."""

    def __init__(self, seconds: float = RING_SECONDS) -> None:
        self._data: Pcm = np.zeros(int(seconds * SAMPLE_RATE), dtype=np.int16)
        self.end = 0
        """The number of the next sample: how many were ever written."""

    @property
    def capacity(self) -> int:
        """How many samples it keeps."""
        return len(self._data)

    @property
    def start(self) -> int:
        """The oldest sample still here."""
        return max(0, self.end - self.capacity)

    def write(self, block: Pcm) -> None:
        """Append ``block``; of one longer than the ring only the end is kept."""
        kept = block[-self.capacity :]
        first = (self.end + len(block) - len(kept)) % self.capacity
        head = min(len(kept), self.capacity - first)
        self._data[first : first + head] = kept[:head]
        self._data[: len(kept) - head] = kept[head:]
        self.end += len(block)

    def read(self, start: int, end: int) -> Pcm:
        """A copy of the samples ``start`` to ``end``, without those that are gone or to come."""
        start, end = max(start, self.start), min(end, self.end)
        if start >= end:
            return np.zeros(0, dtype=np.int16)
        first, length = start % self.capacity, end - start
        head = min(length, self.capacity - first)
        return np.concatenate((self._data[first : first + head], self._data[: length - head]))
