"""One embedded voice for all rooms: its models take 0.5 GB, whoever speaks with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from hearthd.common.audio import Pcm
from hearthd.config.settings import Settings
from hearthd.engines.protocols import Voice
from hearthd.engines.tts.factory import MakeVoice


@dataclass(slots=True)
class _Kept:
    voice: Voice
    users: int = 0
    started: bool = False
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)


class SharedVoices:
    """Gives rooms that want the same embedded voices the same ones, loaded once, let go by the last."""

    def __init__(self, make: MakeVoice) -> None:
        """``make`` makes one, not yet started."""
        self._make = make
        self._kept: dict[tuple[str, str], _Kept] = {}

    def embedded(self, settings: Settings) -> Voice:
        """A ``MakeVoice``: the embedded voice that the settings name, for one more room."""
        key = (settings.voice.english, settings.voice.chinese)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = _Kept(self._make(settings))
        kept.users += 1
        shared: Voice = SharedVoice(kept, lambda: self._kept.pop(key, None))
        return shared


class SharedVoice:
    """``protocols.Voice`` for one room: it closes only its own part."""

    def __init__(self, kept: _Kept, last: Callable[[], object]) -> None:
        self._kept, self._last = kept, last
        self._closed = False
        self.name, self.rate = kept.voice.name, kept.voice.rate

    @property
    def whole_clauses(self) -> bool:
        """See ``Voice``."""
        return self._kept.voice.whole_clauses

    def new_reply(self) -> None:
        """The same two voices speak every reply."""

    async def start(self) -> None:
        """Load it, unless another room has. Raises EngineError."""
        async with self._kept.starting:
            if not self._kept.started:
                await self._kept.voice.start()
                self._kept.started = True

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        """See ``Voice``. Rooms that speak at once take turns clause by clause."""
        async with aclosing(self._kept.voice.synthesize(text, language)) as clip:
            async for pcm in clip:
                yield pcm

    async def close(self) -> None:
        """The room needs it no more; the last one frees it."""
        if self._closed:
            return
        self._closed = True
        self._kept.users -= 1
        if not self._kept.users:
            self._last()
            await self._kept.voice.close()
