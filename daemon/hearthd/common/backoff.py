"""How long to wait before the next attempt."""

from __future__ import annotations

import random


class Backoff:
    """Waits doubling from ``first`` to ``longest`` seconds, each up to ``jitter`` (0 to 1) shorter by chance.

    Chance keeps many clients of one server from coming back in the same instant.
    """

    def __init__(self, first: float, longest: float, *, jitter: float = 0.0) -> None:
        self._first, self._longest, self._jitter = first, longest, jitter
        self._next = first

    def reset(self) -> None:
        """It works again: start small next time."""
        self._next = self._first

    def wait(self) -> float:
        """The next wait in seconds."""
        seconds = self._next
        self._next = min(self._longest, 2 * seconds)
        return seconds * random.uniform(1.0 - self._jitter, 1.0)
