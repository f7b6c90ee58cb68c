"""Replies that somebody talks over, on a virtual clock: real dialogue, turn, speech queue and mixer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hearthd.core import events as e
from hearthd.core.events import Ended
from hearthd.settings import Settings
from tests.scripted import Scripted
from tests.virtual_time import run

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
            while speaker.app.mixer.waiting():
                await asyncio.sleep(0.02)
            speaker.app.post(e.NearEndSuspected(speaker.clock(), speaker.sample))  # its last block still sounds
            await speaker.until(lambda: len(speaker.turns) == 1)
            assert speaker.turns[0].ended is Ended.COMPLETED
            await asyncio.sleep(20)
            await speaker.asks("is it early")
            await speaker.until(lambda: len(speaker.turns) == 2, seconds=60)
            assert speaker.turns[1].ended is Ended.COMPLETED
            loudest = [max(int(abs(pcm).max()) for _, pcm in part) for part in (speaker.speaker.blocks[:20],
                       speaker.speaker.blocks[-20:])]
            assert loudest[0] == loudest[1]

    run(talk())
