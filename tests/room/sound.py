"""A speaker and a microphone of ours in a room, with everything they say written down."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np
from numpy.typing import NDArray

from hearthd.audio.devices.loudspeaker import Loudspeaker
from hearthd.audio.devices.microphone import Block, Microphone
from hearthd.audio.playback.mixer import Mixer
from tests.room.room import MICROPHONE, SPEAKER


class Sound:
    """The running devices."""

    def __init__(self) -> None:
        self.health: list[tuple[str, bool, str]] = []
        self.told: list[tuple[str, int, float]] = []
        self.blocks: list[Block] = []
        self.mixer = Mixer(notify=self._note)
        self.speaker = Loudspeaker(SPEAKER, self.mixer, self._note_health)
        self.microphone = Microphone(MICROPHONE, self._note_health)
        self._stop = False

    def works(self, part: str) -> bool:
        """What the part said last."""
        said = [ok for one, ok, _ in self.health if one == part]
        return bool(said) and said[-1]

    def failures(self, part: str) -> list[str]:
        return [detail for one, ok, detail in self.health if one == part and not ok]

    def hears_since(self, at: float, level: int = 300) -> bool:
        """Whether the microphone has had sound captured after ``at``."""
        return any(np.abs(one.pcm).max() > level for one in self.blocks if one.at >= at)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Sound]:
        """Run the devices and the reading thread."""
        reader = threading.Thread(target=self._read)
        reader.start()
        tasks = [asyncio.create_task(self.speaker.run()), asyncio.create_task(self.microphone.run())]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._stop = True
            reader.join()

    def _read(self) -> None:
        while not self._stop:
            block = self.microphone.read(0.1)
            if block is not None:
                self.blocks.append(block)

    def _note(self, kind: str, turn_id: int, at: float) -> None:
        self.told.append((kind, turn_id, at))

    def _note_health(self, part: str, works: bool, detail: str) -> None:
        self.health.append((part, works, detail))


async def until(condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    """Wait for ``condition``; fail with ``what`` never happened."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        await asyncio.sleep(0.02)


def tone(seconds: float, rate: int = 48_000, level: int = 8000) -> NDArray[np.int16]:
    """440 Hz."""
    t = np.arange(round(seconds * rate)) / rate
    pcm: NDArray[np.int16] = np.rint(level * np.sin(2 * np.pi * 440 * t)).astype(np.int16)
    return pcm
