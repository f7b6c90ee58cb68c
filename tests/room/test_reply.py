"""A long reply in both languages, spoken by the embedded voice into the room: what the room heard of it."""

from __future__ import annotations

import asyncio
import difflib
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import numpy as np
import pytest

from hearthd.audio.devices.loudspeaker import Loudspeaker
from hearthd.audio.playback.mixer import Mixer
from hearthd.audio.resample import resample
from hearthd.common.audio import Pcm
from hearthd.common.paths import models_dir
from hearthd.config.settings import AsrSettings
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.engines.tts.embedded.voice import EmbeddedVoice
from hearthd.speech.queue import SpeechQueue
from hearthd.text.chunker import Chunk, Chunker
from tests.room.room import RATE, Room
from tests.utterances import available

pytestmark = [
    pytest.mark.integration,
    pytest.mark.room,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not available(), reason="the starter models are not there: hearthd models pull"),
]

MODELS = models_dir()
SENTENCES = [
    ("en", "Good morning, here is what today looks like."),
    ("zh", "今天天气很好，适合出去散步。"),
    ("en", "The kettle is already on the stove."),
    ("zh", "早饭已经准备好了，请你慢慢吃。"),
    ("en", "Your first meeting begins at nine."),
    ("zh", "下午可能会下雨，记得带上雨伞。"),
    ("en", "I turned off the light in the kitchen."),
    ("zh", "晚上七点我们一起去看电影。"),
    ("en", "Please do not forget to call your mother."),
    ("zh", "祝你今天过得愉快。"),
]


class Timed(EmbeddedVoice):
    """The embedded voice; ``slowest``: the most seconds of work that a second of any clause has cost."""

    def __init__(self) -> None:
        super().__init__()
        self.clauses = 0
        self.slowest = 0.0

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        """As the voice itself."""
        began = time.monotonic()
        async with aclosing(super().synthesize(text, language)) as clauses:
            async for clause in clauses:
                self.clauses += 1
                self.slowest = max(self.slowest, (time.monotonic() - began) * self.rate / len(clause))
                yield clause
                began = time.monotonic()


async def _speak(mixer: Mixer, done: asyncio.Event) -> tuple[SpeechQueue, Timed]:
    """The reply, written as fast as a small model writes, spoken to its last sample."""

    async def chunks() -> AsyncIterator[Chunk]:
        chunker = Chunker()
        for _, sentence in SENTENCES:
            for piece in re.findall(r"\S+\s?", sentence + " "):
                await asyncio.sleep(0.05)
                for chunk in chunker.feed(piece):
                    yield chunk
        for chunk in chunker.flush():
            yield chunk

    async def opened() -> None:
        pass

    voice = Timed()
    await voice.start()
    queue = SpeechQueue(voice, mixer)
    await queue.speak(1, chunks(), language="en", gate=opened)
    await done.wait()
    await voice.close()
    return queue, voice


async def _transcribed(pcm: Pcm) -> list[str]:
    """What Whisper hears in each half-minute stretch, cut at pauses, in the language it takes it for."""
    asr = WhisperAsr(AsrSettings())
    await asr.start()
    try:
        return [(await asr.transcribe(resample(piece, RATE, 16_000))).text for piece in _sentences(pcm)]
    finally:
        await asr.close()


def _sentences(pcm: Pcm) -> list[Pcm]:
    """``pcm`` cut where it is silent for a quarter of a second."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > 300)
    cuts = np.flatnonzero(np.diff(loud) > 0.25 * RATE)
    begins = np.concatenate([[loud[0]], loud[cuts + 1]])
    ends = np.concatenate([loud[cuts], [loud[-1]]])
    margin = RATE // 10
    return [pcm[max(0, a - margin) : b + margin] for a, b in zip(begins, ends, strict=True)]


def _units(text: str) -> list[str]:
    return re.findall(r"[a-z']+|[\u4e00-\u9fff]", text.lower())


def test_a_long_mixed_reply_is_heard_whole_in_order_and_without_a_gap(
    indoors: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHD_MODELS", str(MODELS))  # the room has a home of its own, without models

    async def main() -> tuple[Mixer, SpeechQueue, Timed]:
        loop = asyncio.get_running_loop()
        done, attached = asyncio.Event(), asyncio.Event()

        def notify(kind: str, turn_id: int, at: float) -> None:
            if kind in {"finished", "flushed"}:
                loop.call_soon_threadsafe(done.set)

        def on_health(part: str, healthy: bool, *_: object) -> None:
            if healthy:
                loop.call_soon_threadsafe(attached.set)

        mixer = Mixer(RATE, notify)
        device = asyncio.create_task(Loudspeaker("room_speaker", mixer, on_health).run())
        async with asyncio.timeout(20):
            await attached.wait()
        queue, voice = await _speak(mixer, done)
        await asyncio.sleep(0.3)  # the sound server's own buffer
        device.cancel()
        return mixer, queue, voice

    with indoors.record() as recording:
        mixer, queue, voice = asyncio.run(main())
        pcm = recording.pcm()
    assert [clip.index for clip in queue.report(1).clips] == list(range(len(queue.report(1).clips)))
    steps = np.abs(np.diff(pcm.astype(np.int32)))
    loud = np.abs(pcm.astype(np.int32)) > 300
    assert steps[~(loud[:-1] | loud[1:])].max(initial=0) < 600  # silence begins and ends without a step
    heard = _units(" ".join(asyncio.run(_transcribed(pcm))))
    said = _units(" ".join(sentence for _, sentence in SENTENCES))
    matched = difflib.SequenceMatcher(None, said, heard, autojunk=False).get_matching_blocks()
    assert sum(block.size for block in matched) / len(said) >= 0.85
    assert len(_sentences(pcm)) <= voice.clauses  # whatever silence there is stands between clauses
    if mixer.underruns(1) != (0, 0) and voice.slowest > 1:
        pytest.skip(f"a second of speech took up to {voice.slowest:.1f} s to make: other work is going on")
    assert mixer.underruns(1) == (0, 0)
