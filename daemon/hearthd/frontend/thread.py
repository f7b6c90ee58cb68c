"""The thread in which the front end runs.

It reads the microphone, feeds the front end, posts what it finds, and runs what the asyncio side
asks for between two blocks, so that the front end itself knows of no thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol

from hearthd.audio.devices.microphone import Block
from hearthd.common.parts import Part
from hearthd.dialogue import events as e
from hearthd.frontend.frontend import FrontEnd

log = logging.getLogger(__name__)

READ_SECONDS = 0.1
"""How long a read waits for a block. Without a microphone, calls wait as long."""


class BlockSource(Protocol):
    """Where blocks come from: a microphone, or a recording."""

    def read(self, timeout: float) -> Block | None:
        """The next block, or None if none came within ``timeout`` seconds."""
        ...


class FrontEndThread:
    """Runs ``front_end`` on ``microphone``; hands every event to ``post`` (called in this thread)."""

    def __init__(self, microphone: BlockSource, front_end: FrontEnd, post: Callable[[e.Event], None]) -> None:
        self._microphone = microphone
        self._front_end = front_end
        self._post = post
        self._calls: deque[Callable[[FrontEnd], None]] = deque()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="front_end", daemon=True)
        self._failing = False
        self.progress = 0
        """Goes up with every turn of the loop, microphone or not: the watchdog's heartbeat."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End the thread; waits for it up to ``timeout`` seconds."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def call(self, action: Callable[[FrontEnd], None]) -> None:
        """Run ``action`` on the front end before the next block. From any thread; does not wait."""
        self._calls.append(action)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.progress += 1
            try:
                block = self._microphone.read(READ_SECONDS)
            except Exception:
                self._failed()
                self._stop.wait(READ_SECONDS)
                continue
            while self._calls:
                self._guarded(self._calls.popleft())
            if block is not None:
                self._guarded(partial(self._hear, block))

    def _hear(self, block: Block, front_end: FrontEnd) -> None:
        for event in front_end.process(block.pcm, block.at, block.lost):
            self._post(event)
        if self._failing:
            self._failing = False
            self._post(e.PartRecovered(time.monotonic(), Part.FRONT_END))

    def _guarded(self, action: Callable[[FrontEnd], None]) -> None:
        try:
            action(self._front_end)
        except Exception:
            self._failed()

    def _failed(self) -> None:
        """Whatever it was (a broken plug, a bad block): a deaf speaker is worse than one lost block."""
        if not self._failing:
            log.exception("the front end failed; it goes on with the next block")
            self._post(e.PartFailed(time.monotonic(), Part.FRONT_END))
        self._failing = True
