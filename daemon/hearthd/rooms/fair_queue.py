"""An engine that rooms share: one room at a time, the others in turn.

What waits is served room by room, so that one that asks without end (a television that talks to it) costs
the others one request and no more. A room's own requests do not wait for each other here: the engines know
how to drop what nobody wants any more, and a speaker of one room works as if there were no queue.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class Waits:
    """How long one room has waited for engines that were busy in others."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def add(self, seconds: float) -> None:
        """It has waited so long (again)."""
        self._seconds += seconds

    def take_ms(self) -> float | None:
        """Milliseconds since the last call; None: it has not waited."""
        seconds, self._seconds = self._seconds, 0.0
        return round(seconds * 1000, 1) or None


class FairQueue:
    """For the asyncio thread."""

    def __init__(self) -> None:
        self._holder = ""
        self._held = 0
        """Requests of the holder's in progress."""
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        """By room, the one to be served next first."""

    def free(self, room: str) -> bool:
        """Whether a request of ``room`` would be served at once."""
        return not self._held or (self._holder == room and not self._waiting)

    @asynccontextmanager
    async def turn(self, room: str, waits: Waits | None = None) -> AsyncGenerator[None, None]:
        """Wait for ``room``'s turn, and hold it inside the block."""
        if self.free(room):
            self._holder = room
            self._held += 1
        else:
            await self._wait(room, waits)
        try:
            yield
        finally:
            self._leave()

    async def _wait(self, room: str, waits: Waits | None) -> None:
        loop = asyncio.get_running_loop()
        began, served = loop.time(), loop.create_future()
        self._waiting.setdefault(room, deque()).append(served)
        try:
            await served
        except BaseException:
            if served.done() and not served.cancelled():  # its turn came in the same instant
                self._leave()
            else:
                self._forget(room, served)
            raise
        finally:
            if waits is not None:
                waits.add(loop.time() - began)

    def _leave(self) -> None:
        self._held -= 1
        while not self._held and self._waiting:
            room, futures = next(iter(self._waiting.items()))
            del self._waiting[room]
            served = futures.popleft()
            if futures:
                self._waiting[room] = futures  # behind the others
            if not served.done():
                self._holder, self._held = room, 1
                served.set_result(None)

    def _forget(self, room: str, served: asyncio.Future[None]) -> None:
        futures = self._waiting.get(room)
        if futures is not None and served in futures:
            futures.remove(served)
            if not futures:
                del self._waiting[room]
