"""A model calls tools in the whole speaker: what is heard meanwhile, what becomes of it when stopped."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from hearthd.actions.timers.alert import Kind
from hearthd.dialogue import events as e
from hearthd.engines.messages import Answering, Message, ReplyEvent, Text, ToolCall, ToolSpec
from tests.actions import corpus
from tests.scripted import Scripted, ScriptedChat
from tests.virtual_time import run

pytestmark = pytest.mark.unit


class Door:
    """A tool that takes so many seconds."""

    spec = ToolSpec("open_door", "Opens the door.", {"type": "object", "properties": {}})

    def __init__(self, seconds: float, *, finishes: bool = False) -> None:
        self.seconds, self.finishes = seconds, finishes
        self.begun = self.given_up = False

    async def call(self, arguments: Mapping[str, Any], language: str) -> str:
        self.begun = True
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.given_up = True
            raise
        return "The door is open."


class Caller(ScriptedChat):
    """Says ``before``, calls, and tells the result."""

    def __init__(self, *calls: ToolCall, before: str = "") -> None:
        super().__init__()
        self.calls, self.before = calls, before
        self.offered: list[Sequence[ToolSpec]] = []

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        self.sent.append(messages)
        self.offered.append(tools)

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        self.sent.append(messages)
        self.offered.append(tools)
        yield Answering(self.name)
        await asyncio.sleep(0.2)
        if messages[-1].role == "tool":
            yield Text(messages[-1].content)
            return
        if self.before:
            yield Text(self.before)
        for call in self.calls:
            yield call


OPEN = ToolCall("open_door", {})


def play(
    folder: Path, chat: Caller, door: Door, scene: Callable[[Scripted], Coroutine[None, None, None]]
) -> None:
    async def life() -> None:
        async with Scripted(folder, chat=chat, tools=[door], commands=corpus.matcher()) as speaker:
            await scene(speaker)

    run(life())


@pytest.mark.parametrize(
    ("seconds", "before", "language", "spoken"),
    [
        (0.5, "", "en", "The door is open."),
        (4.0, "", "en", "One moment. The door is open."),
        (4.0, "", "zh", "稍等。The door is open."),
        (4.0, "I'll look.", "en", "I'll look. The door is open."),
    ],
)
def test_a_filler_is_said_only_where_a_tool_takes_longer_than_a_breath(
    tmp_path: Path, seconds: float, before: str, language: str, spoken: str
) -> None:
    door = Door(seconds)

    async def scene(speaker: Scripted) -> None:
        words = "Would you let my brother in?" if language == "en" else "你能让我弟弟进来吗？"
        await speaker.asks(words, language=language)
        if seconds > 1.2:
            await speaker.until(lambda: speaker.phase == "speaking")
            assert door.begun
            assert not speaker.turns  # while the tool is at work
            assert speaker.voice.said == [spoken.removesuffix("The door is open.").strip()]
        await speaker.until(lambda: len(speaker.turns) == 1)
        (turn,) = speaker.turns
        assert "".join(turn.spoken.split()) == "".join(spoken.split())
        assert [(one.name, one.by, one.done) for one in turn.actions] == [("open_door", "model", True)]

    play(tmp_path, Caller(OPEN, before=before), door, scene)


@pytest.mark.parametrize("finishes", [False, True])
def test_who_says_stop_ends_a_tool_unless_that_may_not_be(tmp_path: Path, finishes: bool) -> None:
    door = Door(4.0, finishes=finishes)

    async def scene(speaker: Scripted) -> None:
        await speaker.asks("Would you let my brother in?")
        await speaker.until(lambda: door.begun)
        speaker.room.post(e.StopRequested(asyncio.get_running_loop().time()))
        await speaker.until(lambda: len(speaker.turns) == 1)
        assert speaker.turns[0].ended == "stopped"
        assert speaker.turns[0].actions == ()
        await asyncio.sleep(5)
        await speaker.store.flush()
        (kept,) = speaker.store.recent_turns(1)
        assert [one.done for one in kept.actions] == ([True] if finishes else [])
        assert door.given_up is not finishes
        assert kept.ended == "stopped"

    play(tmp_path, Caller(OPEN), door, scene)


def test_several_calls_of_one_reply_are_carried_out_in_their_order(tmp_path: Path) -> None:
    calls = [
        ToolCall("set_timer", {"duration": "ten minutes", "name": "egg"}),
        OPEN,
        ToolCall("set_timer", {"duration": "soon"}),
        ToolCall("fly", {}),
    ]

    async def scene(speaker: Scripted) -> None:
        await speaker.asks("Would you look after my egg and my brother?")
        await speaker.until(lambda: len(speaker.turns) == 1)
        assert [(one.name, one.done) for one in speaker.turns[0].actions] == [
            *[("set_timer", True), ("open_door", True), ("set_timer", False), ("unknown_tool", False)],
        ]
        assert [timer.name for timer in speaker.timers.alerts(Kind.TIMER)] == ["egg"]
        told = [message.content for message in speaker.chat.sent[-1] if message.role == "tool"]
        assert len(told) == len(calls)

    play(tmp_path, Caller(*calls), Door(0.1), scene)


def test_the_beginning_of_the_prompt_stays_the_same_to_the_byte(tmp_path: Path) -> None:
    """Prefilled or asked, in both languages, after actions: the tools, and all messages but the last."""
    chat = Caller(OPEN)

    async def scene(speaker: Scripted) -> None:
        for turns, (words, language) in enumerate(
            [("Who is it?", "en"), ("你好吗？", "zh"), ("And you?", "en")], 1
        ):
            await speaker.asks(words, language=language)
            await speaker.until(lambda turns=turns: len(speaker.turns) == turns)  # type: ignore[misc]
            await speaker.until(lambda: speaker.phase == "idle")
        tools = {json.dumps([tool.as_json() for tool in offered]) for offered in chat.offered}
        assert len(tools) == 1
        assert '"set_timer"' in tools.pop()
        before: list[str] = []
        for messages in chat.sent:
            stable = [f"{message.role} {message.content}" for message in messages]
            known = stable[: next((n for n, m in enumerate(messages) if m.calls), len(stable)) - 1]
            assert known[: len(before)] == before
            before = known

    play(tmp_path, chat, Door(0.1), scene)
