"""A model's raw text becomes events, however much of it comes at once."""

import asyncio

import pytest

from hearthd.engines.llm.reply_text import SLICE_CHARS, ReplyText
from hearthd.engines.messages import ReplyEvent, Text, Withdrawn

pytestmark = pytest.mark.unit


async def events(reply: ReplyText, *pieces: str) -> list[ReplyEvent]:
    found = [event for piece in pieces async for event in reply.feed(piece)]
    return [*found, *(rest for rest in [reply.finish()] if rest)]


async def test_the_white_space_before_the_first_word_is_left_out() -> None:
    assert await events(ReplyText(), "\n ", " Four", " it is.") == [Text("Four"), Text(" it is.")]


async def test_what_was_thought_aloud_is_taken_back_and_the_next_reply_is_known_to_begin_so() -> None:
    first = ReplyText()
    assert await events(first, "Four, I think.", "\n</think>\n\n", "Four.") == [
        Text("Four, I think."),
        Withdrawn(),
        Text("Four."),
    ]
    second = ReplyText(thinking=first.thinks)
    assert await events(second, "Five, I think.", "\n</think>\n\n", "Five.") == [Text("Five.")]
    assert second.thinks
    third = ReplyText(thinking=second.thinks)
    assert await events(third, "Six, of course.") == [Text("Six, of course.")]
    assert not third.thinks


async def test_a_call_in_the_text_is_kept_and_not_said() -> None:
    reply = ReplyText()
    assert await events(reply, '{"name": "get_time", ', '"arguments": {}}') == []
    assert not reply.said
    assert reply.calls == ['{"name": "get_time", "arguments": {}}']


@pytest.mark.parametrize(
    "piece", ["la ", "<think>", *(pytest.param(p, marks=pytest.mark.slow) for p in ("\n", "{")), "<think>a"]
)
async def test_a_piece_of_a_million_characters_keeps_nobody_waiting(piece: str) -> None:
    """Counted: how often others had the loop meanwhile."""
    turns_of_others = 0

    async def others() -> None:
        nonlocal turns_of_others
        while True:
            turns_of_others += 1
            await asyncio.sleep(0)

    waiting = asyncio.create_task(others())
    text = (piece * 950_000)[:950_000]
    longest = 0
    async for event in ReplyText().feed(text):
        longest = max(longest, len(event.text) if isinstance(event, Text) else 0)
    waiting.cancel()
    assert turns_of_others >= 950_000 // SLICE_CHARS - 1
    assert longest <= 5 * SLICE_CHARS
