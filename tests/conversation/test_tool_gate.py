"""A model is offered tools once it has shown that it calls them where one is wanted, and only there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hearthd.common.errors import NoToolsError
from hearthd.conversation.tool_gate import NOT_ASKED, OFF, SMALL, Offer, ToolGate
from hearthd.dialogue.state import Phase, State
from hearthd.engines.llm.tool_probe import MAX_KEPT, QUESTIONS, Results
from hearthd.engines.messages import Message, ReplyEvent, Text, ToolCall, ToolSpec
from tests.scripted import ScriptedChat
from tests.virtual_time import run

pytestmark = pytest.mark.unit

IDLE, BUSY = State(phase=Phase.IDLE), State(phase=Phase.LISTENING)
MINUTES = {"ten": "10 minutes", "十分钟": "十分钟"}


class Probed(ScriptedChat):
    """Answers the probe: as it should, or "eager" (calls at everything), "shy" (at nothing) …"""

    name = "scripted:3b"

    def __init__(self, manner: str = "", number: str = "one") -> None:
        super().__init__()
        self.manner, self.number = manner, number
        self.asked = 0

    async def digest(self) -> str:
        return self.number

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        assert [tool.name for tool in tools] == ["set_timer", "turn_on_light"]
        self.asked += 1
        await asyncio.sleep(1.0)
        if self.manner == "refuses":
            raise NoToolsError("it takes no tools")
        question = messages[-1].content
        minutes = next((said for word, said in MINUTES.items() if word in question), "")
        wants = bool(minutes)
        if self.manner == "English only" and not question.isascii():
            wants = False
        if self.manner == "eager" or (wants and self.manner != "shy"):
            yield ToolCall("set_timer", {"duration": "5 minutes" if self.manner == "wrong" else minutes})
        elif self.manner != "silent":
            yield Text("Done." if wants else "Paris.")


class Scene:
    """A gate, and a room beside it."""

    def __init__(self, chat: Probed, path: Path | None = None, offer: Offer = "auto") -> None:
        self.tasks: list[asyncio.Task[None]] = []
        self.gate = ToolGate(chat, offer, Results(path), self._keep)
        self.room = self.gate.watch()

    def _keep(self, work: Awaitable[None]) -> asyncio.Task[None]:
        self.tasks.append(asyncio.ensure_future(work))  # type: ignore[arg-type]
        return self.tasks[-1]

    async def quiet(self, seconds: float = 60.0) -> None:
        self.room.state(IDLE)
        await asyncio.sleep(seconds)


@pytest.mark.parametrize(
    ("manner", "why"),
    [
        ("", ""),
        ("eager", "calls set_timer at"),
        ("shy", "does not call the tool"),
        ("wrong", "wrong time"),
        ("English only", "does not call the tool"),
        ("refuses", "takes no tools"),
        ("silent", "no answer"),
    ],
)
def test_a_model_is_offered_tools_only_if_it_calls_where_it_should_in_both_languages(
    manner: str, why: str
) -> None:
    async def life() -> None:
        scene = Scene(Probed(manner))
        assert scene.gate.why_not == NOT_ASKED
        await scene.quiet()
        assert scene.gate.open is (manner == "")
        assert why in scene.gate.why_not

    run(life())


def test_a_turn_comes_first_and_the_next_quiet_moment_begins_it_again() -> None:
    async def life() -> None:
        chat = Probed()
        scene = Scene(chat)
        await scene.quiet(4.5)  # two of the four are asked by now
        scene.room.state(BUSY)
        await asyncio.sleep(60)
        assert chat.asked == 2
        assert not scene.gate.open
        other = scene.gate.watch()
        other.state(BUSY)
        await scene.quiet()
        assert not scene.gate.open
        other.state(replace(IDLE, phase=Phase.MUTED))
        await asyncio.sleep(60)
        assert scene.gate.open
        assert chat.asked == 2 + len(QUESTIONS)

    run(life())


def test_a_model_is_asked_once_in_its_life(tmp_path: Path) -> None:
    async def life(number: str, asked: int) -> None:
        chat = Probed(number=number)
        scene = Scene(chat, tmp_path / "probes.json")
        await scene.quiet()
        assert scene.gate.open
        assert chat.asked == asked

    run(life("one", len(QUESTIONS)))
    run(life("one", 0))
    run(life("two", len(QUESTIONS)))


@pytest.mark.parametrize(
    "damaged", ["", "{", "[]", '{"version": 1, "models": 7}', "[" * 9000, '{"version": 0}']
)
def test_a_damaged_file_of_results_means_that_the_model_is_asked_again(tmp_path: Path, damaged: str) -> None:
    path = tmp_path / "probes.json"
    path.write_text(damaged)
    results = Results(path)
    assert results.get("one") is None
    for number in range(MAX_KEPT + 5):
        results.put(str(number), "")
    assert Results(path).get("0") is None
    assert Results(path).get(str(MAX_KEPT)) == ""


@pytest.mark.parametrize(
    ("name", "offer", "why"),
    [("qwen2.5-coder-0.5b", "auto", SMALL), ("smollm2:135m", "auto", SMALL), ("llama:70b", "off", OFF)],
)
def test_a_model_that_is_too_small_is_not_even_asked(name: str, offer: Offer, why: str) -> None:
    async def life() -> None:
        chat = Probed()
        chat.name = name
        scene = Scene(chat, offer=offer)
        await scene.quiet()
        assert (chat.asked, scene.gate.open, scene.gate.why_not) == (0, False, why)
        if offer == "auto":
            wanted = Scene(chat, offer="on")
            await wanted.quiet()
            assert wanted.gate.open

    run(life())


def test_another_model_is_asked_anew_and_the_prompt_is_read_again() -> None:
    async def life() -> None:
        chat, read = Probed(), 0
        scene = Scene(chat)

        def changed() -> None:
            nonlocal read
            read += 1

        scene.gate.changed.append(changed)
        await scene.quiet()
        assert (scene.gate.open, read) == (True, 1)
        chat.name, chat.number, chat.manner = "other:3b", "two", "eager"
        assert not scene.gate.open
        scene.room.state(BUSY)
        await scene.quiet()
        assert (scene.gate.open, read) == (False, 2)

    run(life())
