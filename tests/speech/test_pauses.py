"""The pauses of a reply, on a virtual clock: shaped by punctuation, drawn out for a voice that is late."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator

import numpy as np
import pytest

from hearthd.speech.queue import AHEAD, SpeechQueue
from tests.scripted_voice import Pcm, Room, ScriptedVoice, chunks_of, opened, speak, stretches
from tests.virtual_time import run

pytestmark = pytest.mark.unit


def test_the_pause_between_sentences_is_what_the_punctuation_asks_for() -> None:
    async def main() -> None:
        room = Room()
        await speak(room, ScriptedVoice(), "One two three.", "Four five six.", "Seven eight.", pause=0.5)
        said = stretches(room.recorded)
        assert len(said) == 3
        for (_, end), (begin, _) in itertools.pairwise(said):
            assert begin - end == pytest.approx(0.5 + 0.08, abs=0.05)  # and the breath kept around a clip
        assert room.mixer.underruns(1) == (0, 0)

    run(main())


def test_a_voice_slower_than_speech_is_never_cut_off_in_the_middle_of_a_word() -> None:
    async def main() -> None:
        room = Room()
        voice = ScriptedVoice(cost=1.6)
        texts = [f"Sentence number {n} that goes on for some while." for n in range(4)]
        await speak(room, voice, "Short.", *texts)
        said = stretches(room.recorded, gap=0.06)
        assert len(said) in {5, 6}  # nothing is known of its speed at the very first clip
        assert len(said) - 1 >= room.mixer.underruns(1)[0]

    run(main())


def test_a_pause_is_drawn_out_while_the_next_sentence_is_late_and_that_is_no_underrun() -> None:
    async def main() -> None:
        room = Room()
        voice = ScriptedVoice(cost=0.45, piece=60.0)  # it gives a sentence when it has all of it
        await speak(room, voice, "好的，", "我来帮你打开灯。", pause=0.2)
        (_, end), (begin, _) = stretches(room.recorded)
        assert 0.3 < begin - end < 0.9
        assert room.mixer.underruns(1) == (0, 0)

    run(main())


def test_a_sentence_that_is_much_too_late_is_an_underrun() -> None:
    async def main() -> None:
        room = Room()
        voice = ScriptedVoice(cost=2.0, piece=60.0)
        await speak(room, voice, "好的，", "我来帮你打开厨房里的灯。", pause=0.2)
        assert room.mixer.underruns(1)[0] == 1

    run(main())


def test_a_voice_that_gives_whole_clauses_may_rest_between_them_and_repeats_nothing() -> None:
    async def main() -> None:
        room = Room()
        voice = ScriptedVoice(cost=1.2)
        voice.whole_clauses = True
        voice.silence = 0.0
        tone = voice.clip(0.5, 330)
        faded = (
            tone * np.clip(np.minimum(np.arange(len(tone)), np.arange(len(tone))[::-1]) / 160, 0, 1)
        ).astype(np.int16)
        clause = np.concatenate([faded, np.zeros(round(0.15 * voice.rate), np.int16)])

        async def clauses(text: str, language: str) -> AsyncGenerator[Pcm, None]:
            for _ in range(3):
                await asyncio.sleep(1.0)
                yield clause

        voice.synthesize = clauses  # type: ignore[method-assign]
        await speak(room, voice, "One clause, another clause, and the last.")
        said = stretches(room.recorded, gap=0.02)
        assert len(said) == 3
        assert all(end - begin == pytest.approx(0.5, abs=0.03) for begin, end in said)
        assert room.mixer.underruns(1) == (0, 0)

    run(main())


def test_the_mixer_holding_does_not_let_the_voice_run_ahead() -> None:
    async def main() -> None:
        room = Room()
        voice = ScriptedVoice(cost=0.01)
        queue = SpeechQueue(voice, room.mixer)
        device = asyncio.create_task(room.listen())
        texts = [f"Sentence number {n} of a reply." for n in range(6)]
        task = asyncio.create_task(queue.speak(1, chunks_of(*texts), language="en", gate=opened))
        await asyncio.sleep(0.5)
        room.mixer.hold()
        await asyncio.sleep(60)
        assert len(voice.said) == AHEAD + 1
        room.mixer.resume()
        await task
        assert len(voice.said) == 6
        device.cancel()

    run(main())
