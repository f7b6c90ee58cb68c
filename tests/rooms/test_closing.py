"""How a turn ends with something in the way: a device that takes nothing, somebody in a hurry, a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hearthd.config.personas import Persona
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.engines.protocols import Voice
from hearthd.history.browser import History
from tests.scripted import Scripted
from tests.virtual_time import run

pytestmark = pytest.mark.unit

MARIO = Persona(name="mario", system="You are Mario.", voice="mario")


class Speaker(Scripted):
    """Notes which voices it was switched to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.voices: list[str] = []

    async def _switched(self, voice: Voice, name: str, settings: Settings) -> Voice:
        self.voices.append(name)
        self._news.set()
        return voice

    async def speaks(self) -> None:
        """A reply has sounded for a second."""
        await self.asks("tell me a story")
        await self.until(lambda: self.phase == "speaking")
        await asyncio.sleep(1.0)


def live(folder: Path, script: Callable[[Speaker], Awaitable[None]]) -> None:
    async def main() -> None:
        async with Speaker(folder) as speaker:
            await script(speaker)

    run(main())


def stored(folder: Path) -> list[TurnRecord]:
    with History(folder / "hearthd.db") as history:
        return history.latest(10)


@pytest.mark.parametrize("cancels", [1, 2, 5])
def test_whoever_is_in_a_hurry_to_end_it_does_not_lose_the_turn_s_end(tmp_path: Path, cancels: int) -> None:
    async def script(speaker: Speaker) -> None:
        await speaker.speaks()
        speaker.speaker.stalled = True  # so that falling silent takes its time
        for _ in range(cancels):
            speaker._life.cancel()
            await asyncio.sleep(0.1)
        await asyncio.wait([speaker._life])
        assert speaker._life.cancelled()

    live(tmp_path, script)
    [turn] = stored(tmp_path)
    assert turn.ended is Ended.STOPPED
    assert turn.spoken.startswith("Hello")


def test_a_persona_and_its_voice_come_though_the_device_has_stalled(tmp_path: Path) -> None:
    async def script(speaker: Speaker) -> None:
        await speaker.speaks()
        speaker.speaker.stalled = True
        starts = speaker.chat.starts
        speaker.room.use_persona(MARIO)
        await speaker.until(lambda: speaker.voices == ["mario"] and speaker.chat.starts > starts)
        [turn] = speaker.turns
        assert turn.ended is Ended.TIMEOUT

    live(tmp_path, script)


def test_a_persona_comes_soon_where_a_stalled_reply_is_stopped(tmp_path: Path) -> None:
    async def script(speaker: Speaker) -> None:
        await speaker.speaks()
        speaker.speaker.stalled = True
        speaker.room.use_persona(MARIO)
        stopped = speaker.clock()
        speaker.room.post(e.StopRequested(stopped))
        await speaker.until(lambda: speaker.voices == ["mario"] and bool(speaker.turns))
        assert speaker.clock() - stopped < 2.0
        assert speaker.turns[0].bargein_stop_ms is None, "nobody knows when it fell silent"

    live(tmp_path, script)


def test_what_is_announced_behind_a_stalled_reply_is_spoken_in_the_end(tmp_path: Path) -> None:
    async def script(speaker: Speaker) -> None:
        await speaker.speaks()
        speaker.speaker.stalled = True
        speaker.room.post(e.AnnounceRequested(speaker.clock(), "the door"))
        await speaker.until(lambda: "the door" in speaker.voice.said)

    live(tmp_path, script)


def test_a_turn_whose_end_fails_does_not_spoil_the_next(tmp_path: Path) -> None:
    async def script(speaker: Speaker) -> None:
        def stumbles(record: TurnRecord) -> None:
            speaker.turn = watching  # type: ignore[method-assign]
            raise RuntimeError("an observer that stumbles")

        watching = speaker.turn
        speaker.turn = stumbles  # type: ignore[method-assign]
        await speaker.speaks()
        speaker.room.post(e.StopRequested(speaker.clock()))
        await speaker.speaks()
        await speaker.until(lambda: bool(speaker.turns))
        assert speaker.turns[0].ended is Ended.COMPLETED

    live(tmp_path, script)
    assert sorted(str(turn.ended) for turn in stored(tmp_path)) == ["completed", "stopped"]
