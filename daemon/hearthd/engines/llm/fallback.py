"""A chat model with a stand-in: when the one cannot answer, the other does, and the first is won back.

The stand-in answers when the primary fails before its first word; a reply that has begun is not begun
again in another voice of mind. After a failure the primary is left alone until an attempt in the
background (``start``, which loads its model) succeeds, so that only one turn pays for noticing; but where the
stand-in fails before its first word, too, the primary is asked once more in the same turn. The stand-in's
memory is taken when it is needed and given back when the primary answers again. A stand-in may be such a pair
itself: so there are rows of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from hearthd.common.backoff import Backoff
from hearthd.common.errors import EngineError
from hearthd.common.parts import OnHealth, Part
from hearthd.engines.messages import Message, ReplyEvent, Text, ToolCall, ToolSpec
from hearthd.engines.protocols import ChatModel, HasDigest, Manner

log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS = 5.0
LAST_RETRY_SECONDS = 300.0
"""The pause before an attempt to win the primary back doubles up to this."""


class FallbackChat:
    """A ``ChatModel`` of two.

    ``expected``: the primary is known to be there, as it is once it has answered. ``on_health`` is told why
    such a one cannot answer, and None whenever it can.
    """

    def __init__(
        self,
        primary: ChatModel,
        make_stand_in: Callable[[], ChatModel],
        *,
        expected: bool,
        first_retry_seconds: float | None = None,
        on_health: OnHealth | None = None,
    ) -> None:
        self.primary = primary
        self.stand_in: ChatModel | None = None
        """The one that answers while the primary is away."""
        self._make_stand_in = make_stand_in
        self._manner = Manner()
        self._expected = expected
        self._on_health = on_health
        self._first_retry_seconds = (
            FIRST_RETRY_SECONDS if first_retry_seconds is None else first_retry_seconds
        )
        self._in_use = asyncio.Lock()
        self._winning_back: asyncio.Task[None] | None = None

    def adopt(self, manner: Manner) -> None:
        """Take over a persona's manner, in both; the stand-in has only one model."""
        self._manner = replace(manner, model="")
        self.primary.adopt(manner)
        if self.stand_in is not None:
            self.stand_in.adopt(self._manner)

    @property
    def name(self) -> str:
        """The one that answers now."""
        return (self.stand_in or self.primary).name

    async def digest(self) -> str:
        """See ``HasDigest``. Raises EngineError."""
        model = self.stand_in or self.primary
        return await model.digest() if isinstance(model, HasDigest) else ""

    async def start(self) -> None:
        """Start the primary, or else the stand-in. Raises EngineError when neither can."""
        try:
            await self.primary.start()
        except EngineError as error:
            if self.stand_in is None:
                await self._call_stand_in(error)
            else:
                await self.stand_in.start()
        else:
            await self._back()
            log.info("answers come from %s", self.primary.name, extra={"stage": "llm"})

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        """Prefill the one that answers now."""
        await (self.stand_in or self.primary).prefill(messages, tools)

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        """The reply of the primary, or of the stand-in if the primary fails before its first word.

        Whoever has to step in is offered no tools: they were meant for the other.
        """
        said = asked = False
        if self.stand_in is None:
            asked = True
            try:
                async with aclosing(self.primary.reply(messages, tools)) as events:
                    async for event in events:
                        said = said or isinstance(event, Text | ToolCall)
                        yield event
                return
            except EngineError as error:
                if said:
                    raise
                await self._call_stand_in(error)
                tools = ()
        async with self._in_use:
            stand_in = self.stand_in
            try:
                if stand_in is not None:
                    async with aclosing(stand_in.reply(messages, tools)) as events:
                        async for event in events:
                            said = said or isinstance(event, Text | ToolCall)
                            yield event
                    return
            except EngineError as error:
                if said or asked:
                    raise
                log.info("%s cannot answer either: %s", self.name, error, extra={"stage": "llm"})
        # While this waited its turn the primary may have come back: then nobody was asked.
        again = self.reply(messages) if stand_in is None else self.primary.reply(messages)
        async with aclosing(again) as events:
            async for event in events:
                yield event

    async def close(self) -> None:
        """Close both."""
        if self._winning_back is not None:
            self._winning_back.cancel()
            await asyncio.wait({self._winning_back})
        await self.primary.close()
        if self.stand_in is not None:
            await self.stand_in.close()

    async def _call_stand_in(self, reason: EngineError) -> None:
        stand_in = self._make_stand_in()
        stand_in.adopt(self._manner)
        try:
            await stand_in.start()
        except BaseException as error:
            await stand_in.close()
            if isinstance(error, EngineError):
                raise EngineError(f"{reason}; and the stand-in: {error}") from reason
            raise
        if self.stand_in is not None:  # somebody else called one meanwhile
            await stand_in.close()
            return
        log.info("answers come from %s for now: %s", stand_in.name, reason, extra={"stage": "llm"})
        self.stand_in = stand_in
        if self._expected and self._on_health is not None:
            self._on_health(Part.CHAT_SERVER, False, str(reason))
        if self._winning_back is None or self._winning_back.done():
            self._winning_back = asyncio.create_task(self._win_back())

    async def _win_back(self) -> None:
        backoff = Backoff(self._first_retry_seconds, LAST_RETRY_SECONDS)
        while self.stand_in is not None:
            await asyncio.sleep(backoff.wait())
            try:
                await self.primary.start()
            except EngineError as error:
                log.debug("%s", error, extra={"stage": "llm"})
                continue
            await self._back()
            log.info("answers come from %s again", self.primary.name, extra={"stage": "llm"})

    async def _back(self) -> None:
        """The primary answers; the stand-in, after the reply it is writing, is let go."""
        async with self._in_use:
            stand_in, self.stand_in = self.stand_in, None
            if stand_in is not None:
                await stand_in.close()
        self._expected = True
        if self._on_health is not None:
            self._on_health(Part.CHAT_SERVER, True, "")
