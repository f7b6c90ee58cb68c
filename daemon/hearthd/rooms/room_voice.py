"""The voice of one room: which one speaks, started and exchanged between two replies."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from hearthd.common.errors import EngineError
from hearthd.common.parts import OnHealth, Part
from hearthd.config.settings import Settings
from hearthd.engines.protocols import Voice
from hearthd.rooms.engine_manager import EngineManager, SwitchVoice
from hearthd.rooms.shared import Background
from hearthd.speech.queue import Output, SpeechQueue

log = logging.getLogger(__name__)


class RoomVoice:
    """What speaks here. ``name`` is the voice that is wanted, by its name in the settings."""

    def __init__(
        self,
        name: str,
        voice: Voice,
        switch: SwitchVoice,
        mixer: Output,
        *,
        on_health: OnHealth,
        background: Background,
        reply_over: Callable[[], Awaitable[None]],
        changed: Callable[[], None],
    ) -> None:
        """``reply_over`` returns when no reply sounds any more; ``changed`` shows another ``name``."""
        self.name = name
        self.speech = SpeechQueue(voice, mixer)
        self._engines = EngineManager({Part.VOICE: voice}, on_health=on_health, keep=background.keep)
        self._switch = switch
        self._background = background
        self._reply_over, self._changed = reply_over, changed

    async def start(self) -> None:
        """One attempt; more follow by themselves."""
        await self._engines.start()

    async def close(self) -> None:
        """Let go of it."""
        await self._engines.close()

    def speak_with(self, name: str, settings: Settings) -> None:
        """Speak with the voice ``name`` ("" is the embedded one) as soon as it is ready."""
        if name != self.name:
            before, self.name = self.name, name
            self._background.keep(self._change(name, before, settings))

    async def _change(self, name: str, before: str, settings: Settings) -> None:
        """Between two replies: a reply in progress is spoken to its end by the voice that began it."""
        await self._reply_over()
        try:
            voice = await self._switch(self.speech.voice, name, settings)
        except EngineError as error:
            log.error("the voice stays as it was: %s", error, extra={"part": Part.VOICE, "stage": "tts"})
            if self.name == name:
                self.name = before
                self._changed()
            return
        self.speech.voice = voice
        self._engines.exchange(Part.VOICE, voice)
