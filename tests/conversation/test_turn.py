"""Whole turns on a virtual clock: real dialogue, turn, speech queue and mixer, scripted engines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.common.parts import Part
from hearthd.config.settings import Settings
from hearthd.conversation.turn import UNSPOKEN
from hearthd.dialogue import events as e
from hearthd.dialogue.events import Ended
from hearthd.engines.protocols import Transcript
from hearthd.speech import prompts
from tests.scripted import Scripted, ScriptedAsr, ScriptedVoice
from tests.virtual_time import run

pytestmark = pytest.mark.unit


def test_a_question_is_answered_and_written_down(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            await speaker.asks("how are you")
            await speaker.until(lambda: bool(speaker.turns))
            [turn] = speaker.turns
            assert (turn.heard, turn.ended, turn.language) == ("how are you", Ended.COMPLETED, "en")
            assert turn.reply == turn.spoken == speaker.chat.text
            assert (turn.wake_word, turn.wake_score) == ("hey_jarvis", 0.93)
            assert turn.endpoint_ms == pytest.approx(750, abs=30)
            assert turn.asr_ms is not None
            assert turn.llm_first_token_ms is not None
            assert turn.first_audible_ms is not None
            assert turn.asr_ms < turn.llm_first_token_ms < turn.first_audible_ms
            assert turn.underruns == 0
            assert speaker.phase == "follow_up"

    run(talk())


def test_the_answer_is_ready_when_the_silence_is_over(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.asr.delay, speaker.chat.first = 0.1, 0.1
            await speaker.asks("how are you")
            await speaker.until(lambda: bool(speaker.turns))
            [turn] = speaker.turns
            assert turn.endpoint_ms is not None
            assert turn.first_audible_ms is not None
            # recogniser, model and voice worked during the endpoint's own silence
            assert turn.first_audible_ms - turn.endpoint_ms <= 80

    run(talk())


def test_nothing_sounds_before_the_person_has_finished(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(
            tmp_path, Settings.model_validate({"audio": {"chime": False}, "barge_in": {"mode": "speech"}})
        ) as speaker:
            speaker.asr.delay = speaker.chat.first = 0.01
            speaker.wakes()
            start = speaker.sample
            await asyncio.sleep(1)
            speaker.asr.next = Transcript("Hey Jarvis, turn on", "en")
            pause = e.Utterance(start, speaker.sample, speaker.sample - 4000, speaker.clock() - 0.25)
            speaker.room.post(e.SpeechPaused(speaker.clock(), pause))
            await asyncio.sleep(0.45)  # the answer to half a sentence is made...
            assert speaker.voice.said
            speaker.room.post(e.SpeechResumed(speaker.clock()))  # ...and thrown away
            await asyncio.sleep(0.5)
            assert speaker.speaker.blocks == []
            await speaker.says("Hey Jarvis, turn on the light")
            await speaker.until(lambda: bool(speaker.turns))
            assert [(t.heard, t.retracted) for t in speaker.turns] == [("turn on the light", 1)]
            assert speaker.chat.open == speaker.voice.open == 0

    run(talk())


def test_a_guess_that_breaks_off_keeps_the_microphone_open_for_longer(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.asr.delay = 0.1
            speaker.wakes()
            start = speaker.sample
            await asyncio.sleep(1)
            for words, calls in (
                ("Hey Jarvis, turn on the", ["wait"]),
                ("Hey Jarvis, turn on the light", []),
            ):
                speaker.front_end.calls.clear()
                speaker.asr.next = Transcript(words, "en")
                pause = e.Utterance(start, speaker.sample, speaker.sample - 4000, speaker.clock() - 0.25)
                speaker.app.post(e.SpeechPaused(speaker.clock(), pause))
                await asyncio.sleep(0.3)
                assert [call[0] for call in speaker.front_end.calls if call[0] == "wait"] == calls
                speaker.app.post(e.SpeechResumed(speaker.clock()))
                await asyncio.sleep(0.1)

    run(talk())


class Measures(ScriptedAsr):
    """Keeps how many seconds it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        self.seconds.append(len(audio) / SAMPLE_RATE)
        return await super().transcribe(audio, language=language, quick=quick)


@pytest.mark.parametrize("sounding", [False, True])
def test_a_question_cut_in_two_is_answered_as_one(tmp_path: Path, sounding: bool) -> None:
    async def talk() -> None:
        asr = Measures()
        async with Scripted(tmp_path, asr=asr) as speaker:
            speaker.chat.first = 0.05 if sounding else 2.0
            speaker.wakes()
            began = speaker.clock()
            await speaker.says("Hey Jarvis, what is the weather like")
            await asyncio.sleep(0.5)
            assert speaker.phase == ("speaking" if sounding else "thinking")
            goes_on = speaker.sample
            speaker.room.post(e.NearEndSuspected(speaker.clock(), goes_on))
            await asyncio.sleep(0.2)
            assert not speaker.speaker.sounds_between(speaker.clock() - 0.05, speaker.clock())
            speaker.room.post(e.NearEndCertain(speaker.clock(), goes_on))
            await speaker.says("Hey Jarvis, what is the weather like in Paris")
            assert asr.seconds[-1] == pytest.approx(speaker.clock() - began, abs=0.6)
            await speaker.until(lambda: len(speaker.turns) == 2)
            first, second = speaker.turns
            assert (first.heard, first.ended, first.retracted) == ("", Ended.BARGE_IN, 1)
            assert (second.heard, second.wake_word) == ("what is the weather like in Paris", "hey_jarvis")
            assert [message.content for message in speaker.chat.sent[-1]][-1].count("weather") == 1

    run(talk())


def test_a_near_miss_of_the_wake_word_ends_in_silence(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.wakes()
            await speaker.says("Hey Travis, are you coming?")
            await speaker.until(lambda: bool(speaker.turns))
            assert speaker.turns[0].ended is Ended.NO_SPEECH
            assert speaker.chat.sent == []
            assert speaker.phase == "idle"

    run(talk())


def test_the_wake_word_alone_waits_for_the_question(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.wakes()
            await speaker.says("Hey Jarvis.")
            await speaker.until(lambda: [c[0] for c in speaker.front_end.calls].count("listen") == 2)
            assert speaker.phase == "listening"
            await speaker.says("what time is it")
            await speaker.until(lambda: bool(speaker.turns))
            assert (speaker.turns[0].heard, speaker.turns[0].ended) == ("what time is it", Ended.COMPLETED)

    run(talk())


class EndsWithTheName(ScriptedAsr):
    """Hears nothing behind the wake word as long as that is there."""

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        heard = await super().transcribe(audio, language=language, quick=quick)
        return heard if self.calls > 1 else Transcript("Hey Jarvis", "en")


def test_what_followed_the_wake_word_is_looked_for_where_it_seems_to_have_come_alone(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path, asr=EndsWithTheName()) as speaker:
            await speaker.asks("现在几点了", language="zh")
            await speaker.until(lambda: bool(speaker.turns))
            turn = speaker.turns[0]
            assert (turn.heard, turn.language, turn.ended) == ("现在几点了", "zh", Ended.COMPLETED)

    run(talk())


def test_only_what_sounded_before_the_interruption_is_remembered(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.chat.text = "One two three four five. Six seven eight nine ten. Eleven twelve thirteen."
            await speaker.asks("count")
            await speaker.until(lambda: speaker.phase == "speaking")
            await asyncio.sleep(2.0)
            speaker.room.post(e.NearEndSuspected(speaker.clock(), speaker.sample - 3200))
            assert speaker.phase == "held"
            await asyncio.sleep(0.2)
            at = speaker.clock()
            speaker.room.post(e.NearEndCertain(at, speaker.sample - 6400))
            await speaker.says("what was the third")
            await speaker.until(lambda: len(speaker.turns) == 2)
            first, second = speaker.turns
            assert first.ended is Ended.BARGE_IN
            assert first.spoken
            assert first.reply.startswith(first.spoken.rstrip(".…"))
            assert len(first.spoken) < len(first.reply)
            assert first.bargein_stop_ms is not None
            assert second.heard == "what was the third"
            told = " ".join(m.content for m in speaker.chat.sent[1])
            assert first.spoken in told
            assert "Eleven" not in told

    run(talk())


def test_a_false_alarm_loses_and_repeats_nothing(tmp_path: Path) -> None:
    async def heard(alarm: bool) -> int:
        folder = tmp_path / str(alarm)
        folder.mkdir()
        async with Scripted(
            folder, Settings.model_validate({"audio": {"chime": False}, "barge_in": {"mode": "speech"}})
        ) as speaker:
            await speaker.asks("how are you")
            await speaker.until(lambda: speaker.phase == "speaking")
            if alarm:
                await asyncio.sleep(0.7)
                speaker.room.post(e.NearEndSuspected(speaker.clock(), speaker.sample))
                await asyncio.sleep(0.5)
                speaker.room.post(e.NearEndGone(speaker.clock()))
            await speaker.until(lambda: bool(speaker.turns))
            assert speaker.turns[0].spoken == speaker.chat.text
            return sum(speaker.room.mixer.played_samples(1).values())

    assert run(heard(False)) == run(heard(True))


def test_stop_silences_within_a_block_and_closes_every_stream(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.chat.text = "A very long story. " * 30
            await speaker.asks("tell me a story")
            await speaker.until(lambda: speaker.phase == "speaking")
            await asyncio.sleep(1.0)
            at = speaker.clock()
            speaker.room.post(e.StopRequested(at))
            await asyncio.sleep(3.0)
            assert not speaker.speaker.sounds_between(at + 0.04 + 0.02 + 0.02, at + 3.0)
            assert speaker.chat.open == speaker.voice.open == 0
            assert speaker.turns[0].ended is Ended.STOPPED
            assert speaker.phase == "idle"

    run(talk())


@pytest.mark.parametrize("fault", ["asr", "chat at once", "chat in the middle", "voice"])
def test_a_failing_engine_is_apologised_for_and_the_next_turn_is_clean(tmp_path: Path, fault: str) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            if fault == "chat at once":
                speaker.chat.fail_after = 0
            elif fault == "chat in the middle":
                speaker.chat.fail_after = 4
            elif fault == "voice":
                speaker.voice.fail_on = lambda text: True
            if fault == "asr":
                speaker.wakes()
                await speaker.says("x", seconds=0.5)
                speaker.room.post(e.StopRequested(speaker.clock()))
                await asyncio.sleep(2)
                speaker.turns.clear()
                speaker.wakes()
                now = speaker.clock()
                speaker.asr.next = EngineError("the recogniser is gone")
                words = e.Utterance(speaker.sample, speaker.sample + 16000, speaker.sample + 16000, now)
                speaker.room.post(e.SpeechEnded(now, words))
            else:
                await speaker.asks("how are you")
            await speaker.until(lambda: bool(speaker.turns))
            assert speaker.turns[0].ended is Ended.ERROR
            sentence = prompts.recorded(fault.partition(" ")[0], "en", speaker.room.mixer.rate)
            assert speaker.room.mixer.played_samples(speaker.room.state.next_turn_id - 1)[UNSPOKEN] == len(
                sentence
            )
            assert "Sorry" not in speaker.turns[0].spoken
            assert speaker.chat.open == speaker.voice.open == 0
            speaker.chat.fail_after, speaker.voice.fail_on = None, lambda text: False
            await asyncio.sleep(5)
            await speaker.asks("once more")
            await speaker.until(lambda: len(speaker.turns) == 2)
            assert speaker.turns[1].ended is Ended.COMPLETED
            assert speaker.turns[1].spoken == speaker.chat.text

    run(talk())


class BreaksAfterTheFirstPiece(ScriptedVoice):
    """Every time."""

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        async with aclosing(super().synthesize(text, language)) as pieces:
            async for piece in pieces:
                yield piece
                raise EngineError("the voice server went away")


def test_an_apology_for_a_voice_that_broke_before_it_could_sound_is_no_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path, voice=BreaksAfterTheFirstPiece()) as speaker:
            speaker.asr.delay, speaker.chat.first, speaker.chat.between = 0.1, 0.05, 0.001
            await speaker.asks("how are you")  # the voice breaks within the endpoint's own silence
            await speaker.until(lambda: bool(speaker.turns))
            [turn] = speaker.turns
            assert turn.ended is Ended.ERROR
            assert turn.tts_first_audio_ms is not None
            assert turn.endpoint_ms is not None
            assert turn.tts_first_audio_ms < turn.endpoint_ms
            assert (turn.first_audible_ms, turn.voice, turn.spoken) == (None, "", "")

    with caplog.at_level("INFO", "hearthd"):
        run(talk())
    assert not [message for message in caplog.messages if "speaks" in message or "first sound" in message]


def test_an_apology_is_given_in_the_language_of_the_question_and_can_be_stopped(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.chat.fail_after = 0
            await speaker.asks("今天天气怎么样", language="zh")
            await speaker.until(lambda: speaker.phase == "speaking")
            speaker.room.post(e.StopRequested(speaker.clock()))
            await speaker.until(lambda: bool(speaker.turns))
            assert speaker.turns[0].ended is Ended.STOPPED
            heard = speaker.room.mixer.played_samples(1)[UNSPOKEN]
            assert heard < len(prompts.recorded("chat", "zh", speaker.room.mixer.rate))
            await speaker.asks("今天天气怎么样", language="zh")
            await speaker.until(lambda: len(speaker.turns) == 2)
            heard = speaker.room.mixer.played_samples(2)[UNSPOKEN]
            assert heard == len(prompts.recorded("chat", "zh", speaker.room.mixer.rate))

    run(talk())


def test_a_microphone_that_is_gone_is_announced_and_its_return_chimes(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.room.health.told(Part.MICROPHONE, False, "unplugged")
            await speaker.until(lambda: bool(speaker.turns))
            assert speaker.turns[0].spoken == prompts.told("microphone", "en")
            speaker.room.health.told(Part.MICROPHONE, True, "is back")
            at = speaker.clock()
            await asyncio.sleep(1.0)
            assert speaker.speaker.sounds_between(at, at + 1.0)

    run(talk())


def test_a_model_that_says_nothing_is_answered_for(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.chat.text = "<think>hm</think>"
            await speaker.asks("how are you")
            await speaker.until(lambda: bool(speaker.turns))
            assert speaker.turns[0].spoken == "Sorry, I have no answer to that."

    run(talk())


def test_an_announcement_of_an_automation_does_not_enter_the_conversation(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            speaker.room.post(e.AnnounceRequested(speaker.clock(), "Somebody is at the door."))
            await speaker.until(lambda: bool(speaker.turns))
            assert speaker.turns[0].spoken == "Somebody is at the door."
            await speaker.asks("how are you")
            await speaker.until(lambda: len(speaker.turns) == 2)
            assert "door" not in " ".join(m.content for m in speaker.chat.sent[0])

    run(talk())


def test_a_persona_comes_when_it_is_called(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path) as speaker:
            await speaker.asks("be Mario")
            await speaker.until(lambda: bool(speaker.turns))
            assert speaker.turns[0].spoken == "It's-a me!"
            assert speaker.room.conversation.persona.name == "mario"
            assert speaker.chat.sent == []
            await speaker.asks("how are you")
            await speaker.until(lambda: len(speaker.turns) == 2)
            assert speaker.chat.sent[0][0].content == "You are Mario."

    run(talk())
