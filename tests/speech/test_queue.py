"""The speech queue, on a virtual clock: the real mixer, a device that only counts, voices by script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import numpy as np
import pytest

from hearthd.audio.playback.mixer import Mixer
from hearthd.common.errors import EngineError
from hearthd.speech.queue import AHEAD, SpeechQueue
from hearthd.text.chunker import Chunk
from hearthd.text.duration import spoken_length
from tests.scripted_voice import RATE, Pcm, Room, ScriptedVoice, chunks_of, opened, speak, stretches
from tests.virtual_time import run

pytestmark = pytest.mark.unit


def test_there_is_no_click_anywhere_in_a_reply() -> None:
    async def main() -> None:
        room = Room()
        voice = ScriptedVoice(piece=0.037)
        voice.silence = 0.0  # its clips begin and end in full swing
        await speak(room, voice, *[f"Sentence number {n}, more or less." for n in range(5)])
        steps = np.abs(np.diff(room.recorded.astype(np.int32)))
        steepest_tone = 2 * np.pi * 400 / RATE * 32_768 * 10 ** (-20 / 20) * np.sqrt(2)
        assert steps.max() < 1.2 * steepest_tone

    run(main())


def test_quiet_and_loud_clips_sound_alike() -> None:
    async def main() -> None:
        room = Room()
        voice = ScriptedVoice()
        queue = SpeechQueue(voice, room.mixer)
        device = asyncio.create_task(room.listen())
        for turn, level in enumerate([600.0, 12_000.0], 1):
            voice.level = level
            await queue.speak(
                turn, chunks_of("Ten words to be said at some length here now."), language="en", gate=opened
            )
            await asyncio.sleep(room.mixer.waiting() / RATE + 0.5)
        device.cancel()
        levels = [
            np.sqrt(np.mean((room.recorded[round(a * RATE) : round(b * RATE)] / 32768.0) ** 2))
            for a, b in stretches(room.recorded)
        ]
        assert len(levels) == 2
        assert 20 * abs(np.log10(levels[0] / levels[1])) < 1.0

    run(main())


def test_the_first_sound_does_not_wait_for_the_whole_clip() -> None:
    async def main() -> None:
        room = Room()
        await speak(room, ScriptedVoice(cost=0.5), "A long first sentence that takes its time to be made.")
        assert stretches(room.recorded)[0][0] < 0.5
        assert room.mixer.underruns(1) == (0, 0)

    run(main())


def test_no_more_than_two_chunks_are_made_ahead() -> None:
    async def main() -> None:
        room = Room()
        voice = ScriptedVoice(cost=0.01)
        await speak(room, voice, *[f"Sentence number {n} of a long reply." for n in range(8)])
        said = stretches(room.recorded)
        assert len(said) == 8
        for index in range(AHEAD, 8):
            assert voice.begun_at[index] >= said[index - AHEAD][0] - 0.5

    run(main())


def test_one_gpu_makes_one_clip_at_a_time_in_order() -> None:
    async def main() -> None:
        voice = ScriptedVoice()
        await speak(Room(), voice, "First one.", "Second one.", "Third one.")
        assert voice.most_at_once == 1
        assert voice.said == ["First one.", "Second one.", "Third one."]

    run(main())


def test_nothing_sounds_before_the_gate_opens_but_the_clips_are_being_made() -> None:
    async def main() -> None:
        room = Room()
        gate = asyncio.Event()
        voice = ScriptedVoice()
        queue = SpeechQueue(voice, room.mixer)
        device = asyncio.create_task(room.listen())
        task = asyncio.create_task(
            queue.speak(1, chunks_of("One.", "Two.", "Three.", "Four."), language="en", gate=gate.wait)
        )
        await asyncio.sleep(5)
        assert len(voice.said) == AHEAD
        assert not room.recorded.any()
        gate.set()
        await task
        assert len(voice.said) == 4
        device.cancel()

    run(main())


def test_cancelling_closes_the_synthesis() -> None:
    async def main() -> None:
        voice = ScriptedVoice(cost=5.0)
        queue = SpeechQueue(voice, Room().mixer)
        task = asyncio.create_task(
            queue.speak(1, chunks_of("A sentence that takes long."), language="en", gate=opened)
        )
        await asyncio.sleep(0.5)
        assert voice.at_once == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert voice.at_once == 0

    run(main())


def test_a_clip_that_fails_before_it_sounds_is_spoken_whole() -> None:
    async def main() -> None:
        room = Room()
        voice = ScriptedVoice(cost=0.05)
        voice.breaks = {"The second sentence of them.": 0.5}
        await speak(
            room, voice, "The first sentence is long enough.", "The second sentence of them.", "A third."
        )
        assert voice.said.count("The second sentence of them.") == 2
        said = stretches(room.recorded)
        assert len(said) == 3
        assert said[1][1] - said[1][0] == pytest.approx(
            spoken_length("The second sentence of them.") * 0.2, abs=0.05
        )

    run(main())


def test_a_clip_that_fails_while_it_sounds_goes_on_where_it_broke_off() -> None:
    async def main() -> None:
        room = Room()
        text = "This is the beginning of it, and here comes the other half."
        voice = ScriptedVoice(cost=0.5)
        voice.breaks = {text: 0.3 + spoken_length("This is the beginning of it,") * 0.2}
        await speak(room, voice, text)
        assert voice.said[1] == "and here comes the other half."

    run(main())


def test_a_voice_that_fails_twice_fails_the_reply() -> None:
    async def main() -> None:
        voice = ScriptedVoice()

        class Broken(ScriptedVoice):
            async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
                raise EngineError("gone")
                yield np.zeros(0, np.int16)

        voice = Broken()
        with pytest.raises(EngineError, match="gone"):
            await speak(Room(), voice, "Anything.")

    run(main())


def test_the_report_says_which_samples_belong_to_which_chunk() -> None:
    async def main() -> None:
        room = Room()
        began = asyncio.get_running_loop().time()
        queue = await speak(room, ScriptedVoice(), "One two three four.", "Five six seven eight.", every=0.5)
        report = queue.report(1)
        heard = room.mixer.played_samples(1)
        assert [clip.text for clip in report.clips] == ["One two three four.", "Five six seven eight."]
        assert all(clip.complete for clip in report.clips)
        assert heard[0] == pytest.approx(report.samples_of(0) + 0.3 * RATE, abs=1)  # with the pause after it
        assert heard[1] == report.samples_of(1)  # the reply does not end with a pause
        assert report.first_chunk_at == pytest.approx(began + 0.5)
        assert report.first_audio_at is not None
        assert report.first_audio_at >= report.first_chunk_at

    run(main())


def test_chunks_without_a_word_are_passed_over() -> None:
    async def main() -> None:
        voice = ScriptedVoice()
        await speak(Room(), voice, "Yes.", "...", " \n", "No.")
        assert voice.said == ["Yes.", "No."]

    run(main())


def test_what_is_withdrawn_does_not_sound_if_it_has_not_begun_to() -> None:
    async def main() -> None:
        voice, room = ScriptedVoice(), Room()
        gate = asyncio.Event()

        async def written() -> AsyncIterator[Chunk | None]:
            yield Chunk(0, "I think so.", 0.3)
            yield Chunk(1, "It is certain.", 0.3)
            await asyncio.sleep(0.1)
            yield None
            yield Chunk(2, "It is four.", 0.3)
            gate.set()

        queue = SpeechQueue(voice, room.mixer)
        listening = asyncio.create_task(room.listen())
        await queue.speak(1, written(), language="en", gate=gate.wait)
        report = queue.report(1)
        assert [report.samples_of(chunk) > 0 for chunk in range(3)] == [False, False, True]
        await asyncio.sleep(3.0)
        assert set(room.mixer.played_samples(1)) == {2}
        listening.cancel()

    run(main())


def test_what_is_withdrawn_while_it_sounds_is_said_to_its_end() -> None:
    async def main() -> None:
        voice, room = ScriptedVoice(), Room()

        async def written() -> AsyncIterator[Chunk | None]:
            yield Chunk(0, "I think so.", 0.3)
            yield Chunk(1, "It is certain, and there is no doubt.", 0.3)
            await asyncio.sleep(0.5)
            yield None
            yield Chunk(2, "It is four.", 0.3)

        queue = SpeechQueue(voice, room.mixer)
        listening = asyncio.create_task(room.listen())
        await queue.speak(1, written(), language="en", gate=opened)
        report = queue.report(1)
        assert report.complete(0)
        assert report.samples_of(0) > 0
        assert report.samples_of(2) > 0
        listening.cancel()

    run(main())


def test_without_any_speaker_the_reply_ends_all_the_same() -> None:
    async def main() -> None:
        mixer = Mixer(RATE, clock=asyncio.get_running_loop().time)
        mixer.abandon()
        voice = ScriptedVoice()
        queue = SpeechQueue(voice, mixer)
        texts = [f"Sentence number {n}." for n in range(6)]
        await queue.speak(1, chunks_of(*texts), language="en", gate=opened)
        assert len(voice.said) == 6

    run(main())


def test_a_clip_that_breaks_before_the_gate_opens_is_heard_once_and_without_a_gap() -> None:
    async def main() -> None:
        room = Room()
        gate = asyncio.Event()
        voice = ScriptedVoice(cost=0.05)
        voice.breaks = {"A sentence that breaks at first.": 0.6}
        queue = SpeechQueue(voice, room.mixer)
        device = asyncio.create_task(room.listen())
        chunks = chunks_of("A sentence that breaks at first.")
        task = asyncio.create_task(queue.speak(1, chunks, language="en", gate=gate.wait))
        await asyncio.sleep(5)
        gate.set()
        await task
        await asyncio.sleep(room.mixer.waiting() / RATE + 0.1)
        device.cancel()
        said = stretches(room.recorded)
        assert len(said) == 1
        assert said[0][1] - said[0][0] == pytest.approx(
            spoken_length("A sentence that breaks at first.") * 0.2, abs=0.05
        )

    run(main())
