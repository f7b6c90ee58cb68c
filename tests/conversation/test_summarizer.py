"""What no longer fits is summed up while nobody talks; a new conversation begins from that. Virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from hearthd.common.errors import EngineError
from hearthd.config.settings import Settings
from hearthd.conversation.summarizer import IDLE_SECONDS, INSTRUCTION, big_enough
from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.engines.messages import Message, ReplyEvent, Text, ToolSpec
from hearthd.history.store import Store
from tests.scripted import Scripted, ScriptedChat
from tests.virtual_time import run

pytestmark = pytest.mark.unit

SMALL = {"chat": {"num_ctx": 512, "max_reply_tokens": 128}, "audio": {"chime": False}}
"""A context that holds some four turns."""


class Remembering(ScriptedChat):
    """Knows a summary from a reply, and may be slow at it."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "scripted:7b"
        self.text = "That is a very good question about the world and all that is in it."
        self.summary = "They talked about numbers."
        self.summary_seconds = 1.0
        self.asked: list[Sequence[Message]] = []
        self.finished = 0
        self.fails = False

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        if messages[0].content != INSTRUCTION:
            async for piece in super().reply(messages, tools):
                yield piece
            return
        self.asked.append(messages)
        self.open += 1
        try:
            await asyncio.sleep(self.summary_seconds)
            if self.fails:
                raise EngineError("the model went away")
            yield Text(self.summary)
            self.finished += 1
        finally:
            self.open -= 1


def speaker_of(folder: Path, model: ScriptedChat, **settings: object) -> Scripted:
    return Scripted(folder, Settings.model_validate(SMALL | settings), chat=model)


async def talk(speaker: Scripted, turns: int) -> None:
    for _ in range(turns):
        count = len(speaker.turns)
        await speaker.asks(f"what do you think of number {count} and of its neighbours")
        await speaker.until(lambda: len(speaker.turns) > count)  # noqa: B023 - used at once
        await speaker.until(lambda: speaker.phase == "idle")


async def until_summarised(speaker: Scripted, chat: Remembering) -> None:
    await speaker.until(lambda: speaker.phase == "idle")
    await asyncio.sleep(IDLE_SECONDS + 5)
    await speaker.store.flush()
    await asyncio.sleep(1)
    assert speaker.room.conversation.context.summary == chat.summary
    assert chat.open == 0


def test_what_was_dropped_is_summed_up_when_nobody_talks(tmp_path: Path) -> None:
    async def scene() -> None:
        chat = Remembering()
        async with speaker_of(tmp_path, chat) as speaker:
            await talk(speaker, 6)
            dropped = speaker.room.conversation.context.dropped()
            assert dropped
            assert chat.asked == []  # nobody has been quiet for long enough
            await until_summarised(speaker, chat)
            told = chat.asked[0][-1].content
            assert all(said.heard in told for said in dropped)
            assert speaker.room.conversation.context.dropped() == []
            prefills = chat.prefills
            await asyncio.sleep(1)
            assert chat.prefills == prefills  # read once, with the summary in it
            await talk(speaker, 1)
            assert chat.summary in chat.sent[-1][0].content

    run(scene())


def test_the_first_wake_ends_the_summary_and_nothing_is_lost(tmp_path: Path) -> None:
    async def scene() -> None:
        chat = Remembering()
        chat.summary_seconds = 60.0
        async with speaker_of(tmp_path, chat) as speaker:
            await talk(speaker, 6)
            dropped = speaker.room.conversation.context.dropped()
            await asyncio.sleep(IDLE_SECONDS + 5)
            assert chat.open == 1
            speaker.wakes()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert chat.open == 0
            await speaker.says("Hey Jarvis, and what now")
            await speaker.until(lambda: len(speaker.turns) == 7)
            assert speaker.turns[-1].ended is Ended.COMPLETED
            assert chat.finished == 0
            assert speaker.room.conversation.context.dropped()[: len(dropped)] == dropped
            chat.summary_seconds = 1.0
            await until_summarised(speaker, chat)

    run(scene())


def test_an_answer_takes_as_long_with_a_summary_in_the_making_as_without(tmp_path: Path) -> None:
    async def first_audible(quiet: float) -> float | None:
        folder = tmp_path / str(quiet)
        folder.mkdir()
        chat = Remembering()
        chat.summary_seconds = 60.0
        async with speaker_of(folder, chat) as speaker:
            await talk(speaker, 6)
            await asyncio.sleep(quiet)
            assert chat.open == (quiet > IDLE_SECONDS)
            await talk(speaker, 1)
            return speaker.turns[-1].first_audible_ms

    with_summary, without = run(first_audible(IDLE_SECONDS + 5)), run(first_audible(2.0))
    assert with_summary == pytest.approx(without, abs=1.0)


@pytest.mark.slow
def test_a_small_model_is_not_asked(tmp_path: Path) -> None:
    async def scene(name: str, summaries: str) -> int:
        folder = tmp_path / f"{name}-{summaries}".replace(":", "-")
        folder.mkdir()
        chat = Remembering()
        chat.name = name
        async with speaker_of(folder, chat, memory={"summaries": summaries}) as speaker:
            await talk(speaker, 6)
            await asyncio.sleep(IDLE_SECONDS + 10)
            return len(chat.asked)

    assert run(scene("qwen2.5-coder-0.5b", "auto")) == 0
    assert run(scene("qwen2.5-coder-0.5b", "on")) == 1
    assert run(scene("qwen2.5:7b", "auto")) == 1
    assert run(scene("qwen2.5:7b", "off")) == 0


def test_a_model_that_fails_is_asked_again_at_the_next_quiet_moment(tmp_path: Path) -> None:
    async def scene() -> None:
        chat = Remembering()
        chat.fails = True
        async with speaker_of(tmp_path, chat) as speaker:
            await talk(speaker, 6)
            await asyncio.sleep(IDLE_SECONDS + 10)
            assert len(chat.asked) == 1
            assert speaker.room.conversation.context.summary == ""
            chat.fails = False
            await talk(speaker, 1)
            await until_summarised(speaker, chat)

    run(scene())


def test_the_summary_outlives_a_restart(tmp_path: Path) -> None:
    async def scene() -> None:
        chat = Remembering()
        async with speaker_of(tmp_path, chat) as speaker:
            await talk(speaker, 6)
            summarised = speaker.room.conversation.context.dropped()
            await until_summarised(speaker, chat)
        again = Remembering()
        async with speaker_of(tmp_path, again) as speaker:
            await talk(speaker, 1)
            system, *rest = again.sent[-1]
            assert chat.summary in system.content
            heard = [message.content for message in rest if message.role == "user"]
            assert summarised
            assert not {said.heard for said in summarised} & set(heard)
            assert not set(summarised) & set(speaker.room.conversation.context.dropped())

    run(scene())


def test_after_a_long_silence_it_begins_with_the_summary_and_the_last_two_rounds(tmp_path: Path) -> None:
    async def scene() -> None:
        chat = Remembering()
        async with speaker_of(tmp_path, chat, chat={"num_ctx": 4096}) as speaker:
            await talk(speaker, 5)
            assert speaker.room.conversation.context.dropped() == []
            await asyncio.sleep(601)
            assert len(chat.asked) == 1  # the conversation is over: all but the last two rounds are told
            await asyncio.sleep(5)
            told = chat.asked[0][-1].content
            assert "number 2" in told
            assert "number 3" not in told
            _long_ago(speaker.store)
            await talk(speaker, 1)
            system, *rest = chat.sent[-1]
            assert chat.summary in system.content
            assert [m.role for m in rest] == ["user", "assistant"] * 2 + ["user"]
            assert "number 3" in rest[0].content
            assert "number 4" in rest[2].content

    run(scene())


def test_a_conversation_begun_on_request_has_no_past(tmp_path: Path) -> None:
    async def scene() -> None:
        chat = Remembering()
        async with speaker_of(tmp_path, chat) as speaker:
            await talk(speaker, 6)
            await until_summarised(speaker, chat)
            speaker.room.conversation.start_anew()
            _long_ago(speaker.store)
            await talk(speaker, 1)
            assert [m.role for m in chat.sent[-1]] == ["system", "user"]
            assert chat.summary not in chat.sent[-1][0].content
        again = Remembering()
        async with speaker_of(tmp_path, again) as speaker:
            await talk(speaker, 1)
            assert [m.role for m in again.sent[-1]] == ["system", "user", "assistant", "user"]

    run(scene())


def test_what_is_forgotten_leaves_no_summary_behind(tmp_path: Path) -> None:
    async def scene() -> None:
        chat = Remembering()
        chat.summary_seconds = 60.0
        async with speaker_of(tmp_path, chat) as speaker:
            await talk(speaker, 6)
            await asyncio.sleep(IDLE_SECONDS + 5)
            assert chat.open == 1
            speaker.store.forget("1").result(10)
            await asyncio.sleep(70)
            assert chat.finished == 1
            assert speaker.room.conversation.context.summary == ""
            assert speaker.store.summary(speaker.room.conversation.id) is None

    run(scene())


def test_forgetting_a_turn_forgets_the_summaries_that_came_after_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "hearthd.db")
    for number, conversation in enumerate(("c1", "c2", "c3")):
        record = TurnRecord(turn_id=f"t{number}", conversation_id=conversation, started_at=1000.0 + number)
        record.heard, record.ended = "hello", Ended.COMPLETED
        store.ended(record).result(10)
        store.save_summary(conversation, f"summary {number}", 1000.0 + number).result(10)
    store.forget("turn_id = ?", "t1").result(10)
    assert store.summary("c1") == ("summary 0", 1000.0)
    assert store.summary("c2") is None
    assert store.summary("c3") is None
    store.close()


@pytest.mark.parametrize(
    ("name", "enough"),
    [
        ("qwen2.5:3b", True),
        ("qwen2.5:1.5b", False),
        ("qwen2.5-coder-0.5b", False),
        ("smollm2:135m", False),
        ("llama3.2:1b-instruct-q4_K_M", False),
        ("phi3:3.8b", True),
        ("mixtral:8x7b", True),
        ("mistral", True),
    ],
)
def test_a_models_size_is_read_from_its_name(name: str, enough: bool) -> None:
    assert big_enough(name) is enough


def _long_ago(store: Store) -> None:
    """The real clock stands still in these tests: move what is stored an hour back instead."""
    store._talks.of("").last_at -= 3600
    store._connection.execute("UPDATE turns SET started_at = started_at - 3600")
    store._connection.execute("UPDATE summaries SET until = until - 3600 WHERE until > 0")
