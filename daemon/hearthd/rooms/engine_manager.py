"""The engines of a running speaker: started, started again when they fail, exchanged, closed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from hearthd.common.errors import EngineError
from hearthd.common.parts import OnHealth, Part
from hearthd.config.settings import Settings
from hearthd.engines.protocols import Asr, ChatModel, Voice
from hearthd.service.log_redaction import reason_of
from hearthd.service.message_ids import MessageId
from hearthd.service.supervise import supervise

log = logging.getLogger(__name__)

Engine = Asr | ChatModel | Voice
SwitchVoice = Callable[[Voice, str, Settings], Awaitable[Voice]]
"""Makes of the voice that spoke so far the one of that name."""


class EngineManager:
    """Engines by their part. ``keep`` runs a task beside them."""

    def __init__(
        self,
        engines: Mapping[Part, Engine],
        *,
        on_health: OnHealth,
        keep: Callable[[Awaitable[None]], asyncio.Task[None]],
    ) -> None:
        self._engines = dict(engines)
        self._on_health = on_health
        self._keep = keep
        self._broken: set[Part] = set()
        """Parts that are being started again."""

    def exchange(self, part: Part, engine: Engine) -> None:
        """``engine``, which is started, is ``part`` from now on."""
        self._engines[part] = engine

    @property
    def names(self) -> list[str]:
        """What works now, by name."""
        return [engine.name for engine in self._engines.values()]

    async def start(self) -> None:
        """One attempt each."""
        await asyncio.gather(*(self.start_one(part) for part in self._engines))

    async def start_one(self, part: Part) -> bool:
        """One attempt; whether the engine works. If not, more attempts follow beside the speaker's life.

        A part that was told to be another (a persona's model) is started again in the same way.
        """
        if part in self._broken:
            return False
        try:
            await self._engines[part].start()
        except Exception as error:  # a library raises anything: a wrong tokenizer a TypeError
            failed = {"part": part, "message_id": MessageId.PART_FAILED}
            unknown = None if isinstance(error, EngineError) else error
            log.error("%s: %s", part, reason_of(error), exc_info=unknown, extra=failed)
            self._broken.add(part)
            self._on_health(part, False, "")
            self._keep(self._start_again(part))
            return False
        return True

    async def _start_again(self, part: Part) -> None:
        started = asyncio.Event()

        async def attempt() -> None:
            await self._engines[part].start()
            started.set()
            await asyncio.Event().wait()

        attempts = asyncio.create_task(supervise(part, attempt, self._on_health))
        try:
            await started.wait()
        finally:
            attempts.cancel()
        self._broken.discard(part)
        log.info("%s works again", part, extra={"part": part, "message_id": MessageId.PART_RECOVERED})
        self._on_health(part, True, "")

    async def close(self) -> None:
        """Close them all."""
        for engine in self._engines.values():
            await engine.close()
