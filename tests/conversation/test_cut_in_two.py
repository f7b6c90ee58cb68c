"""A question with a pause in it that was taken for its end: both halves are one, and called for once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hearthd.dialogue import events as e
from hearthd.dialogue.events import Ended
from tests.scripted import Scripted
from tests.virtual_time import run

pytestmark = pytest.mark.unit


async def goes_on(speaker: Scripted, text: str, after: float = 0.3) -> None:
    """Who had only paused says the rest, ``after`` seconds later; both halves together are ``text``."""
    await asyncio.sleep(after)
    sample = speaker.sample
    speaker.room.post(e.NearEndSuspected(speaker.clock(), sample))
    await asyncio.sleep(0.4)
    speaker.room.post(e.NearEndCertain(speaker.clock(), sample))
    await speaker.says(text)


@pytest.mark.parametrize("after", [0.3, 3.0])
def test_a_television_is_not_answered_because_it_went_on_before_its_words_were_known(
    tmp_path: Path, after: float
) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.asr.delay = 5.0
            speaker.wakes()
            await speaker.says("Hey Travis, are you coming")
            await goes_on(speaker, "Hey Travis, are you coming to the party?", after)
            await speaker.until(lambda: len(speaker.turns) == 2 and speaker.phase == "idle")
            assert [turn.ended for turn in speaker.turns] == [Ended.BARGE_IN, Ended.NO_SPEECH]
            assert speaker.chat.sent == []

    run(talk())


def test_who_called_before_the_pause_need_not_be_recognised_again_after_it(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.wakes()
            await speaker.says("Hey Jarvis, what is the weather")
            await goes_on(speaker, "Hate service. What is the weather in Paris?")
            await speaker.until(lambda: len(speaker.turns) == 2)
            assert speaker.turns[1].ended is Ended.COMPLETED
            assert speaker.turns[1].heard.endswith("What is the weather in Paris?")

    run(talk())


def test_who_pauses_twice_asks_one_question(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.wakes()
            await speaker.says("Hey Jarvis, what is the weather")
            await goes_on(speaker, "Hey Jarvis, what is the weather in Paris")
            await goes_on(speaker, "Hey Jarvis, what is the weather in Paris and in Rome?")
            await speaker.until(lambda: len(speaker.turns) == 3)
            assert [turn.heard for turn in speaker.turns] == [
                "",
                "",
                "what is the weather in Paris and in Rome?",
            ]
            assert speaker.turns[2].wake_word == "hey_jarvis"
            assert [message.content for message in speaker.chat.sent[-1]][-1].count("weather") == 1

    run(talk())
