"""A satellite's microphone: its sound as 20 ms blocks with their time of capture."""

from __future__ import annotations

import queue

import numpy as np

from hearthd.audio.devices.microphone import BLOCK, Block
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.satellites.capture_clock import CaptureClock

MAX_QUEUED = 500
"""Blocks (10 s) kept for a front end that is behind; what comes then is lost, and counted."""
PAUSE_SECONDS = 1.0
"""So long without sound, and it is another stream."""
MOST_LOST = SAMPLE_RATE
"""Samples of silence that stand for a pause between two streams: a second, however long it was. The front end
begins to listen anew after it; hours of silence would have to be heard through."""


class RemoteMicrophone:
    """Filled in the asyncio thread, read in the front end's."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Block] = queue.Queue(MAX_QUEUED)
        self._clock = CaptureClock()
        self._rest: Pcm = np.zeros(0, np.int16)
        self._position = 0
        """Samples of this stream that were cut into blocks."""
        self._heard_at: float | None = None
        self._lost = 0

    def take(self, pcm: Pcm, at: float) -> None:
        """16 kHz sound that arrived at ``at``."""
        if self._heard_at is None or at - self._heard_at > PAUSE_SECONDS:
            if self._heard_at is not None:
                self._lost = min(MOST_LOST, self._lost + int((at - self._heard_at) * SAMPLE_RATE))
            self._clock.restart()
            self._rest, self._position = self._rest[:0], 0
        self._heard_at = at
        samples = np.concatenate([self._rest, pcm])
        self._clock.arrived(self._position + len(samples), at)
        whole = len(samples) // BLOCK * BLOCK
        for first in range(0, whole, BLOCK):
            block = Block(samples[first : first + BLOCK], self._clock.time_of(self._position), self._lost)
            self._position += BLOCK
            try:
                self._queue.put_nowait(block)
                self._lost = 0
            except queue.Full:
                self._lost = min(MOST_LOST, self._lost + BLOCK)
        self._rest = samples[whole:]

    def read(self, timeout: float) -> Block | None:
        """See ``BlockSource``."""
        try:
            return self._queue.get(timeout=timeout)
        except queue.Empty:
            return None
