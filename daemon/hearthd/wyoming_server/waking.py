"""``wake``: sound comes without end, and each wake word in it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence

from wyoming.event import Event
from wyoming.wake import Detection, NotDetected

from hearthd.common.audio import SAMPLE_RATE
from hearthd.engines.wake_word.openwakeword import OpenWakeWord
from hearthd.engines.wyoming_wire import Sound
from hearthd.wyoming_server.server import Send

MAX_NAMES = 20


class Waking:
    """One connection's. ``open_words`` opens the words of those names (none: all). Raises EngineError."""

    def __init__(self, open_words: Callable[[Sequence[str]], OpenWakeWord]) -> None:
        self._open = open_words
        self._engine: OpenWakeWord | None = None
        self._sound = Sound()
        self._told = False

    async def take(self, event: Event, send: Send) -> Coroutine[None, None, None] | None:
        """See ``Service``."""
        match event.type:
            case "detect":
                found = event.data.get("names")
                names = [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
                self._engine = await asyncio.to_thread(self._open, names[:MAX_NAMES])
                self._sound, self._told = Sound(), False
            case "audio-chunk" if self._engine is not None:
                pcm = self._sound.take(event)
                for hit in await asyncio.to_thread(self._engine.process, pcm):
                    self._told = True
                    at = event.data.get("timestamp")
                    ends = at if isinstance(at, int) else hit.end * 1000 // SAMPLE_RATE
                    await send(Detection(name=hit.word, timestamp=ends).event())
            case "audio-stop" if self._engine is not None and not self._told:
                await send(NotDetected().event())
        return None

    def close(self) -> None:
        """See ``Service``."""
        self._engine = None
