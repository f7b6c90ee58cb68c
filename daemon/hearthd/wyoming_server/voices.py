"""The voices that are offered: the stored ones and the embedded ones, each loaded when it is first wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from hearthd.engines.protocols import Voice
from hearthd.voices import profiles

MAX_LOADED = 4
"""Voices that are kept ready; of those that nobody uses, the one wanted longest ago gives way."""


@dataclass(slots=True)
class _Loaded:
    voice: Voice
    users: int = 0


class OfferedVoices:
    """``make`` makes the voice of a name, not yet started ("": the speaker's own)."""

    def __init__(self, make: Callable[[str], Voice], languages: tuple[str, ...]) -> None:
        self._make, self._languages = make, languages
        self._loaded: dict[str, _Loaded] = {}
        self._loading = asyncio.Lock()

    @property
    def names(self) -> list[tuple[str, tuple[str, ...]]]:
        """Each with its languages."""
        return [(name, self._languages) for name in (profiles.EMBEDDED, *profiles.names())]

    @asynccontextmanager
    async def find(self, name: str) -> AsyncGenerator[Voice, None]:
        """The voice of that name, ready; for one that is not known the speaker's own. Raises EngineError."""
        name = name if name == profiles.EMBEDDED or name in profiles.names() else ""
        loaded = await self._load(name)
        loaded.users += 1
        try:
            yield loaded.voice
        finally:
            loaded.users -= 1

    async def _load(self, name: str) -> _Loaded:
        async with self._loading:
            loaded = self._loaded.pop(name, None)
            if loaded is None:
                loaded = _Loaded(self._make(name))
                try:
                    await loaded.voice.start()
                except BaseException:
                    await loaded.voice.close()
                    raise
            idle = [known for known, one in self._loaded.items() if not one.users]
            if len(self._loaded) >= MAX_LOADED and idle:
                await self._loaded.pop(idle[0]).voice.close()
            self._loaded[name] = loaded
            return loaded

    async def close(self) -> None:
        """Let go of all."""
        for loaded in self._loaded.values():
            await loaded.voice.close()
        self._loaded.clear()
