"""What a reply writes becomes the chunks that are spoken; what nobody here can say is asked for once more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest

from hearthd.conversation.reply_chunks import MAX_REPLY_CHARACTERS, SLICE_CHARACTERS, ReplyChunks, Written
from hearthd.conversation.responders import AGAIN
from hearthd.dialogue import events as e
from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.engines.messages import Answering, Message, ReplyEvent, Text, ToolSpec, Withdrawn
from hearthd.text.chunker import Chunk
from tests.scripted import Scripted, ScriptedChat, ScriptedVoice
from tests.virtual_time import run

pytestmark = pytest.mark.unit

JAPANESE = "今日はとても良い天気です。散歩に行きましょう。夕方からは少し寒くなるそうです。"
RUSSIAN = "Сегодня хорошая погода. Можно погулять в парке, а вечером будет холодно."


def record() -> TurnRecord:
    return TurnRecord(turn_id="t", conversation_id="c", started_at=0.0)


async def written(*pieces: str | Withdrawn) -> Written:
    for piece in pieces:
        yield piece


async def chunks_of(reply: ReplyChunks, *pieces: str | Withdrawn) -> list[Chunk | None]:
    return [chunk async for chunk in reply.read(written(*pieces))]


async def test_only_what_a_voice_can_say_is_handed_to_it() -> None:
    turn = record()
    reply = ReplyChunks(turn, lambda chunk: False)
    await chunks_of(reply, "In Japanese it is ", "ありがとう, I think. Anything else?")
    said = "".join(chunk.text for chunk in reply.said)
    assert said.split() == ["In", "Japanese", "it", "is", "I", "think.", "Anything", "else?"]
    assert turn.reply == "In Japanese it is ありがとう, I think. Anything else?"
    assert not reply.lost


@pytest.mark.parametrize("foreign", [JAPANESE, RUSSIAN, "안녕하세요", "مرحبا بك في بيتنا", "はい。"])
async def test_a_reply_that_nobody_can_say_is_lost(foreign: str) -> None:
    reply = ReplyChunks(record(), lambda chunk: False)
    assert await chunks_of(reply, *foreign) == []
    assert reply.lost
    assert reply.is_foreign


async def test_a_lost_reply_is_not_read_to_its_end() -> None:
    turn = record()
    reply = ReplyChunks(turn, lambda chunk: False)
    await chunks_of(reply, *(RUSSIAN * 20))
    assert len(turn.reply) < 2 * len(RUSSIAN)


async def test_the_greeting_before_a_lost_reply_is_kept_and_the_next_attempt_goes_on_behind_it() -> None:
    turn = record()
    reply = ReplyChunks(turn, lambda chunk: True)
    await chunks_of(reply, "Sure! ", *JAPANESE)
    assert reply.is_foreign
    await chunks_of(reply, "It is fine today. A walk would be nice.")
    assert not reply.lost
    assert [chunk.text for chunk in reply.said] == ["Sure! ", "It is fine today. ", "A walk would be nice."]
    numbers = [chunk.index for chunk in reply.said]
    assert numbers == sorted(set(numbers))
    assert turn.reply == "It is fine today. A walk would be nice."


async def test_what_was_thought_aloud_is_withdrawn_but_what_has_sounded_of_it_has() -> None:
    turn = record()
    reply = ReplyChunks(turn, lambda chunk: chunk == 0)
    pieces = ["Four. I think so. It is certain. ", Withdrawn(), "It is four."]
    handed = await chunks_of(reply, *pieces)
    assert None in handed
    assert [chunk.text for chunk in reply.said] == ["Four. ", "It is four."]
    assert reply.said[1].index > max(chunk.index for chunk in handed[: handed.index(None)] if chunk)
    assert turn.reply == "It is four."


async def test_a_delta_of_a_megabyte_is_cut_and_keeps_nobody_waiting() -> None:
    """Counted: how often others had the loop, and what was read of it."""
    turns_of_others = 0

    async def others() -> None:
        nonlocal turns_of_others
        while True:
            turns_of_others += 1
            await asyncio.sleep(0)

    waiting = asyncio.create_task(others())
    turn = record()
    reply = ReplyChunks(turn, lambda chunk: False)
    chunks = await chunks_of(reply, "la la la, " * 95_000)
    waiting.cancel()
    assert len(turn.reply) == MAX_REPLY_CHARACTERS
    assert sum(len(chunk.text) for chunk in chunks if chunk) <= MAX_REPLY_CHARACTERS
    assert turns_of_others >= MAX_REPLY_CHARACTERS // SLICE_CHARACTERS - 1


async def test_eight_thousand_digits_are_read_a_bit_at_a_time() -> None:
    reply = ReplyChunks(record(), lambda chunk: False)
    chunks = await chunks_of(reply, "9" * 8_000)
    assert max(len(chunk.text) for chunk in chunks if chunk) <= 400


# --- whole turns


class RepliesInTurn(ScriptedChat):
    """Writes one of ``replies`` after the other, the last again and again."""

    def __init__(self, *replies: str | list[ReplyEvent]) -> None:
        super().__init__()
        self.replies = list(replies)

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        self.sent.append(messages)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        yield Answering(self.name)
        await asyncio.sleep(self.first)
        for event in [Text(c) for c in reply] if isinstance(reply, str) else reply:
            yield event
            await asyncio.sleep(self.between)


def answer(
    tmp_path: Path, chat: ScriptedChat, heard: str = "what is it", language: str = "en"
) -> tuple[TurnRecord, Scripted]:
    async def talk() -> tuple[TurnRecord, Scripted]:
        async with Scripted(tmp_path, chat=chat) as speaker:
            await speaker.asks(heard, language=language)
            await speaker.until(lambda: bool(speaker.turns))
            return speaker.turns[0], speaker

    return run(talk())


@pytest.mark.parametrize("foreign", [JAPANESE, RUSSIAN])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_answer_in_a_script_that_nobody_here_can_say_is_asked_for_once_more(
    tmp_path: Path, foreign: str, language: str
) -> None:
    heard = {"en": "how is the weather today", "zh": "今天天气怎么样"}[language]
    good = {"en": "It is fine today.", "zh": "今天天气很好。"}[language]
    chat = RepliesInTurn(foreign, good)
    turn, speaker = answer(tmp_path, chat, heard, language)
    assert turn.ended is Ended.COMPLETED
    assert turn.spoken == turn.reply == good
    assert turn.first_audible_ms is not None
    *_, shown, told = chat.sent[1]
    assert shown.role == "assistant"
    assert foreign.startswith(shown.content[:8])
    assert (told.role, told.content) == ("user", AGAIN[language])
    assert not set("".join(speaker.voice.said)) & set("はСа")


def test_one_that_is_foreign_again_has_no_answer(tmp_path: Path) -> None:
    chat = RepliesInTurn(JAPANESE)
    turn, _ = answer(tmp_path, chat)
    assert turn.ended is Ended.COMPLETED
    assert turn.spoken == "Sorry, I have no answer to that."
    assert turn.first_audible_ms is not None
    assert len(chat.sent) == 2


def test_a_thought_that_only_ends_is_not_heard_where_it_has_not_sounded(tmp_path: Path) -> None:
    chat = RepliesInTurn(
        [Text("Well, "), Text("four it is, I am sure. "), Withdrawn(), Text("It is "), Text("four. Yes.")]
    )
    chat.between = 0.01
    turn, _ = answer(tmp_path, chat)
    assert turn.spoken == turn.reply == "It is four. Yes."
    assert turn.ended is Ended.COMPLETED


def test_what_the_voice_was_silent_at_was_not_spoken(tmp_path: Path) -> None:
    class SilentAtOne(ScriptedVoice):
        async def synthesize(self, text: str, language: str) -> AsyncGenerator[ReplyEvent, None]:  # type: ignore[override]
            async for pcm in super().synthesize(text, language):
                if "stands" not in text:
                    yield pcm  # type: ignore[misc]

    async def talk() -> None:
        chat = ScriptedChat()
        chat.text = "Well. That is how it stands with us today. It really is a fine day, I think."
        async with Scripted(tmp_path, chat=chat, voice=SilentAtOne()) as speaker:
            await speaker.asks("is it")
            await speaker.until(lambda: bool(speaker.turns))
            [turn] = speaker.turns
            assert turn.reply == chat.text
            assert "stands" not in turn.spoken
            assert turn.spoken.startswith("Well.")
            assert turn.spoken.endswith("I think.")

    run(talk())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (JAPANESE, "抱歉，这段文字我念不出来。"),
        (RUSSIAN, "Sorry, I can't read that text aloud."),
        ("Hi! Привет!", "Hi!"),
    ],
)
def test_a_text_to_say_that_nobody_can_read_is_answered_for(tmp_path: Path, text: str, said: str) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.room.post(e.AnnounceRequested(speaker.clock(), text))
            await speaker.until(lambda: bool(speaker.turns))
            assert speaker.turns[0].spoken == said

    run(talk())
