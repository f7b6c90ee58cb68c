"""What waits to be published: a table of last values, and a few short-lived messages.

The table is the truth about the speaker. While the broker is away only the table changes, so nothing
queued from that time is ever sent late; on every connection all of it is published anew.

Called from any thread; the lock is held for microseconds.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

MAX_MESSAGES = 64
"""More short-lived messages than this wait only when something is wrong: the oldest go."""
FRESH_SECONDS = 5.0
"""An event that could not be sent for so long is no news any more."""
EXPIRY_SECONDS = 10
"""The broker, too, throws away events and answers that it could not deliver for so long."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication, always at QoS 1."""

    topic: str
    payload: str
    retain: bool = False
    correlation: bytes | None = None
    """Answers carry the correlation data of the question."""
    probe: bool = False
    """Part of the loopback self-test: marked so that nobody takes it for a command."""


class PublishQueue:
    """The last-value table and the queue of short-lived messages."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._values: dict[str, str] = {}
        self._dirty: dict[str, None] = {}
        self._first: deque[Publication] = deque()
        self._messages: deque[tuple[float, Publication]] = deque(maxlen=MAX_MESSAGES)
        self._last: Publication | None = None
        self._open = False

    def set(self, topic: str, payload: str) -> None:
        """Show ``payload`` on the retained ``topic``, now and after every reconnection."""
        with self._lock:
            self._values[topic] = payload
            self._dirty[topic] = None

    def refresh(self, topics: Iterable[str]) -> None:
        """Publish these values again, unchanged."""
        with self._lock:
            self._dirty.update((topic, None) for topic in topics if topic in self._values)

    def add(self, message: Publication) -> None:
        """Send a short-lived message. Dropped when there is no connection."""
        with self._lock:
            if self._open:
                self._messages.append((self._clock(), message))

    def begin(self, first: Iterable[Publication]) -> None:
        """Send these before anything else that waits. Dropped when there is no connection."""
        with self._lock:
            if self._open:
                self._first.extend(first)

    def announce(self, first: Iterable[Publication], last: Publication | None) -> None:
        """A connection stands: send ``first``, then every value, then ``last``; then whatever comes."""
        with self._lock:
            self._open = True
            self._first = deque(first)
            self._dirty = dict.fromkeys(self._values)
            self._last = last

    def close(self) -> None:
        """The connection is gone: the table stays, the rest is dropped."""
        with self._lock:
            self._open = False
            self._first.clear()
            self._messages.clear()
            self._last = None

    def next(self) -> Publication | None:
        """What to send next, or None. Nothing at all while there is no connection."""
        with self._lock:
            if not self._open:
                return None
            if self._first:
                return self._first.popleft()
            if self._dirty:
                topic = next(iter(self._dirty))
                del self._dirty[topic]
                return Publication(topic, self._values[topic], retain=True)
            if self._last is not None:
                last, self._last = self._last, None
                return last
            while self._messages:
                at, message = self._messages.popleft()
                if self._clock() - at <= FRESH_SECONDS:
                    return message
            return None

    def values(self) -> dict[str, str]:
        """A copy of the table: payload by topic."""
        with self._lock:
            return dict(self._values)
