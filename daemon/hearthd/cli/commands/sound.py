"""Microphone and loudspeaker of the configuration, open for one command: played, heard, shown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Self

import numpy as np
from rich.console import Console
from rich.live import Live

from hearthd.audio.chime import chime
from hearthd.audio.devices.level_meter import FLOOR_DB, bar, decibels
from hearthd.audio.devices.loudspeaker import Loudspeaker
from hearthd.audio.devices.microphone import Block, Microphone
from hearthd.audio.playback.mixer import Mixer
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.config.settings import Settings

OPEN_SECONDS = 10.0
DIES_AWAY_SECONDS = 0.3
"""From the loudspeaker's last sample to a room that is quiet again."""
LATE_SECONDS = 5.0
"""What was handed over has sounded by then, or never will."""

Heard = Callable[[Block], str | None]
"""Told of each block as it comes: what to show beside the level, or None: enough was heard."""


class SoundError(EngineError):
    """A device that is needed does not open."""


class OpenSound:
    """A context: the devices are open within. Raises SoundError if one does not open."""

    def __init__(
        self, settings: Settings, parts: set[str], console: Console, rate: int = SAMPLE_RATE
    ) -> None:
        """``parts``: which of "microphone" and "speaker" are wanted. ``rate``: the microphone's blocks'."""
        self.parts = parts
        self.console = console
        self.mixer = Mixer()
        self.mixer.volume = settings.audio.volume
        self.microphone = Microphone(settings.audio.microphone, self._health, rate)
        self._loudspeaker = Loudspeaker(settings.audio.speaker, self.mixer, self._health)
        self._working: set[str] = set()
        self._trouble: dict[str, str] = {}
        self._opened = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._played = 0
        self._leaving = False

    async def __aenter__(self) -> Self:
        wanted = {"speaker": self._loudspeaker, "microphone": self.microphone}
        self._tasks = [asyncio.create_task(wanted[part].run()) for part in wanted if part in self.parts]
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await self._opened.wait()
        except BaseException as error:
            await self._close()
            if not isinstance(error, TimeoutError):
                raise
            trouble = "; ".join(self._trouble.values()) or "the sound devices do not answer"
            raise SoundError(trouble) from None
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    async def _close(self) -> None:
        self._leaving = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _health(self, part: str, works: bool, detail: str) -> None:
        self.console.print(f"{part}: {'works' if works else 'FAILED'}: {detail}", soft_wrap=True)
        (self._working.add if works else self._working.discard)(part)
        self._trouble.pop(part, None) if works else self._trouble.update({part: detail})
        if self.parts <= self._working:
            self._opened.set()

    def chime(self, name: str = "wake") -> None:
        """Sound a chime, without waiting for its end."""
        self.mixer.chime(chime(name))

    async def play(self, pcm: Pcm) -> None:
        """Play ``pcm`` (at the mixer's rate) and wait until it has sounded; nothing without a loudspeaker."""
        if "speaker" not in self.parts:
            return
        self._played += 1
        self.mixer.play(self._played, 0, pcm)
        self.mixer.finish(self._played)
        await self.quiet(len(pcm) / self.mixer.rate + LATE_SECONDS)

    async def quiet(self, seconds: float = LATE_SECONDS) -> None:
        """Wait until nothing sounds any more, at most so long."""
        if "speaker" not in self.parts:
            return
        end = time.monotonic() + seconds
        await asyncio.sleep(0.1)  # what was just handed over is rendered
        while time.monotonic() < end:
            sounds_until = (self.mixer.silent_at() or 0.0) + DIES_AWAY_SECONDS
            if not self.mixer.waiting() and time.monotonic() >= sounds_until:
                return
            await asyncio.sleep(0.05)

    async def hear(self, seconds: float, heard: Heard = lambda _: "") -> Pcm:
        """What the microphone gives from now on, for so long or until ``heard`` has enough."""
        try:
            return await asyncio.to_thread(self._listen, time.monotonic(), seconds, heard)
        except asyncio.CancelledError:
            self._leaving = True  # the thread is not waited for longer than a block
            raise

    def _listen(self, begin: float, seconds: float, heard: Heard) -> Pcm:
        blocks: list[Pcm] = [np.zeros(0, np.int16)]
        peak, shown = FLOOR_DB, self.console.is_terminal
        plain = self.console.options.ascii_only
        with Live(console=self.console, refresh_per_second=15, transient=True) as live:
            while time.monotonic() < begin + seconds and not self._leaving:
                block = self.microphone.read(0.1)
                if block is None or block.at < begin:
                    continue
                blocks.append(block.pcm)
                beside = heard(block)
                if beside is None:
                    break
                level = decibels(block.pcm)
                peak = max(peak, level)
                if shown:
                    live.update(bar(level, peak, ascii_only=plain).append(f"  {beside}"))
        return np.concatenate(blocks)
