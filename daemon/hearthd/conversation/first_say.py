"""Somebody who is asked while others already prepare an answer, and whose word counts if they have one.

Home Assistant may only be asked once the person has certainly finished, and mostly does not know what is
meant. The model writes and the voice speaks meanwhile, as always; but nothing of that sounds, and no tool is
called, before it is known that the answer is theirs to give. So a question that Home Assistant does not
understand is answered as soon as if it had not been asked, but for its own few milliseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any

from hearthd.common.errors import EngineError
from hearthd.engines.messages import ReplyEvent

Events = AsyncGenerator[ReplyEvent, None]
"""A reply."""


class FirstSay:
    """One request that somebody decides about. For the turn that ``end``s it."""

    def __init__(self, name: str, asked: Coroutine[Any, Any, Events | None]) -> None:
        """``asked`` gives their reply, or None to leave it to the others; it raises nothing."""
        self.name = name
        self._decided = asyncio.create_task(asked)
        self._may_sound = asyncio.Event()
        self._decided.add_done_callback(self._open)

    def _open(self, decided: asyncio.Task[Events | None]) -> None:
        if decided.cancelled() or decided.exception() is not None or decided.result() is None:
            self._may_sound.set()

    async def decided(self) -> Events | None:
        """Their reply, once it is known; None: the others answer."""
        await asyncio.wait([self._decided])
        return self._decided.result() if self._decided.exception() is None else None

    async def left_to_others(self) -> None:
        """Returns once the others may act; never if this one answers."""
        if await self.decided() is not None:
            await asyncio.Event().wait()

    async def may_sound(self) -> None:
        """Returns once it is known whose the words are that come."""
        await self._may_sound.wait()

    def takes_over(self) -> None:
        """What the others wrote is withdrawn: what comes now is this one's."""
        self._may_sound.set()

    async def until_decided(self, reply: Events) -> Events:
        """The others' ``reply``, up to the moment in which it is known that this one answers instead."""
        news: asyncio.Queue[ReplyEvent | EngineError | None] = asyncio.Queue()
        pump = asyncio.create_task(_pumped(reply, news))
        self._decided.add_done_callback(lambda _: None if self._may_sound.is_set() else news.put_nowait(None))
        try:
            while (event := await news.get()) is not None:
                if isinstance(event, EngineError):
                    if await self.decided() is None:
                        raise event
                    return
                yield event
        finally:
            pump.cancel()
            await asyncio.wait([pump])

    def end(self) -> None:
        """Nobody wants to know any more."""
        self._decided.cancel()


async def _pumped(reply: Events, news: asyncio.Queue[ReplyEvent | EngineError | None]) -> None:
    """Put all of ``reply`` into ``news``, its failure too, and None at its end."""
    try:
        async with aclosing(reply):
            async for event in reply:
                news.put_nowait(event)
    except EngineError as error:
        news.put_nowait(error)
    else:
        news.put_nowait(None)
