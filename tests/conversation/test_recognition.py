"""Who called is not ignored because the recogniser does not know the name; who did not call is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hearthd.common.audio import Pcm
from hearthd.conversation.recognition import Call, recognise
from hearthd.dialogue.events import Utterance
from hearthd.dialogue.intent import Circumstances, Nothing, NotWakeWord, OnlyWakeWord, Question
from hearthd.engines.protocols import PhraseHeard, Transcript
from tests.scripted import Scripted, ScriptedAsr

pytestmark = pytest.mark.unit

RATE = 16_000
WOKEN = 2 * RATE
"""Where the wake word ends; it began half a second before."""


class Whisper(ScriptedAsr):
    """Writes ``whole`` of the utterance and ``rest`` of what follows the wake word."""

    def __init__(self, whole: str, rest: str = "", likelihood: float = -9.0) -> None:
        super().__init__()
        self.whole, self.rest, self.likelihood = whole, rest, likelihood
        self.asked: list[str] = []

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        begins = int(audio[0])
        self.asked.append("whole" if begins == 1 else "rest")
        return Transcript(self.whole if begins == 1 else self.rest, "en")

    async def hear_phrase(self, audio: Pcm, phrase: str) -> PhraseHeard:
        self.asked.append(phrase)
        return PhraseHeard("Minecraft", self.likelihood)


def heard(start: int, end: int) -> Pcm:
    """Its first sample says whether it is the utterance from its beginning."""
    sound = np.zeros(max(1, end - start), np.int16)
    sound[0] = 1 if start == RATE // 2 else 2
    return sound


CALLED = Circumstances(phrases=("hey mycroft",), must_confirm=True)
LONG = Utterance(RATE // 2, 5 * RATE, 4 * RATE, 4.0)
SHORT = Utterance(RATE // 2, 3 * RATE, 2 * RATE, 2.0)


def call() -> Call:
    return Call(RATE, WOKEN)


async def test_a_name_that_the_recogniser_does_not_know_is_answered_if_it_was_said() -> None:
    asr = Whisper("Hey Minecraft, what time is it?", "what time is it?", likelihood=-1.2)
    intent, words, _ = await recognise(asr, heard, LONG, CALLED, call())
    assert isinstance(intent, Question)
    assert words == "what time is it?"
    assert asr.asked == ["whole", "hey mycroft", "rest"]


async def test_a_near_miss_is_ignored() -> None:
    asr = Whisper("Hey Minecraft is fun to play.", likelihood=-4.5)
    intent, _, _ = await recognise(asr, heard, LONG, CALLED, call())
    assert isinstance(intent, NotWakeWord)


async def test_a_name_that_is_written_wrong_but_sounds_right_is_answered() -> None:
    asked: list[tuple[int, str]] = []

    def ear(sound: Pcm, phrase: str) -> float:
        asked.append((len(sound), phrase))
        return 0.999

    asr = Whisper("Hey, my cruff, what time is it?", "what time is it?", likelihood=-4.5)
    intent, words, _ = await recognise(asr, heard, LONG, CALLED, call(), ear=ear)
    assert isinstance(intent, Question)
    assert words == "what time is it?"
    [(samples, phrase)] = asked
    assert phrase == "hey mycroft"
    assert samples > RATE * 3 // 2  # the whole phrase, whose end the network does not wait for


async def test_a_name_whose_end_was_cut_off_is_heard_with_what_follows_it() -> None:
    class CutOff(Whisper):
        async def hear_phrase(self, audio: Pcm, phrase: str) -> PhraseHeard:
            heard = await super().hear_phrase(audio, phrase)
            self.asked[-1] = f"{len(audio) / RATE:.2f} s"
            return PhraseHeard(heard.text, -4.4 if self.asked[-1] == "1.35 s" else -1.4)

    asr = CutOff("Hey Micros, what time is it?", "what time is it?")
    intent, _, _ = await recognise(asr, heard, LONG, CALLED, call(), ear=lambda *_: 0.8)
    assert isinstance(intent, Question)
    assert asr.asked == ["whole", "1.35 s", "1.65 s", "rest"]


async def test_a_name_that_is_written_nearly_right_but_sounds_wrong_is_ignored() -> None:
    asr = Whisper("Hey Minecraft is fun to play.", likelihood=-3.2)
    intent, _, _ = await recognise(asr, heard, LONG, CALLED, call(), ear=lambda *_: 0.05)
    assert isinstance(intent, NotWakeWord)


async def test_a_phrase_of_the_owners_own_is_judged_as_before() -> None:
    for likelihood, kind in ((-1.2, Question), (-4.5, NotWakeWord)):
        asr = Whisper("Hey Minecraft, what time is it?", "what time is it?", likelihood)
        intent, _, _ = await recognise(asr, heard, LONG, CALLED, call(), ear=lambda *_: None)
        assert isinstance(intent, kind)


async def test_a_call_of_which_nothing_was_recognised_is_answered_by_what_follows_it() -> None:
    asr = Whisper("", "现在几点了", likelihood=-1.2)
    intent, words, _ = await recognise(asr, heard, LONG, CALLED, call())
    assert isinstance(intent, Question)
    assert words == "现在几点了"


async def test_a_doubtful_name_alone_waits_for_the_question() -> None:
    asr = Whisper("Minecraft.", likelihood=-1.2)
    intent, _, _ = await recognise(asr, heard, SHORT, CALLED, call())
    assert isinstance(intent, OnlyWakeWord)
    assert asr.asked == ["whole", "hey mycroft"]


async def test_in_the_ordinary_case_the_recogniser_is_asked_once() -> None:
    asr = Whisper("Hey my Croft, what time is it?", likelihood=-1.2)
    await recognise(asr, heard, LONG, CALLED, call())
    assert asr.asked == ["whole"]


async def test_while_the_person_goes_on_the_call_is_judged_once() -> None:
    asr, one = Whisper("Minecraft", "what", likelihood=-1.2), call()
    for _ in range(3):
        await recognise(asr, heard, LONG, CALLED, one)
    assert asr.asked.count("hey mycroft") == 1


async def test_without_a_wake_word_silence_is_silence() -> None:
    intent, _, _ = await recognise(Whisper(""), heard, LONG, Circumstances())
    assert isinstance(intent, Nothing)


async def test_a_recogniser_that_weighs_no_phrase_hears_the_stretch_alone() -> None:
    class Plain(ScriptedAsr):
        async def transcribe(
            self, audio: Pcm, *, language: str | None = None, quick: bool = False
        ) -> Transcript:
            self.calls += 1
            return Transcript(
                ["My crop, what time is it?", "Hey my Croft", "what time is it?"][self.calls - 1], "en"
            )

    intent, words, _ = await recognise(Plain(), heard, LONG, CALLED, call())
    assert isinstance(intent, Question)
    assert words == "what time is it?"


@pytest.mark.parametrize(("sounds", "answered"), [(0.99, 1), (0.1, 0)])
async def test_the_whole_speaker_asks_its_second_ear(tmp_path: Path, sounds: float, answered: int) -> None:
    asked: list[str] = []

    def ear(sound: Pcm, phrase: str) -> float:
        asked.append(phrase)
        return sounds

    # Real time: the ear is asked in a thread, for which the virtual clock does not wait.
    async with Scripted(tmp_path, ear=ear) as speaker:
        speaker.wakes()
        await speaker.says("Jeremy's of, what is the capital of France?")
        await speaker.until(lambda: bool(speaker.turns), 30.0)
        assert len(speaker.chat.sent) == answered
    assert asked == ["hey jarvis"]
