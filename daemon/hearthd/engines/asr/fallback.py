"""A recogniser on another machine, and the local one that hears while it is away.

An utterance that the first cannot give is heard by the stand-in within the same turn. From then on the first
is left alone until an attempt in the background (``start``) finds it again, so that only one turn pays for
noticing. The stand-in's memory is given back then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from hearthd.common.audio import Pcm
from hearthd.common.backoff import Backoff
from hearthd.common.errors import EngineError
from hearthd.common.parts import OnHealth, Part
from hearthd.engines.protocols import Asr, Transcript

log = logging.getLogger(__name__)

_STAGE = {"stage": "asr"}

FIRST_RETRY_SECONDS = 5.0
LAST_RETRY_SECONDS = 300.0


class FallbackAsr:
    """An ``Asr`` of two. ``on_health`` is told when the first is away, and when it is back."""

    def __init__(
        self, first: Asr, make_stand_in: Callable[[], Asr], on_health: OnHealth | None = None
    ) -> None:
        self.first = first
        self.stand_in: Asr | None = None
        """The one that hears while the first is away."""
        self._make_stand_in = make_stand_in
        self._on_health = on_health
        self._changing = asyncio.Lock()
        self._hearing = 0
        """Utterances that the stand-in is hearing."""
        self._winning_back: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """The one that hears now."""
        return (self.stand_in or self.first).name

    async def start(self) -> None:
        """See whether the first is there, else load the stand-in. Raises EngineError when neither can."""
        try:
            await self.first.start()
        except EngineError as error:
            await self._call_stand_in(error)
        else:
            self._told(True, "")
            log.info("speech recognition: %s", self.first.name, extra=_STAGE)

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        """The words of 16 kHz ``audio``, by whoever is there. Raises EngineError."""
        if self.stand_in is None:
            try:
                return await self.first.transcribe(audio, language=language, quick=quick)
            except EngineError as error:
                await self._call_stand_in(error)
        stand_in = self.stand_in
        if stand_in is None:  # the first came back meanwhile
            return await self.first.transcribe(audio, language=language, quick=quick)
        self._hearing += 1
        try:
            return await stand_in.transcribe(audio, language=language, quick=quick)
        finally:
            self._hearing -= 1

    async def close(self) -> None:
        """Close both."""
        if self._winning_back is not None:
            self._winning_back.cancel()
            await asyncio.wait({self._winning_back})
        await self.first.close()
        if self.stand_in is not None:
            await self.stand_in.close()

    async def _call_stand_in(self, reason: EngineError) -> None:
        async with self._changing:
            if self.stand_in is not None:
                return
            stand_in = self._make_stand_in()
            try:
                await stand_in.start()
            except BaseException as error:
                await stand_in.close()
                if isinstance(error, EngineError):
                    raise EngineError(f"{reason}; and the stand-in: {error}") from reason
                raise
            log.info("speech recognition by %s for now: %s", stand_in.name, reason, extra=_STAGE)
            self.stand_in = stand_in
            self._told(False, str(reason))
            if self._winning_back is None or self._winning_back.done():
                self._winning_back = asyncio.create_task(self._win_back())

    async def _win_back(self) -> None:
        backoff = Backoff(FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS)
        while self.stand_in is not None:
            await asyncio.sleep(backoff.wait())
            try:
                await self.first.start()
            except EngineError as error:
                log.debug("%s", error, extra=_STAGE)
                continue
            if self._hearing:
                continue
            stand_in, self.stand_in = self.stand_in, None
            self._told(True, "")
            log.info("speech recognition by %s again", self.first.name, extra=_STAGE)
            await stand_in.close()

    def _told(self, works: bool, why: str) -> None:
        if self._on_health is not None:
            self._on_health(Part.ASR_SERVER, works, why)
