"""Spoken commands in the whole speaker: done once it is certain, answered without a model."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path

import pytest

from hearthd.actions.timers.alert import Kind
from hearthd.dialogue import events as e
from hearthd.engines.protocols import Transcript
from tests.actions import corpus
from tests.scripted import Scripted, closed
from tests.virtual_time import run

pytestmark = pytest.mark.unit


def play(folder: Path, scene: Callable[[Scripted], Coroutine[None, None, None]]) -> None:
    async def life() -> None:
        async with Scripted(folder, commands=corpus.matcher()) as speaker:
            await scene(speaker)

    run(life())


async def answered(speaker: Scripted, turns: int) -> str:
    """What the last of so many turns said."""
    await speaker.until(lambda: len(speaker.turns) == turns)
    return speaker.turns[-1].spoken


def test_a_timer_is_set_without_the_model_and_rings(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        await speaker.asks("set a pasta timer for two minutes.")
        assert await answered(speaker, 1) == "Pasta timer, 2 minutes, starting now."
        assert speaker.chat.sent == []
        (timer,) = speaker.timers.alerts()
        assert (timer.name, timer.seconds, timer.language, timer.spoken) == ("pasta", 120, "en", True)
        await asyncio.sleep(121)
        assert speaker.phase == "ringing"

    play(tmp_path, scene)


def test_who_goes_on_after_something_was_done_does_not_have_it_done_again(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        await speaker.asks("set a timer for five minutes")
        await speaker.until(lambda: speaker.phase == "speaking")
        speaker.room.post(e.NearEndCertain(speaker.clock(), speaker.sample))
        await speaker.says("and tell me a story")
        await speaker.until(lambda: len(speaker.turns) == 2)
        first, second = speaker.turns
        assert (first.heard, first.retracted) == ("set a timer for five minutes", 0)
        assert second.heard == "and tell me a story"

    play(tmp_path, scene)


def test_what_is_asked_back_is_answered_without_the_wake_word(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        await speaker.asks("set a timer.")
        assert await answered(speaker, 1) == "For how long?"
        await speaker.until(lambda: speaker.phase == "follow_up")
        await asyncio.sleep(1)
        await speaker.says("Ten minutes.")
        assert await answered(speaker, 2) == "Timer set for 10 minutes."
        assert [timer.seconds for timer in speaker.timers.alerts(Kind.TIMER)] == [600]

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("words", "language"), [("Never mind.", "en"), ("算了", "zh"), ("It's nothing.", "en")]
)
def test_what_was_asked_back_is_taken_back_in_silence(tmp_path: Path, words: str, language: str) -> None:
    async def scene(speaker: Scripted) -> None:
        await speaker.asks("set a timer.")
        assert await answered(speaker, 1) == "For how long?"
        await speaker.until(lambda: speaker.phase == "follow_up")
        await asyncio.sleep(1)
        await speaker.says(words, language=language)
        assert await answered(speaker, 2) == ""
        assert speaker.turns[-1].ended == "stopped"
        await speaker.asks("ten minutes.")  # answers no question any more
        await answered(speaker, 3)
        assert speaker.timers.alerts() == []
        assert len(speaker.chat.sent) == 1

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("words", "language"),
    [("oh, never mind.", "en"), ("算了吧。", "zh")],
)
@pytest.mark.parametrize("began", ["wake", "follow_up", "barge_in", "listen"])
def test_never_mind_is_answered_by_silence_however_the_turn_began(
    tmp_path: Path, began: str, words: str, language: str
) -> None:
    async def scene(speaker: Scripted) -> None:
        if began in ("follow_up", "barge_in"):
            await speaker.asks("tell me about the sea")
            await speaker.until(lambda: speaker.phase == "speaking")
        if began == "follow_up":
            await speaker.until(lambda: speaker.phase == "follow_up")
            await asyncio.sleep(1)
        elif began == "barge_in":
            speaker.room.post(e.NearEndCertain(speaker.clock(), speaker.sample))
        elif began == "listen":
            speaker.room.post(e.ListenRequested(speaker.clock(), speaker.sample))
            await asyncio.sleep(1)
        turns, asked = 1 if began in ("follow_up", "barge_in") else 0, len(speaker.chat.sent)
        if began == "wake":
            await speaker.asks(words, language=language)
        else:
            await speaker.says(words, language=language)
        await speaker.until(lambda: len(speaker.turns) > turns and speaker.phase in ("idle", "follow_up"))
        assert (speaker.turns[-1].spoken, speaker.turns[-1].ended) == ("", "stopped")
        assert len(speaker.chat.sent) == asked

    play(tmp_path, scene)


def test_nothing_is_done_before_the_person_has_certainly_finished(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        speaker.wakes()
        start = speaker.sample
        speaker.room.post(e.SpeechStarted(speaker.clock(), start))
        await asyncio.sleep(1)
        speaker.asr.next = Transcript("Hey Jarvis, set a timer for ten minutes", "en")
        paused = e.Utterance(start, speaker.sample, speaker.sample, speaker.clock())
        speaker.room.post(e.SpeechPaused(speaker.clock(), paused))
        await asyncio.sleep(0.3)
        assert speaker.timers.alerts() == []
        speaker.room.post(e.SpeechResumed(speaker.clock()))
        await asyncio.sleep(0.5)
        speaker.asr.next = Transcript("Hey Jarvis, set a timer for ten minutes and thirty seconds", "en")
        whole = e.Utterance(start, speaker.sample, speaker.sample, speaker.clock())
        speaker.room.post(e.SpeechPaused(speaker.clock(), whole))
        speaker.room.post(e.SpeechEnded(speaker.clock(), whole))
        await answered(speaker, 1)
        assert [timer.seconds for timer in speaker.timers.alerts()] == [630]

    play(tmp_path, scene)


def test_what_is_no_command_goes_to_the_model(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        await speaker.asks("how do timers work?")
        await answered(speaker, 1)
        assert len(speaker.chat.sent) == 1
        assert speaker.timers.alerts() == []

    play(tmp_path, scene)


def test_it_says_that_it_is_muted_and_then_it_is(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        await speaker.asks("mute the microphone.")
        assert (await answered(speaker, 1)).startswith("My microphone is off now.")
        await speaker.until(lambda: speaker.phase == "muted")

    play(tmp_path, scene)


def test_what_was_just_said_is_forgotten_on_the_disk_too(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        forget = speaker.store.forget

        def at_once(where: str, *values: object) -> Future[int]:  # the virtual clock waits for no thread
            future = forget(where, *values)
            future.result()
            return future

        speaker.store.forget = at_once  # type: ignore[method-assign]
        await speaker.asks("my secret number is 4711.")
        await answered(speaker, 1)
        await speaker.asks("forget what I just said.")
        assert await answered(speaker, 2) == "Forgotten."
        await speaker.asks("what do you know about me?")
        await answered(speaker, 3)
        assert "4711" not in str(speaker.chat.sent[-1])
        await speaker.store.flush()
        assert "4711" not in str(closed(tmp_path / "hearthd.db"))

    play(tmp_path, scene)


def test_it_claims_to_have_forgotten_nothing_that_may_still_be_on_the_disk(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        speaker.store.forget = lambda *_: Future()  # type: ignore[method-assign]
        await speaker.asks("my secret number is 4711.")
        await answered(speaker, 1)
        await speaker.asks("forget what I just said.")
        assert await answered(speaker, 2) == "I'm not sure that it's gone: my disk doesn't answer."

    play(tmp_path, scene)


def test_the_last_answer_is_said_again_before_the_disk_has_it(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        disk = threading.Event()
        speaker.store._worker.submit(lambda: disk.wait(60))
        try:
            await speaker.asks("why is the sky blue?")
            first = await answered(speaker, 1)
            await speaker.asks("say that again.")
            assert await answered(speaker, 2) == first
            assert len(speaker.chat.sent) == 1
        finally:
            disk.set()

    play(tmp_path, scene)


def test_the_volume_follows_a_word(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        await speaker.asks("音量调到百分之三十。", language="zh")
        assert await answered(speaker, 1) == "音量30%。"
        assert speaker.room.mixer.volume == 30

    play(tmp_path, scene)


def test_enough_is_no_turn_to_answer(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        await speaker.asks("that's quite enough.")
        await speaker.until(lambda: bool(speaker.turns))
        assert speaker.turns[0].ended == "stopped"
        assert speaker.chat.sent == []

    play(tmp_path, scene)


def test_the_turn_tells_what_was_done_and_who_understood_it(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        await speaker.asks("set a pasta timer for ten minutes and turn it up.")
        await answered(speaker, 1)
        turn = speaker.turns[0]
        assert turn.understood_by == "command"
        assert [(one.name, one.arguments, one.result, one.by, one.done) for one in turn.actions] == [
            ("timer_set", {"name": "pasta", "seconds": 600}, "done", "command", True),
            ("volume_up", {}, "done", "command", True),
        ]
        assert [one.name for one in speaker.store.recent_turns(1)[0].actions] == ["timer_set", "volume_up"]
        await speaker.asks("cancel the tea timer.")
        await answered(speaker, 2)
        assert [(one.result, one.done) for one in speaker.turns[1].actions] == [("none", False)]
        await speaker.asks("how do timers work?")
        await answered(speaker, 3)
        assert (speaker.turns[2].understood_by, speaker.turns[2].actions) == ("model", ())

    play(tmp_path, scene)


def test_a_turn_that_is_interrupted_keeps_what_it_did(tmp_path: Path) -> None:
    async def scene(speaker: Scripted) -> None:
        await speaker.asks("set a pasta timer for ten minutes.")
        await speaker.until(lambda: speaker.phase == "speaking")
        speaker.room.post(e.StopRequested(speaker.clock()))
        await speaker.until(lambda: len(speaker.turns) == 1)
        assert speaker.turns[0].ended == "stopped"
        assert [one.name for one in speaker.turns[0].actions] == ["timer_set"]
        assert len(speaker.timers.alerts()) == 1

    play(tmp_path, scene)


@pytest.mark.parametrize("muted", [False, True])
def test_a_timer_set_by_voice_rings_after_other_talk_says_its_name_and_stop_ends_it(
    tmp_path: Path, muted: bool
) -> None:
    async def scene(speaker: Scripted) -> None:
        await speaker.asks("set a pasta timer for two minutes.")
        await answered(speaker, 1)
        await speaker.asks("how are you?")
        assert await answered(speaker, 2) == speaker.chat.text
        await speaker.until(lambda: speaker.phase == "idle")
        if muted:
            speaker.room.post(e.MuteRequested(speaker.clock(), True))
        speaker.voice.said.clear()
        await asyncio.sleep(125)
        assert speaker.phase == "ringing"
        assert speaker.voice.said == ["The pasta timer."]
        if muted:  # nobody is heard: the button
            speaker.room.post(e.StopRequested(speaker.clock()))
        else:
            speaker.room.post(e.StopWord(speaker.clock()))
        await speaker.until(lambda: speaker.phase == ("muted" if muted else "idle"))
        assert speaker.rings == [("pasta", "stopped")]
        assert speaker.timers.alerts() == []

    play(tmp_path, scene)
