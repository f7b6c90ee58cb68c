"""``handle``: words come, the answer goes back: the speaker as Home Assistant's conversation agent."""

from __future__ import annotations

from collections.abc import Coroutine

from wyoming.event import Event
from wyoming.handle import Handled, NotHandled

from hearthd.engines.wyoming_wire import text_of
from hearthd.wyoming_server.guests import Caller, Guests
from hearthd.wyoming_server.server import Send

MAX_CHARACTERS = 2_000
"""Of a question: a minute of speech is about 900."""


class Handling:
    """One connection's."""

    def __init__(self, guests: Guests) -> None:
        self._guests = guests

    async def take(self, event: Event, send: Send) -> Coroutine[None, None, None] | None:
        """See ``Service``."""
        language = text_of(event, "language", 20).split("-")[0].split("_")[0].lower()
        return self._answer(caller_of(event), text_of(event, most=MAX_CHARACTERS), language, send)

    def close(self) -> None:
        """See ``Service``."""

    async def _answer(self, caller: Caller, text: str, language: str, send: Send) -> None:
        answer = await self._guests.answer(caller, text, language)
        context = {"conversation_id": caller.conversation} if caller.conversation else None
        done = NotHandled(context=context) if answer is None else Handled(text=answer, context=context)
        await send(done.event())


def caller_of(event: Event) -> Caller:
    """Who speaks, by the event's context."""
    context = event.data.get("context")
    if not isinstance(context, dict):
        return Caller()
    told = Event("context", context)
    conversation, device = text_of(told, "conversation_id", 200), text_of(told, "device_id", 200)
    return Caller(conversation, device, text_of(told, "satellite_id", 200))
