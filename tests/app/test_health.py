"""What the speaker is told of its parts, and what the journal gets of it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from hearthd.common.parts import Part
from tests.scripted import Scripted
from tests.virtual_time import run

pytestmark = pytest.mark.unit


def test_a_server_that_is_gone_is_told_of_once_and_its_return_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            health = speaker.room.health
            for why in ("refused", "refused", "timed out"):
                health.told(Part.CHAT_SERVER, False, why)
                assert speaker.room.state.faults == {"chat server"}
            for _ in range(2):
                health.told(Part.CHAT_SERVER, True)
                assert speaker.room.state.faults == frozenset()

    with caplog.at_level(logging.INFO, "hearthd.rooms.health"):
        run(talk())
    assert [r.getMessage() for r in caplog.records if r.name == "hearthd.rooms.health"] == [
        "chat server: refused",
        "chat server: can be used again",
    ]


def test_whoever_answers_now_is_shown_even_if_nothing_is_broken(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            shown = len(speaker.states)
            speaker.room.health.told(Part.CHAT_SERVER, True)
            assert len(speaker.states) == shown + 1

    run(talk())


def test_a_disk_that_takes_nothing_is_a_fault_until_it_does(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.room.health.told(Part.STORE, False)
            await speaker.until(lambda: "store" in speaker.room.state.faults)
            speaker.room.health.told(Part.STORE, True)
            await speaker.until(lambda: "store" not in speaker.room.state.faults)

    run(talk())
