"""The whole speaker on the virtual clock, while timers, alarms and reminders fall due."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from hearthd.actions.timers.ringer import REMINDERS
from hearthd.audio.playback.gain import of_volume
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.dialogue import ring_events as r
from hearthd.dialogue.ringing import PATIENCE_SECONDS, SHARE_SECONDS
from hearthd.dialogue.state import Quiet
from hearthd.engines.protocols import Transcript
from tests.scripted import Scripted, ScriptedVoice, VirtualSpeaker
from tests.virtual_time import run

pytestmark = pytest.mark.unit

SOON = 0.2
"""Due, to the first sample: what the room may need."""
SILENT = VirtualSpeaker.LATENCY + 0.05
"""A device's latency, a block, a fade."""


def play(folder: Path, scene: Callable[[Scripted], Coroutine[None, None, None]], **options: object) -> None:
    async def life() -> None:
        async with Scripted(folder, **options) as speaker:  # type: ignore[arg-type]
            await scene(speaker)

    run(life())


def first_sound(speaker: Scripted, since: float) -> float:
    return next(at for at, _ in speaker.speaker.blocks if at >= since)


def loudest(speaker: Scripted, start: float, end: float) -> int:
    return max((int(np.abs(pcm).max()) for at, pcm in speaker.speaker.blocks if start <= at < end), default=0)


def test_a_timer_rings_at_once_says_its_name_and_grows_louder(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        due = speaker.clock() + 60.0
        speaker.timers.set_timer(60, "pasta", language="en")
        await asyncio.sleep(70)
        assert speaker.phase == "ringing"
        assert 0 <= first_sound(speaker, due - 1.0) - due < SOON
        assert speaker.voice.said == ["The pasta timer."]
        assert loudest(speaker, due, due + 1.5) < 0.5 * loudest(speaker, due + 8, due + 10)
        speaker.room.post(e.StopRequested(speaker.clock()))
        stopped = speaker.clock()
        await asyncio.sleep(5)
        assert speaker.phase == "idle"
        assert not speaker.speaker.sounds_between(stopped + SILENT, speaker.clock())
        assert speaker.rings == [("pasta", "stopped")]
        assert speaker.turns == [], "a ring is no turn"

    play(tmp_path, scene)


def test_a_ring_ends_by_itself(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        speaker.timers.set_timer(5, "pasta")
        await asyncio.sleep(5 + 60 + 1)
        assert speaker.phase == "idle"
        assert speaker.rings == [("pasta", "timeout")]
        assert speaker.timers.alerts() == []

    play(tmp_path, scene, settings=Settings.model_validate({"actions": {"ring_minutes": 1}}))


@pytest.mark.slow
def test_fifty_timers_of_which_three_are_due_in_the_same_second_are_each_heard(tmp_path: Path) -> None:
    names = [f"{first}{second}" for first in "bdfgk" for second in ("ado", "emi", "ino", "oru", "upa")]
    names += [name + "ka" for name in names]

    async def scene(speaker: Scripted) -> None:
        for number, name in enumerate(names[:47]):
            speaker.timers.set_timer(10 + 30 * number, name, language="en")
        for number, name in enumerate(names[47:]):
            speaker.timers.set_timer(10.3 + number / 10, name, language="en")
        while len(speaker.rings) < 50:
            await speaker.until(lambda: speaker.phase == "ringing", seconds=10_000)
            await asyncio.sleep(7)  # its name has sounded
            speaker.room.post(e.StopWord(speaker.clock()))
            await asyncio.sleep(0.5)
        assert speaker.voice.said == [f"The {name} timer." for name, _ in speaker.rings]
        assert sorted(speaker.rings) == sorted((name, "stopped") for name in names)

    play(tmp_path, scene)


def test_three_that_ring_at_once_take_turns_and_are_stopped_together(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        for name in ("one", "two", "three"):
            speaker.timers.set_timer(5, name, language="en")
        await asyncio.sleep(5 + 3 * SHARE_SECONDS - 1)
        assert speaker.voice.said == ["The one timer.", "The two timer.", "The three timer."]
        speaker.room.post(e.StopWord(speaker.clock()))
        await asyncio.sleep(1)
        assert speaker.phase == "idle"
        assert sorted(speaker.rings) == [("one", "stopped"), ("three", "stopped"), ("two", "stopped")]

    play(tmp_path, scene)


def test_what_nobody_has_heard_yet_rings_after_the_stop(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        for name in ("one", "two"):
            speaker.timers.set_timer(5, name, language="en")
        await asyncio.sleep(8)
        speaker.room.post(e.StopWord(speaker.clock()))
        await asyncio.sleep(5)
        assert speaker.phase == "ringing"
        assert speaker.voice.said == ["The one timer.", "The two timer."]
        assert speaker.rings == [("one", "stopped")]

    play(tmp_path, scene)


def test_a_ring_waits_for_a_short_turn_and_chimes_meanwhile(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        speaker.timers.set_timer(4, "tea", language="en")
        await speaker.asks("what time is it")
        await speaker.until(lambda: speaker.phase == "ringing")
        await speaker.until(lambda: len(speaker.turns) == 1)
        [turn] = speaker.turns
        assert turn.ended == "completed"
        assert turn.spoken == turn.reply
        speaker.room.post(e.StopWord(speaker.clock()))
        await asyncio.sleep(1)
        assert speaker.phase == "idle"

    play(tmp_path, scene)


def test_a_ring_does_not_wait_for_a_long_story(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        speaker.chat.text = "And then they went on. " * 60
        await speaker.asks("tell me a story")
        await speaker.until(lambda: speaker.phase == "speaking")
        speaker.timers.set_timer(2, "tea", language="en")
        await asyncio.sleep(2 + PATIENCE_SECONDS + 1)
        assert speaker.phase == "ringing"
        assert [turn.ended for turn in speaker.turns] == ["stopped"]

    play(tmp_path, scene)


def test_a_muted_speaker_rings_and_is_muted_afterwards(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        due = speaker.clock() + 10.0
        speaker.timers.set_timer(10, "tea")
        await asyncio.sleep(15)
        assert speaker.phase == "ringing"
        assert first_sound(speaker, due - 1.0) - due < SOON
        assert ("watch", True) not in speaker.front_end.calls
        speaker.room.post(e.StopRequested(speaker.clock()))
        await asyncio.sleep(1)
        assert speaker.phase == "muted"
        assert speaker.rings == [("tea", "stopped")]

    play(tmp_path, scene, muted=True)


def test_muting_the_microphone_does_not_silence_an_alarm(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        speaker.timers.set_timer(5, "tea")
        await asyncio.sleep(7)
        speaker.room.post(e.NearEndSuspected(speaker.clock(), speaker.sample))
        speaker.room.post(e.MuteRequested(speaker.clock(), True))
        muted = speaker.clock()
        await asyncio.sleep(10)
        assert speaker.phase == "ringing"
        assert speaker.speaker.sounds_between(muted + 1, muted + 5)
        speaker.room.post(e.StopRequested(speaker.clock()))
        await asyncio.sleep(1)
        assert speaker.phase == "muted"

    play(tmp_path, scene)


def test_it_rings_at_its_own_volume(tmp_path: Path) -> None:
    settings = Settings.model_validate({"audio": {"volume": 0}, "actions": {"alarm_volume": 50}})

    async def scene(speaker: Scripted) -> None:
        speaker.timers.set_timer(1, "tea")
        await asyncio.sleep(40)
        half = loudest(speaker, speaker.clock() - 3, speaker.clock())
        assert half == pytest.approx(0.56 * 32767 * of_volume(50), rel=0.02)
        louder = settings.model_copy(
            update={"actions": settings.actions.model_copy(update={"alarm_volume": 100})}
        )
        speaker.room.reconfigure(louder)
        await asyncio.sleep(5)
        assert loudest(speaker, speaker.clock() - 3, speaker.clock()) == pytest.approx(0.56 * 32767, rel=0.02)
        speaker.room.post(e.StopRequested(speaker.clock()))
        await asyncio.sleep(1)
        begin = speaker.clock()
        speaker.room.post(e.SayRequested(speaker.clock(), "hello"))
        await asyncio.sleep(5)
        assert loudest(speaker, begin, speaker.clock()) == 0, "a reply has the reply's volume"

    play(tmp_path, scene, settings=settings)


def test_stop_said_over_the_ring_ends_it_and_the_ring_is_silent_meanwhile(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        speaker.timers.set_timer(5, "tea")
        await asyncio.sleep(8)
        begin = speaker.sample
        speaker.asr.next = Transcript("Stop.", "en")
        speaker.asr.delay = 0.8
        speaker.room.post(e.NearEndSuspected(speaker.clock(), begin))
        suspected = speaker.clock()
        await asyncio.sleep(0.4)
        word_end = speaker.clock()
        speaker.room.post(e.NearEndShort(speaker.clock(), begin, speaker.sample))
        await asyncio.sleep(3)
        assert speaker.phase == "idle"
        assert speaker.rings == [("tea", "stopped")]
        assert not speaker.speaker.sounds_between(suspected + SILENT, speaker.clock())
        assert suspected + SILENT < word_end + 0.3

    play(tmp_path, scene)


def test_what_is_no_stop_lets_it_ring_on(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        speaker.timers.set_timer(5, "tea")
        await asyncio.sleep(8)
        speaker.asr.next = Transcript("Did you hear that?", "en")
        speaker.room.post(e.NearEndSuspected(speaker.clock(), speaker.sample))
        speaker.room.post(e.NearEndShort(speaker.clock(), speaker.sample, speaker.sample + 8000))
        await asyncio.sleep(0.1)
        assert speaker.room.state.quiet is Quiet.HELD
        await asyncio.sleep(1)
        assert speaker.phase == "ringing"
        assert speaker.room.state.quiet is Quiet.NO
        assert speaker.speaker.sounds_between(speaker.clock() - 0.5, speaker.clock() + 2)

    play(tmp_path, scene)


def test_five_more_minutes_said_over_an_alarm_snooze_it_and_it_rings_on_quietly_meanwhile(
    tmp_path: Path,
) -> None:
    async def scene(speaker: Scripted) -> None:
        speaker.timers.set_alarm(datetime(2026, 11, 27, 12, 0, 30), name="up")
        await asyncio.sleep(60)
        assert speaker.phase == "ringing"
        begin = speaker.sample
        loud = loudest(speaker, speaker.clock() - 3, speaker.clock())
        speaker.room.post(e.NearEndSuspected(speaker.clock(), begin))
        await asyncio.sleep(0.4)
        speaker.room.post(e.NearEndCertain(speaker.clock(), begin))
        certain = speaker.clock()
        await asyncio.sleep(6)
        assert not speaker.speaker.sounds_between(certain + SILENT, certain + 2.9)
        assert 0 < loudest(speaker, certain + 3.2, speaker.clock()) < 0.3 * loud
        speaker.asr.next = Transcript("Five more minutes please.", "en")
        words = e.Utterance(begin, speaker.sample, speaker.sample, speaker.clock())
        speaker.room.post(e.SpeechPaused(speaker.clock(), words))
        await asyncio.sleep(1)
        assert speaker.phase == "idle"
        assert speaker.rings == [("up", "snoozed")]
        await asyncio.sleep(5 * 60)
        assert speaker.phase == "ringing"

    play(tmp_path, scene)


def test_the_wake_word_ends_it_and_listens(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        speaker.timers.set_timer(5, "tea")
        await asyncio.sleep(8)
        await speaker.asks("what time is it")
        assert speaker.rings == [("tea", "stopped")]
        await speaker.until(lambda: len(speaker.turns) == 1)
        assert speaker.turns[0].ended == "completed"

    play(tmp_path, scene)


def test_a_button_snoozes(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        speaker.timers.set_timer(5, "tea")
        await asyncio.sleep(8)
        speaker.room.post(r.SnoozeRequested(speaker.clock()))
        await asyncio.sleep(1)
        assert speaker.phase == "idle"
        [tea] = speaker.timers.alerts()
        assert speaker.timers.left(tea) == pytest.approx(539, abs=1)

    play(tmp_path, scene)


def test_a_reminder_chimes_first_says_its_text_and_ends_by_itself(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        speaker.timers.remind("吃药", seconds=10, language="zh")
        await asyncio.sleep(10 + 90)
        assert speaker.voice.said == ["提醒你：", "吃药。"]
        assert speaker.rings == [("吃药", "said")]
        assert speaker.phase == "idle"
        loud = [at for at, pcm in speaker.speaker.blocks if np.abs(pcm).max() > 200]
        times = 1 + sum(after - before > 5 for before, after in itertools.pairwise(loud))
        assert times == REMINDERS

    play(tmp_path, scene)


class BrokenVoice(ScriptedVoice):
    """Breaks with whatever."""

    def __init__(self) -> None:
        super().__init__()
        self.fail_on = lambda text: text[0].isupper() and bool(1 / 0)


def test_it_rings_without_a_voice(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        speaker.timers.set_timer(5, "tea")
        speaker.timers.remind("drink", seconds=60)
        await asyncio.sleep(30)
        assert speaker.phase == "ringing"
        assert speaker.speaker.sounds_between(speaker.clock() - 3, speaker.clock())
        speaker.room.post(e.StopRequested(speaker.clock()))
        await asyncio.sleep(120)
        assert [how for _, how in speaker.rings] == ["stopped", "said"]

    play(tmp_path, scene, voice=BrokenVoice())


def test_say_interrupts_a_ring_that_goes_on_afterwards(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        speaker.timers.set_timer(5, "tea")
        await asyncio.sleep(8)
        speaker.room.post(e.SayRequested(speaker.clock(), "Dinner is ready."))
        await speaker.until(lambda: len(speaker.turns) == 1)
        await asyncio.sleep(3)
        assert speaker.turns[0].spoken == "Dinner is ready."
        assert speaker.phase == "ringing"
        assert speaker.rings == []

    play(tmp_path, scene)


def test_a_cancelled_timer_falls_silent(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        tea = speaker.timers.set_timer(5, "tea")
        speaker.timers.set_timer(5, "egg")
        await asyncio.sleep(8)
        speaker.timers.cancel(tea.id)
        await asyncio.sleep(1)
        assert speaker.phase == "ringing"
        speaker.timers.set_timer(1, "soup", language="en")
        await asyncio.sleep(3)
        said = list(speaker.voice.said)
        speaker.timers.cancel_all()
        await asyncio.sleep(0.5)
        assert speaker.voice.said == said, "one that was cancelled took the turn of another"
        assert speaker.rings == [("tea", "cancelled"), ("egg", "cancelled"), ("soup", "cancelled")]
        quiet = speaker.clock()
        await asyncio.sleep(5)
        assert speaker.phase == "idle"
        assert not speaker.speaker.sounds_between(quiet, speaker.clock())

    play(tmp_path, scene)


def test_a_speaker_that_was_off_tells_what_it_missed_and_rings_what_is_late_by_little(tmp_path: Path) -> None:
    async def first(speaker: Scripted) -> None:
        speaker.timers.set_timer(600, "pasta", language="en")
        speaker.timers.set_alarm(datetime(2026, 11, 27, 12, 0) + timedelta(hours=2), name="up")
        await asyncio.sleep(1)

    play(tmp_path, first)

    async def second(speaker: Scripted) -> None:
        await asyncio.sleep(5)
        assert speaker.phase == "ringing"
        assert speaker.rings == [("pasta", "missed")]
        speaker.room.post(e.StopRequested(speaker.clock()))
        await speaker.until(lambda: len(speaker.turns) == 1)
        assert speaker.turns[0].spoken == "While I was off I missed this: The pasta timer, 12:10 PM."
        assert speaker.rings == [("pasta", "missed"), ("up", "stopped")]

    async def life() -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(2 * 3600 + 60)  # off
        assert loop.time() > 8000
        async with Scripted(tmp_path) as speaker:
            await second(speaker)

    run(life())


def test_a_ring_that_was_under_way_at_the_end_goes_on_in_the_next_life(tmp_path: Path) -> None:
    async def life() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.timers.set_timer(5, "tea")
            await asyncio.sleep(8)
            assert speaker.phase == "ringing"
        async with Scripted(tmp_path) as speaker:
            await asyncio.sleep(2)
            assert speaker.phase == "ringing"
            speaker.room.post(e.StopRequested(speaker.clock()))
            await asyncio.sleep(1)
        async with Scripted(tmp_path) as speaker:
            await asyncio.sleep(5)
            assert speaker.phase == "idle"

    run(life())
