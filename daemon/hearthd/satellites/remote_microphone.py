"""A satellite's microphone: its sound as blocks with their time of capture.

A block is what came at once (64 ms): cut into 20 ms, each waking the front end's thread, ten quiet rooms cost
a third more.
"""

from __future__ import annotations

import queue

from hearthd.audio.devices.microphone import Block
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.satellites.capture_clock import CaptureClock

MAX_QUEUED = 10 * SAMPLE_RATE
"""Samples kept for a front end that is behind; what comes then is lost, and counted."""
PAUSE_SECONDS = 1.0
"""So long without sound, and it is another stream."""
MOST_LOST = SAMPLE_RATE
"""Samples of silence that stand for a pause between two streams: a second, however long it was. The front end
begins to listen anew after it; hours of silence would have to be heard through."""


class RemoteMicrophone:
    """Filled in the asyncio thread, read in the front end's."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Block] = queue.SimpleQueue()
        self._clock = CaptureClock()
        self._position = 0
        """Samples of this stream that came."""
        self._put = self._got = 0
        """Samples that went through the queue: each counted by one thread alone."""
        self._heard_at: float | None = None
        self._lost = 0

    def take(self, pcm: Pcm, at: float) -> None:
        """16 kHz sound that arrived at ``at``."""
        if self._heard_at is None or at - self._heard_at > PAUSE_SECONDS:
            if self._heard_at is not None:
                self._lost = min(MOST_LOST, self._lost + int((at - self._heard_at) * SAMPLE_RATE))
            self._clock.restart()
            self._position = 0
        self._heard_at = at
        first, self._position = self._position, self._position + len(pcm)
        self._clock.arrived(self._position, at)
        kept = pcm[: MAX_QUEUED - (self._put - self._got)]
        if len(kept):
            self._put += len(kept)
            self._queue.put(Block(kept, self._clock.time_of(first), self._lost))
            self._lost = 0
        self._lost = min(MOST_LOST, self._lost + len(pcm) - len(kept))

    def read(self, timeout: float) -> Block | None:
        """See ``BlockSource``."""
        try:
            block = self._queue.get(timeout=timeout)
        except queue.Empty:
            return None
        self._got += len(block.pcm)
        return block
