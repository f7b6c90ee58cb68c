"""What the speaker was sounding, read evenly: one steady pointer into ``ReferenceRing``.

Both ends stamp their blocks with times that jitter by milliseconds, and a linear canceller loses what
it learned with every sample of jitter. So time only steers: the pointer goes ahead by the samples that
the microphone gave, and is drawn towards what the clocks say slowly. Two cards' clocks that drift by
100 ppm pull it along by 5 samples of 48 kHz a second, a third of a 16 kHz sample at a time.
"""

from __future__ import annotations

from hearthd.audio.playback.reference_ring import ReferenceRing
from hearthd.common.audio import SAMPLE_RATE, Pcm

LOST_SECONDS = 0.02
"""A pointer that is further off than this did not drift there: a stream was opened anew, or starved."""
SLOWEST = 0.0005
"""Share of the error corrected with a block of 20 ms: it settles in 40 s, and by then 100 ppm leave it
4 ms behind, always the same 4 ms."""
FASTEST = 0.05
"""The share at the beginning, when the stamps' mean is not yet known."""


class Reference:
    """Reads ``played`` along with the microphone's blocks."""

    def __init__(self, played: ReferenceRing) -> None:
        self._played = played
        self._ratio = played.rate / SAMPLE_RATE
        self._position: float | None = None
        self._blocks = 0
        self._offset = 0.0

    def align(self, samples: int) -> None:
        """Read so many samples (16 kHz) earlier than the clocks say; the pointer jumps there."""
        self._offset = samples * self._ratio
        self._position = None

    def read(self, at: float, count: int) -> Pcm | None:
        """What sounded while the microphone's ``count`` samples from ``at`` on were captured.

        None: the pointer had to jump (what came before does not join), or no device plays.
        """
        said = self._played.position_at(at)
        if said is None:
            self._position = None
            return None
        due = said - self._offset
        here = self._position
        joined = here is not None and abs(due - here) <= LOST_SECONDS * self._played.rate
        if here is None or not joined:
            here, self._blocks = due, 0
        self._blocks += 1
        here += (due - here) * max(SLOWEST, FASTEST / self._blocks)
        self._position = here + count * self._ratio
        return self._played.read_from(here, count) if joined else None
