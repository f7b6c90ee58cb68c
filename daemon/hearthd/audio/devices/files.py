"""A microphone and a loudspeaker made of files, for ``hearthd rehearse`` and for tests.

They stand in for ``Microphone`` and ``Loudspeaker`` method for method, and keep real time by one clock, so
the pipeline behind them cannot tell. What the loudspeaker plays can be mixed back into the microphone, as
a room does, with the delay and the level given.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import numpy as np

from hearthd.audio.devices.microphone import BLOCK, BLOCK_SECONDS, Block
from hearthd.audio.playback.mixer import Mixer
from hearthd.audio.wav import AudioFileError, load, save
from hearthd.common.audio import SAMPLE_RATE, Pcm

__all__ = ["AudioFileError", "FileLoudspeaker", "FileMicrophone", "load", "save"]

LATENCY_SECONDS = 0.04
"""As a real device's: what is rendered sounds that much later."""


class _Pacer:
    """Calls ``step(n, at)`` for block n every 20 ms from a thread of its own; ``at`` is the block's time."""

    def __init__(self, step: Callable[[int, float], None]) -> None:
        self._step = step
        self._stop = threading.Event()

    async def run(self) -> None:
        """Pace until cancelled."""
        thread = threading.Thread(target=self._pace, name="file device", daemon=True)
        thread.start()
        try:
            await asyncio.Event().wait()
        finally:
            self._stop.set()

    def _pace(self) -> None:
        begin = time.monotonic()
        number = 0
        while not self._stop.wait(max(0.0, begin + (number + 1) * BLOCK_SECONDS - time.monotonic())):
            self._step(number, begin + number * BLOCK_SECONDS)
            number += 1


class FileLoudspeaker:
    """Plays ``mixer`` into a recording, in real time."""

    def __init__(self, mixer: Mixer) -> None:
        self.mixer = mixer
        self.open = True
        self._frames = round(mixer.rate * BLOCK_SECONDS)
        self._blocks: list[Pcm] = []
        self._began: float | None = None

    async def run(self) -> None:
        """Play until cancelled."""
        await _Pacer(self._step).run()

    def _step(self, _: int, at: float) -> None:
        sounds_at = at + BLOCK_SECONDS + LATENCY_SECONDS
        if self._began is None:
            self._began = sounds_at
        self._blocks.append(self.mixer.render(self._frames, sounds_at))

    def recording(self) -> Pcm:
        """All that was played since the start, silence included, at the mixer's rate."""
        return np.concatenate([np.zeros(0, np.int16), *self._blocks])

    def began(self) -> float | None:
        """When (monotonic) the recording's first sample sounded; None before that."""
        return self._began


class FileMicrophone:
    """Hears ``pcm`` (16 kHz), then silence, in real time.

    ``echo_of``: a mixer whose output is heard too, ``echo_db`` as loud and ``echo_seconds`` after it
    sounded. ``realtime=False``: ``read`` returns the next block at once, until ``pcm`` and
    ``tail_seconds`` of silence are through, and None from then on.
    """

    def __init__(
        self,
        pcm: Pcm,
        *,
        realtime: bool = True,
        tail_seconds: float = 0.0,
        echo_of: Mixer | None = None,
        echo_db: float = -12.0,
        echo_seconds: float = 0.005,
    ) -> None:
        self.reading = True
        self.open = True
        self._pcm = pcm
        self._realtime = realtime
        self._blocks = -(-(len(pcm) + round(tail_seconds * SAMPLE_RATE)) // BLOCK)
        self._echo_of, self._echo_gain = echo_of, 10 ** (echo_db / 20)
        self._echo_seconds = echo_seconds
        self._condition = threading.Condition()
        self._waiting: list[Block] = []
        self._given = 0
        self._lost = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._through = asyncio.Event()

    async def run(self) -> None:
        """Hear until cancelled."""
        self._loop = asyncio.get_running_loop()
        if self._realtime:
            await _Pacer(self._step).run()
        await asyncio.Event().wait()

    async def finished(self) -> None:
        """Wait until the recording (and its tail) has been heard. Needs ``run``, and real time."""
        await self._through.wait()

    def read(self, timeout: float) -> Block | None:
        """The next block, waiting up to ``timeout`` seconds."""
        if not self._realtime:
            if self._given >= self._blocks:
                return None
            self._given += 1
            return Block(self._slice(self._given - 1), (self._given - 1) * BLOCK_SECONDS)
        with self._condition:
            if not self._condition.wait_for(lambda: self._waiting, timeout):
                return None
            return self._waiting.pop(0)

    def _step(self, number: int, at: float) -> None:
        if number == self._blocks and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._through.set)
        if not self.reading:
            self._lost += BLOCK
            return
        pcm = self._slice(number)
        if self._echo_of is not None:
            echo = self._echo_of.reference.read(at - self._echo_seconds, BLOCK, SAMPLE_RATE)
            if echo.any():
                mixed = pcm + np.rint(echo * self._echo_gain)
                pcm = np.clip(mixed, -32768, 32767).astype(np.int16)
        with self._condition:
            self._waiting.append(Block(pcm, at, self._lost))
            self._lost = 0
            self._condition.notify()

    def _slice(self, number: int) -> Pcm:
        part = self._pcm[number * BLOCK : (number + 1) * BLOCK]
        return np.pad(part, (0, BLOCK - len(part))) if len(part) < BLOCK else part
