"""When sound that came over a network was captured."""

from __future__ import annotations

from collections import deque

from hearthd.common.audio import SAMPLE_RATE

WINDOW_SECONDS = 10.0
"""In so long some block comes over any Wi-Fi without delay; a clock drifts by 1 ms meanwhile."""


class CaptureClock:
    """Samples are captured evenly and arrive as they can: the one that came soonest tells when all were.

    The method is that of a minimum filter over ``arrival - position / rate``. What every block takes (2 to
    10 ms in a house) stays in it; what one of them is held back for does not.
    """

    def __init__(self) -> None:
        self._soonest: deque[tuple[float, float]] = deque()
        """(arrival, offset) of the last seconds, each offset lower than those before it."""

    def restart(self) -> None:
        """Another stream begins."""
        self._soonest.clear()

    def arrived(self, end: int, at: float) -> None:
        """The samples before number ``end`` (at 16 kHz) have arrived at ``at``."""
        offset = at - end / SAMPLE_RATE
        while self._soonest and self._soonest[-1][1] >= offset:
            self._soonest.pop()
        self._soonest.append((at, offset))
        while self._soonest[0][0] < at - WINDOW_SECONDS:
            self._soonest.popleft()

    def time_of(self, sample: int) -> float:
        """When ``sample`` was captured: seconds, monotonic. Something must have arrived."""
        return self._soonest[0][1] + sample / SAMPLE_RATE
