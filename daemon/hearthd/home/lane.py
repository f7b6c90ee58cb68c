"""The fast lane: ``stop`` and ``mute ON`` come over a connection of their own, past any queue.

During a flood thousands of orders may wait between the broker and the speaker, and a broker throws away
what is too much, so a stop in the same queue would come late or never. The same orders are read on the
ordinary connection too, where they mark the place: what stands before the mark is older than the stop
and is not carried out any more; what stands behind it is newer and is.
"""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 5.0
"""A copy that has not come for so long was thrown away by the broker."""


class Lane:
    """Counts one kind of order on both connections: who is ahead acts, who is behind only marks."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lead = 0
        self._changed_at = 0.0

    def fast(self) -> bool:
        """It came on the fast connection; True: it is to be carried out."""
        return self._count(+1) > 0

    def ordinary(self) -> bool:
        """It came on the ordinary connection; True: it is to be carried out."""
        return self._count(-1) < 0

    def overrules(self) -> bool:
        """What comes on the ordinary connection now is older than what has been carried out already."""
        self._expire()
        return self._lead > 0

    def reset(self) -> None:
        """A connection broke: copies may be lost."""
        self._lead = 0

    def _count(self, step: int) -> int:
        self._expire()
        self._lead += step
        self._changed_at = self._clock()
        return self._lead

    def _expire(self) -> None:
        if self._clock() - self._changed_at > PATIENCE_SECONDS:
            self._lead = 0
