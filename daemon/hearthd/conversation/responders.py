"""Who answers: a row of responders, of which the first that takes what is wanted gives the reply.

A reply is a stream of typed events (``engines.messages.ReplyEvent``). A responder that leaves the request to
those behind it may tell them something first: the documents add what they know to ``facts``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol

from hearthd.actions.requests import all_requested
from hearthd.config.personas import Persona
from hearthd.conversation.context import ANSWER_IN, Context
from hearthd.conversation.first_say import FirstSay
from hearthd.conversation.tools import MAX_CALLS, MAX_ROUNDS, Toolbox
from hearthd.dialogue.intent import PersonaWanted, Wanted
from hearthd.engines.messages import (
    Acted,
    Message,
    Paused,
    ReplyEvent,
    Text,
    ToolCall,
    ToolSpec,
    Withdrawn,
    bytes_sent,
)
from hearthd.engines.protocols import ChatModel
from hearthd.knowledge.answers import Consulted
from hearthd.text.recital import RecitalFilter

Reply = AsyncGenerator[ReplyEvent, None]

AGAIN = {"en": "Please say that in English.", "zh": "请用中文说。"}
"""What the model is told when its answer was in a script that no voice here can say."""
FILLERS = {"en": "One moment. ", "zh": "稍等。"}
"""Said when a tool keeps somebody waiting."""
BREATH_SECONDS = 1.2
"""A tool that takes no longer is waited for in silence: so long a person takes who looks something up."""
DONE_ALREADY = "That is done already. Tell what came of it."
"""What a model is told that calls once more what it has done in this turn: the starter model set one timer
three times. If it does nothing else, what came of it is said, or the model goes on without tools where that
is nothing for people: of the starter model only more calls would come, in 20 s on two busy cores."""
SHOWN_CHARACTERS = 400
"""Of that answer, in the second request."""


@dataclass(slots=True)
class Request:
    """Something wanted of the speaker, and what is known about it."""

    wanted: Wanted
    text: str
    """The person's words."""
    language: str
    """The language to answer in."""
    certain: Callable[[], Awaitable[object]]
    """Returns once the person has certainly finished: nothing is done before, words alone are prepared."""
    facts: str = ""
    """What holds at this moment, for a model."""
    acted: bool = False
    """Something was done for it."""
    done_late: Callable[[Acted], None] = field(default=lambda _: None)
    """Told what a tool has done that ended after the reply was broken off."""
    first_say: FirstSay | None = None
    """Who was asked beside those that answer, and comes before them if it has an answer."""


class Responder(Protocol):
    """One who may answer."""

    name: str

    async def respond(self, request: Request) -> Reply | None:
        """The reply, or None to leave it to the next. Raises EngineError."""
        ...


class NobodyAnswersError(Exception):
    """The row ended without an answer: its last responder must take whatever comes."""


async def first_reply(row: Sequence[Responder], request: Request) -> tuple[str, Reply]:
    """Who of ``row`` answers, by name, and what. Raises EngineError."""
    for responder in row:
        if (reply := await responder.respond(request)) is not None:
            return responder.name, reply
    raise NobodyAnswersError(", ".join(responder.name for responder in row))


async def said(text: str) -> Reply:
    """``text`` as a reply."""
    yield Text(text)


class PersonaResponder:
    """Another persona is wanted: it greets, and answers from the next turn on."""

    name = "persona"

    def __init__(self, find: Callable[[str], Persona | None], become: Callable[[Persona], None]) -> None:
        """``find`` gives the persona of a name, ``become`` has it answer from now on."""
        self._find, self._become = find, become

    async def respond(self, request: Request) -> Reply | None:
        """Its greeting."""
        if not isinstance(request.wanted, PersonaWanted):
            return None
        persona = self._find(request.wanted.name)
        if persona is None:  # its file was removed meanwhile
            return None
        return self._greeted(request, persona)

    async def _greeted(self, request: Request, persona: Persona) -> Reply:
        await request.certain()
        self._become(persona)
        yield Acted("persona", {"name": persona.name}, "done", "command", True, 0.0)
        yield Text(persona.greeting or persona.title or persona.name)


class DocumentsResponder:
    """The owner's documents: they refuse what they do not tell, or give the model what they do."""

    name = "documents"

    def __init__(self, consult: Callable[[str, str], Awaitable[Consulted]]) -> None:
        self._consult = consult

    async def respond(self, request: Request) -> Reply | None:
        """A refusal, or nothing but facts for the next."""
        known = await self._consult(request.text, request.language)
        if known.refusal:
            return said(known.refusal)
        if known.material:
            request.facts = f"{request.facts}\n{known.material}\n"
        return None


class ModelResponder:
    """The chat model, with the conversation so far and its tools: it takes whatever comes."""

    name = "model"

    def __init__(self, chat: ChatModel, context: Context, tools: Toolbox) -> None:
        self._chat, self._context, self._tools = chat, context, tools
        self._unfinished: set[asyncio.Task[tuple[Message, Acted]]] = set()
        """Tools at work that outlive the reply that called them; each has its time."""

    async def prefill(self, language: str, facts: str) -> None:
        """Let the model read what is known before the question, to be answered in ``language``."""
        await self._chat.prefill(self._context.beginning(language, facts), self._tools.specs)

    async def respond(self, request: Request) -> Reply:
        """What the model writes."""
        return self._written(request, [], self._tools.specs)

    def again(self, request: Request, written: str) -> Reply:
        """What it writes when it is told that ``written`` could not be said in the language wanted."""
        wanted = AGAIN.get(request.language, AGAIN["en"])
        more = [Message("assistant", written[:SHOWN_CHARACTERS]), Message("user", wanted)]
        return self._written(request, more, [])  # without tools: what was done is not to be done twice

    async def _written(self, request: Request, more: Sequence[Message], specs: Sequence[ToolSpec]) -> Reply:
        self._context.offer(bytes_sent((), specs))
        messages = [*self._context.messages(request.text, request.language, request.facts), *more]
        spoke = going_round = False
        done: dict[str, str] = {}
        """What tools have changed in the rounds before: what can be spoken of it."""
        for round_number in range(MAX_ROUNDS + 1):
            offered = specs if round_number < MAX_ROUNDS and not going_round else []
            calls: list[ToolCall] = []
            text = ""
            async with aclosing(self._not_recited(self._chat.reply(messages, offered))) as reply:
                async for event in reply:
                    if isinstance(event, ToolCall):
                        calls.append(event)
                        continue
                    text += event.text if isinstance(event, Text) else ""
                    yield event
            calls = calls[:MAX_CALLS]
            if not calls or not offered:
                return
            await request.certain()
            messages = [*messages, Message("assistant", text, tuple(calls))]
            spoke = spoke or bool(text.strip())
            yield Paused()
            before, going_round = frozenset(done), True
            acts = all_requested(request.text)
            for call in calls:
                if call.same in before:
                    messages.append(Message("tool", DONE_ALREADY, answers=call))
                    continue
                going_round = False
                work = asyncio.create_task(self._tools.answer(call, request.language, acts))
                try:
                    if not spoke and not (await asyncio.wait({work}, timeout=BREATH_SECONDS))[0]:
                        spoke = True
                        yield Text(FILLERS.get(request.language, FILLERS["en"]))
                        yield Paused()
                    await asyncio.wait({work})
                finally:
                    if not work.done():
                        self._left(work, call, request)
                answer, acted = work.result()
                if acted.done and not acted.looks:
                    done[call.same] = acted.result if self._tools.answers_people(call) else ""
                yield acted
                messages.append(answer)
            if going_round and not spoke and all(done.values()):
                yield Text(" ".join(done.values()))
                return

    def _left(self, work: asyncio.Task[tuple[Message, Acted]], call: ToolCall, request: Request) -> None:
        """Nobody waits for the tool any more: give it up, or let it end and be written down."""
        if not self._tools.finishes(call):
            work.cancel()
            return
        self._unfinished.add(work)

        def ended(_: object) -> None:
            self._unfinished.discard(work)
            if not work.cancelled():
                request.done_late(work.result()[1])

        work.add_done_callback(ended)

    async def _not_recited(self, reply: Reply) -> Reply:
        """``reply`` without the instructions that the model was given."""
        told = (self._context.system, *ANSWER_IN.values(), *AGAIN.values())
        kept = RecitalFilter(told)
        async with aclosing(reply):
            async for event in reply:
                match event:
                    case Text(text):
                        if text := kept.feed(text):
                            yield Text(text)
                    case Withdrawn():
                        kept = RecitalFilter(told)
                        yield event
                    case _:
                        yield event
        if rest := kept.flush():
            yield Text(rest)
