"""For tests of the speech queue on a virtual clock: a device that only counts, and a voice by script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from hearthd.audio.playback.mixer import Mixer
from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.speech.queue import SpeechQueue
from hearthd.text.chunker import Chunk
from hearthd.text.duration import spoken_length

RATE = 48_000
BLOCK = 480


def chunks_of(*texts: str, pause: float = 0.3, every: float = 0.0) -> AsyncIterator[Chunk]:
    async def written() -> AsyncIterator[Chunk]:
        for index, text in enumerate(texts):
            if every:
                await asyncio.sleep(every)
            yield Chunk(index, text, pause)

    return written()


@dataclass
class Room:
    """The mixer and its device: every 10 ms of virtual time another block is rendered."""

    mixer: Mixer = field(default_factory=lambda: Mixer(RATE, clock=asyncio.get_running_loop().time))
    blocks: list[Pcm] = field(default_factory=list)

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self.blocks.append(self.mixer.render(BLOCK, loop.time()))
            await asyncio.sleep(BLOCK / RATE)

    @property
    def recorded(self) -> Pcm:
        return np.concatenate(self.blocks)


class ScriptedVoice:
    """Says each text as a tone of its own, in pieces; slow, broken or quiet where told."""

    name = "scripted"
    whole_clauses = False

    def __init__(
        self, rate: int = 32_000, *, cost: float = 0.1, piece: float = 0.2, level: float = 4_000
    ) -> None:
        self.rate = rate
        self.cost = cost
        self.piece = piece
        self.level = level
        self.silence = 0.3
        self.said: list[str] = []
        self.begun_at: list[float] = []
        self.closed: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self.breaks: dict[str, float] = {}
        """Text -> seconds of it after which it fails, once."""

    async def start(self) -> None:
        pass

    def new_reply(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        self.said.append(text)
        self.begun_at.append(asyncio.get_running_loop().time())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        breaks_at = self.breaks.pop(text, None)
        try:
            seconds = spoken_length(text) * 0.2
            clip = self.clip(seconds, 200 + 40 * len(self.said))
            for start in range(0, len(clip), round(self.piece * self.rate)):
                if breaks_at is not None and start / self.rate >= breaks_at:
                    raise EngineError("it broke")
                part = clip[start : start + round(self.piece * self.rate)]
                await asyncio.sleep(self.cost * len(part) / self.rate)
                yield part
        finally:
            self.at_once -= 1
            self.closed.append(text)

    def clip(self, seconds: float, hertz: float) -> Pcm:
        time = np.arange(round(seconds * self.rate)) / self.rate
        sound = self.level * np.sin(2 * np.pi * hertz * time)
        silence = np.zeros(round(self.silence * self.rate))
        return np.rint(np.concatenate([silence, sound, silence])).astype(np.int16)


async def opened() -> None:
    """A gate that is open."""


async def speak(
    room: Room, voice: ScriptedVoice, *texts: str, pause: float = 0.3, every: float = 0.0
) -> SpeechQueue:
    queue = SpeechQueue(voice, room.mixer)
    device = asyncio.create_task(room.listen())
    await queue.speak(1, chunks_of(*texts, pause=pause, every=every), language="en", gate=opened)
    await asyncio.sleep(room.mixer.waiting() / RATE + 0.1)
    device.cancel()
    with suppress(asyncio.CancelledError):
        await device
    return queue


def stretches(pcm: Pcm, gap: float = 0.05) -> list[tuple[float, float]]:
    """(begin, end) in seconds of each stretch of sound, silences shorter than ``gap`` ignored."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > 200)
    if not len(loud):
        return []
    cuts = np.flatnonzero(np.diff(loud) > gap * RATE)
    begins = np.concatenate([[loud[0]], loud[cuts + 1]])
    ends = np.concatenate([loud[cuts], [loud[-1]]])
    return [(a / RATE, b / RATE) for a, b in zip(begins, ends, strict=True)]
