"""`hearthd run` as a real process in the virtual room: somebody asks aloud, and it answers aloud."""

from __future__ import annotations

import asyncio
import difflib
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hearthd.audio.resample import resample
from hearthd.common.audio import Pcm
from hearthd.config.settings import AsrSettings
from hearthd.dialogue.events import Ended
from hearthd.engines.asr.engine import WhisperAsr
from tests.living import Living, wait_until
from tests.room.room import RATE, Room, missing
from tests.utterances import say, silence

pytestmark = [
    pytest.mark.system,
    pytest.mark.room,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

BLOCK = RATE // 50

SHORT = """
[follow_up]
seconds = 0.0
question_seconds = 0.0
[barge_in]
mode = "wake_word"
[log]
level = "debug"
"""
"""No follow-up window (several tests ask with the wake word each time), nobody talks over it (that has
tests of its own), and a log worth reading."""


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    """One speaker for the tests that only ask it something: it takes 10 s to start."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    with Room() as room, Living(room, tmp_path_factory.mktemp("answers"), SHORT) as living:
        yield living


@pytest.fixture
def speaker(living: Living) -> Living:
    """It, at rest and as if it had never been asked."""
    wait_until(lambda: "idle" in living.status(), "idle")
    living.forget_turns()
    return living


@pytest.fixture
def room(living: Living) -> Room:
    """Where it stands."""
    return living.room


def question(text: str, voice: str = "bf_emma") -> Pcm:
    return say(text, voice, RATE)


def chinese(text: str) -> Pcm:
    wake = say("Hey Jarvis,", "bf_emma", RATE)
    return np.concatenate([wake, silence(0.15, RATE), say(text, "zm_yunxi", RATE)])


def transcribed(pcm: Pcm, language: str) -> str:
    """What Whisper hears in what the speaker played."""
    sixteen = resample(without_pauses(pcm), RATE, 16_000)
    pieces = [sixteen[at : at + 20 * 16_000] for at in range(0, len(sixteen), 20 * 16_000)]
    return " ".join(transcripts([piece for piece in pieces if piece.any()], language))


def transcripts(pieces: list[Pcm], language: str) -> list[str]:
    """What Whisper hears in each of ``pieces``, at 16 kHz."""

    async def recognise() -> list[str]:
        asr = WhisperAsr(AsrSettings())
        await asr.start()
        texts = [(await asr.transcribe(piece, language=language)).text for piece in pieces]
        await asr.close()
        return texts

    return asyncio.run(recognise())


def without_pauses(pcm: Pcm) -> Pcm:
    """What sounds in ``pcm``, and 0.3 s around it: after a long silence Whisper says things over and over."""
    blocks = pcm[: len(pcm) // BLOCK * BLOCK].reshape(-1, BLOCK)
    sounds = np.convolve(np.abs(blocks.astype(np.int32)).max(axis=1) > 100, np.ones(31), "same") > 0
    return blocks[sounds].reshape(-1)


def units(text: str) -> list[str]:
    """Words in English, characters in Chinese."""
    return re.findall(r"[a-z']+|[\u4e00-\u9fff]", text.lower())


def likeness(said: str, heard: str) -> float:
    """The share of the words said that were heard, in order."""
    said_units, heard_units = units(said), units(heard)
    blocks = difflib.SequenceMatcher(None, said_units, heard_units, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / max(1, len(said_units))


def test_it_answers_a_spoken_question_and_then_another_one(room: Room, speaker: Living) -> None:
    for number, text in enumerate(("what is the capital of France?", "what is the capital of Germany?"), 1):
        with room.record() as recording:
            room.say(question(f"Hey Jarvis, {text}")).wait()
            turn = speaker.after_turns(number)[-1]
            wait_until(lambda: "idle" in speaker.status(), "idle")
        assert turn.ended is Ended.COMPLETED
        assert likeness(text, turn.heard) >= 0.8, turn.heard
        assert turn.spoken
        assert likeness(turn.spoken, transcribed(recording.pcm(), "en")) >= 0.7


def test_it_answers_in_chinese(room: Room, speaker: Living) -> None:
    with room.record() as recording:
        room.say(chinese("请问中国的首都是哪里？")).wait()
        turn = speaker.after_turns(1)[-1]
        wait_until(lambda: "idle" in speaker.status(), "idle")
    assert turn.ended is Ended.COMPLETED
    assert turn.language == "zh"
    assert likeness("请问中国的首都是哪里", turn.heard) >= 0.8, turn.heard
    assert likeness(turn.spoken, transcribed(recording.pcm(), "zh")) >= 0.6


def test_the_wake_word_alone_waits_for_the_question(room: Room, speaker: Living) -> None:
    wakes = question("Hey Jarvis.")
    asks = np.concatenate([silence(2.0, RATE), question("How many legs does a spider have?")])
    room.say(wakes).wait()
    wait_until(lambda: "listening" in speaker.status(), "listening")
    room.say(asks).wait()
    turn = speaker.after_turns(1)[0]
    assert turn.ended is Ended.COMPLETED
    assert likeness("How many legs does a spider have?", turn.heard) >= 0.8, turn.heard


def test_it_hears_in_noise_at_ten_decibels(room: Room, speaker: Living) -> None:
    speech = question("Hey Jarvis, what is the capital of Italy?")
    loud = speech[np.abs(speech) > 300].astype(np.float64)
    level = np.sqrt(np.mean(loud**2)) * 10 ** (-10 / 20)
    noise = np.random.default_rng(1).standard_normal(len(speech) + 12 * RATE) * level
    noise[RATE : RATE + len(speech)] += speech
    playing = room.say(np.clip(noise, -32768, 32767).astype(np.int16))
    turn = speaker.after_turns(1)[0]  # the noise goes on: the endpoint must come all the same
    playing.kill()
    assert likeness("what is the capital of Italy?", turn.heard) >= 0.8, turn.heard


def test_a_speaker_that_comes_later_and_a_microphone_that_goes_are_no_reason_to_restart(
    tmp_path: Path,
) -> None:
    with Room(speaker=False) as room, Living(room, tmp_path, SHORT) as speaker:
        wait_until(lambda: "speaker" in speaker.status(), "the missing speaker in the status")
        room.plug_speaker()
        wait_until(lambda: "not working" not in speaker.status(), "the speaker found")
        with room.record() as recording:
            room.say(question("Hey Jarvis, what is the capital of Spain?")).wait()
            turn = speaker.after_turns(1)[0]
        assert turn.ended is Ended.COMPLETED
        assert likeness(turn.spoken, transcribed(recording.pcm(), "en")) >= 0.7
        room.unplug_microphone()
        wait_until(lambda: "microphone" in speaker.status(), "the missing microphone in the status")
        room.plug_microphone()
        wait_until(lambda: "not working" not in speaker.status(), "the microphone found")
        room.say(np.concatenate([silence(1.0, RATE), question("Hey Jarvis, what is two plus two?")])).wait()
        assert speaker.after_turns(2)[1].ended is Ended.COMPLETED
        assert speaker.process.poll() is None
