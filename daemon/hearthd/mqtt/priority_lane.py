"""The priority lane: ``stop`` and ``mute ON`` come over a connection of their own, past any queue.

During a flood thousands of commands may wait between the broker and the speaker, and a broker throws away
what is too much, so a stop in the same queue would come late or never. The same command also comes on the
ordinary connection, and marks the place there: what stands before the mark is older than the stop and is
not carried out any more; what stands behind it is newer and is.
"""

from __future__ import annotations

import time
from collections.abc import Callable

QUIET_SECONDS = 2.0
"""A connection on which nothing has come for so long has no queue: a copy still missing was thrown away."""
PATIENCE_SECONDS = 60.0
"""Nor does a queue last longer than this."""


class PriorityLane:
    """Counts one kind of command on both connections: who is ahead acts, who is behind only marks."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lead = 0
        self._changed_at = 0.0
        self._passed_at = 0.0

    def fast(self) -> bool:
        """It came on the fast connection; True: it is to be carried out."""
        now = self._clock()
        if self._lead < 0 and now - self._changed_at > QUIET_SECONDS:
            self._lead = 0
        self._lead, self._changed_at = self._lead + 1, now
        return self._lead > 0

    def ordinary(self) -> bool:
        """It came on the ordinary connection; True: it is to be carried out."""
        self.passing()
        self._lead, self._changed_at = self._lead - 1, self._clock()
        return self._lead < 0

    def passing(self) -> bool:
        """Something came on the ordinary connection; True: it is older than what has overruled it."""
        now = self._clock()
        quiet = now - max(self._passed_at, self._changed_at)
        if quiet > QUIET_SECONDS or now - self._changed_at > PATIENCE_SECONDS:
            self._lead = 0
        self._passed_at = now
        return self._lead > 0

    def reset(self) -> None:
        """A connection broke: copies may be lost."""
        self._lead = 0
