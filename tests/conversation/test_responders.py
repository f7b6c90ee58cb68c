"""Who answers, and the tools that a model calls while it writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import pytest

from hearthd.conversation.context import Context
from hearthd.conversation.responders import (
    DocumentsResponder,
    ModelResponder,
    PersonaResponder,
    Reply,
    Request,
    first_reply,
)
from hearthd.conversation.tools import MAX_RESULT, MAX_ROUNDS, Toolbox
from hearthd.dialogue.intent import PersonaWanted, Question, Wanted
from hearthd.engines.messages import Acted, Answering, Message, ReplyEvent, Text, ToolCall, ToolSpec, texts
from hearthd.knowledge.answers import Consulted
from tests.scripted import ScriptedChat

pytestmark = pytest.mark.unit


@dataclass
class Bell:
    """A tool that rings so many times."""

    breaks: bool = False
    rung: list[Mapping[str, Any]] = field(default_factory=list)
    finishes: bool = False
    seconds: float = 0.0
    spec = ToolSpec(
        "ring_bell", "Rings the bell.", {"type": "object", "properties": {"times": {"type": "integer"}}}
    )

    async def call(self, arguments: Mapping[str, Any], language: str) -> str:
        if self.breaks:
            raise ValueError("the rope is torn")
        await asyncio.sleep(self.seconds)
        self.rung.append(arguments)
        return "It rang. " * 1000


class CallingChat(ScriptedChat):
    """Calls the next of ``calls`` in each reply, then speaks."""

    def __init__(self, *calls: ToolCall) -> None:
        super().__init__()
        self.calls = list(calls)
        self.offered: list[Sequence[ToolSpec]] = []

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        self.sent.append(messages)
        self.offered.append(tools)
        yield Answering(self.name)
        if self.calls and tools:
            yield Text("One moment. ")
            yield self.calls.pop(0)
        else:
            yield Text("Done.")


async def certain() -> None:
    """The person has finished."""


def request(wanted: Wanted | None = None) -> Request:
    return Request(wanted or Question(), "ring the bell", "en", certain=certain)


async def written(reply: Reply) -> str:
    return "".join([text async for text in texts(reply)])


def model(chat: CallingChat, *tools: Bell) -> ModelResponder:
    return ModelResponder(chat, Context("", num_ctx=2048, reply_tokens=100), Toolbox(tools))


async def test_the_first_that_takes_it_answers() -> None:
    chat = CallingChat()

    async def consult(question: str, language: str) -> Consulted:
        return Consulted(material="The bell hangs in the hall.")

    row = [PersonaResponder(lambda _: None, lambda _: None), DocumentsResponder(consult), model(chat)]
    name, reply = await first_reply(row, request())
    assert name == "model"
    assert await written(reply) == "Done."
    assert "The bell hangs in the hall." in chat.sent[0][-1].content
    name, _ = await first_reply(row, request(PersonaWanted("removed meanwhile")))
    assert name == "model"


async def test_a_refusal_of_the_documents_keeps_the_model_out() -> None:
    async def consult(question: str, language: str) -> Consulted:
        return Consulted(refusal="My documents do not tell.")

    name, reply = await first_reply([DocumentsResponder(consult), model(CallingChat())], request())
    assert (name, await written(reply)) == ("documents", "My documents do not tell.")


async def test_a_tool_is_called_and_its_result_told_to_the_model() -> None:
    bell, call = Bell(), ToolCall("ring_bell", {"times": 2}, "call_1")
    chat = CallingChat(call)
    assert await written(await model(chat, bell).respond(request())) == "One moment. Done."
    assert bell.rung == [{"times": 2}]
    *_, asked, result = chat.sent[1]
    assert (asked.role, asked.content, asked.calls) == ("assistant", "One moment. ", (call,))
    assert (result.role, result.answers) == ("tool", call)
    assert len(result.content) == MAX_RESULT


async def test_what_a_tool_did_is_told_and_what_failed_is_told_as_not_done() -> None:
    calls = [ToolCall("ring_bell", {"times": 2}), ToolCall("ring_gong", {})]
    reply = await model(CallingChat(*calls), Bell()).respond(request())
    acted = [event async for event in reply if isinstance(event, Acted)]
    assert [(one.name, one.arguments, one.by, one.done) for one in acted] == [
        ("ring_bell", {"times": 2}, "model", True),
        ("unknown_tool", {"name": "ring_gong"}, "model", False),
    ]
    reply = await model(CallingChat(calls[0]), Bell(finishes=True)).respond(request())
    assert [event.looks async for event in reply if isinstance(event, Acted)] == [False]
    assert acted[0].looks  # of one that changes nothing: no proof of a deed
    reply = await model(CallingChat(calls[0]), Bell(breaks=True)).respond(request())
    assert [event.done async for event in reply if isinstance(event, Acted)] == [False]


async def test_nothing_is_done_before_the_person_has_certainly_finished() -> None:
    gate, bell = asyncio.Event(), Bell()
    asked = Request(Question(), "ring", "en", certain=gate.wait)
    reply = asyncio.create_task(
        written(await model(CallingChat(ToolCall("ring_bell", {})), bell).respond(asked))
    )
    await asyncio.sleep(0.01)
    assert not bell.rung
    gate.set()
    await reply
    assert len(bell.rung) == 1


async def test_a_model_that_goes_round_in_circles_must_answer_without_tools() -> None:
    bell, chat = Bell(), CallingChat(*[ToolCall("ring_bell", {})] * 10)
    assert (await written(await model(chat, bell).respond(request()))).endswith("Done.")
    assert len(bell.rung) == MAX_ROUNDS
    assert [len(tools) for tools in chat.offered] == [1] * MAX_ROUNDS + [0]


async def test_what_is_done_is_not_done_again_in_a_later_round_and_ends_the_calls() -> None:
    call = ToolCall("ring_bell", {"times": 2, "loud": True})
    same = ToolCall("ring_bell", {"loud": True, "times": 2}, "another id")
    bell, chat = Bell(finishes=True), CallingChat(call, same, same)
    reply = await model(chat, bell).respond(request())
    assert len([event async for event in reply if isinstance(event, Acted)]) == 1
    assert len(bell.rung) == 1
    assert [len(tools) for tools in chat.offered] == [1, 1, 0]
    assert chat.sent[-1][-1].content.startswith("That is done already")


class SpeakingBell(Bell):
    answers_people = True


class SilentCaller(CallingChat):
    """Only calls."""

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        async with aclosing(super().reply(messages, tools)) as events:
            async for event in events:
                if not isinstance(event, Text):
                    yield event


async def test_what_came_of_a_call_is_said_where_the_model_only_calls_again() -> None:
    call = ToolCall("ring_bell", {"times": 2})
    bell, chat = SpeakingBell(finishes=True), SilentCaller(call, call, call)
    assert await written(await model(chat, bell).respond(request())) == "It rang. " * 1000
    assert len(bell.rung) == 1
    assert len(chat.sent) == 2


async def test_the_same_with_other_arguments_or_what_failed_or_only_looks_is_called_again() -> None:
    once, twice = ToolCall("ring_bell", {"times": 1}), ToolCall("ring_bell", {"times": 2})
    for bell, calls in ((Bell(finishes=True), (once, twice)), (Bell(), (once, once))):
        await written(await model(CallingChat(*calls), bell).respond(request()))
        assert len(bell.rung) == 2
    reply = await model(CallingChat(once, once), Bell(breaks=True, finishes=True)).respond(request())
    assert [event.done async for event in reply if isinstance(event, Acted)] == [False, False]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (ToolCall("ring_gong", {}), "no tool of that name. There are: ring_bell"),
        (ToolCall("ring_bell", {}), "failed"),
    ],
)
async def test_a_call_that_cannot_be_carried_out_is_told_to_the_model(call: ToolCall, told: str) -> None:
    chat = CallingChat(call)
    await written(await model(chat, Bell(breaks=True)).respond(request()))
    assert told in chat.sent[1][-1].content


class RecitingChat(ScriptedChat):
    """Says its instructions back."""

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        for text in (
            "You are an ow",
            "l. ",
            "Never ho",
            "ot at night.",
            " It is four. Answer",
            " in English.",
        ):
            yield Text(text)


async def test_the_models_instructions_are_not_said_back() -> None:
    context = Context("You are an owl. Never hoot at night.", num_ctx=2048, reply_tokens=100)
    reciting = ModelResponder(RecitingChat(), context, Toolbox())
    said = await written(await reciting.respond(request()))
    assert said.split() == ["You", "are", "an", "owl.", "It", "is", "four."]
