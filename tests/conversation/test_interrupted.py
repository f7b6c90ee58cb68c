"""Replies that somebody talks over, on a virtual clock: real dialogue, turn, speech queue and mixer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.dialogue.events import Ended
from tests.interrupted import interrupted_life
from tests.scripted import Scripted, closed
from tests.virtual_time import run

pytestmark = pytest.mark.unit

TALK_OVER = {"audio": {"chime": False}, "barge_in": {"mode": "speech"}}


def settings(**barge_in: str) -> Settings:
    return Settings.model_validate(TALK_OVER | {"barge_in": {"mode": "speech"} | barge_in})


@pytest.mark.parametrize("action", ["hold", "duck"])
def test_a_suspicion_at_the_reply_s_last_moment_does_not_silence_the_next_reply(
    tmp_path: Path, action: str
) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path, settings(action=action)) as speaker:
            speaker.chat.text = "Yes it is."
            await speaker.asks("is it late")
            await speaker.until(lambda: speaker.phase == "speaking")
            await asyncio.sleep(0)
            while speaker.room.mixer.waiting():  # noqa: ASYNC110 - the clock is virtual
                await asyncio.sleep(0.02)
            # The mixer has given all away, but the last block still sounds.
            speaker.room.post(e.NearEndSuspected(speaker.clock(), speaker.sample))
            await speaker.until(lambda: len(speaker.turns) == 1)
            assert speaker.turns[0].ended is Ended.COMPLETED
            await asyncio.sleep(20)
            await speaker.asks("is it early")
            await speaker.until(lambda: len(speaker.turns) == 2, seconds=60)
            assert speaker.turns[1].ended is Ended.COMPLETED
            loudest = [
                max(int(abs(pcm).max()) for _, pcm in part)
                for part in (speaker.speaker.blocks[:20], speaker.speaker.blocks[-20:])
            ]
            assert loudest[0] == loudest[1]

    run(talk())


def test_who_interrupts_twice_at_once_keeps_neither_reply_from_being_written(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path, settings()) as speaker:
            await speaker.asks("how are you")
            await speaker.until(lambda: speaker.phase == "speaking")
            await asyncio.sleep(0.5)
            speaker.wakes()  # the next turn waits until this one is written...
            await asyncio.sleep(0)
            speaker.room.post(e.StopRequested(speaker.clock()))  # ...and is stopped meanwhile
            await speaker.until(lambda: len(speaker.turns) == 2)
            assert {turn.ended for turn in speaker.turns} == {Ended.BARGE_IN, Ended.STOPPED}
        assert len(closed(tmp_path / "hearthd.db")) == 2

    run(talk())


def test_of_a_clip_still_being_made_no_more_is_remembered_than_was_heard(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path, settings()) as speaker:
            speaker.chat.text, speaker.chat.between = (
                "one two three four five six seven eight nine ten.",
                0.001,
            )
            speaker.voice.speed, speaker.voice.letter_seconds = 1.5, 0.05  # a slow voice, on a slow machine
            await speaker.asks("count")
            await speaker.until(lambda: speaker.phase == "speaking")
            await asyncio.sleep(1.0)
            speaker.room.post(e.StopRequested(speaker.clock()))
            await speaker.until(lambda: len(speaker.turns) == 1)
            assert 1 <= len(speaker.turns[0].spoken.split()) <= 5  # 1 s is 20 letters: "one two three four f"

    run(talk())


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 8))]
)
def test_interruptions_at_random_instants_leave_nothing_behind(tmp_path: Path, seed: int) -> None:
    interrupted_life(seed, tmp_path)
