"""What the daemon itself adds to a turn: engines that answer at once, the real dialogue, turn and queue.

Measured from the endpoint's event to the first samples handed to the speaker, on the real clock. The
baseline is the bare minimum in the same run: one callback of the loop and one hand-over to the mixer.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hearthd.audio.playback.mixer import Mixer
from hearthd.common.audio import Pcm
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.engines.messages import Message, ReplyEvent, Text, ToolSpec
from hearthd.engines.protocols import Transcript
from tests.bench import Figure
from tests.scripted import Scripted, ScriptedAsr, ScriptedChat, ScriptedVoice

TURNS = 200
TONE = (8000 * np.sin(np.arange(4800) * 0.06)).astype(np.int16)


class InstantAsr(ScriptedAsr):
    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        return Transcript("what time is it", "en")


class InstantChat(ScriptedChat):
    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None: ...

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        for word in ("It is", "half past", "three, and", "the sun", "is shining."):
            yield Text(word + " ")


class InstantVoice(ScriptedVoice):
    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        yield TONE


def run() -> list[Figure]:
    """Median and 95th percentile in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        took = np.array(asyncio.run(_turns(Path(folder)))) * 1000
    bare = np.array(asyncio.run(_bare())) * 1000
    return [
        Figure(
            "turn_overhead",
            f"endpoint to first PCM, {name}",
            float(np.percentile(took, q)),
            "ms",
            float(np.percentile(bare, q)),
            float(np.percentile(took, q) / np.percentile(bare, q)),
            len(took),
        )
        for name, q in (("median", 50), ("p95", 95))
    ]


async def _turns(folder: Path) -> list[float]:
    settings = Settings.model_validate({"audio": {"chime": False}, "follow_up": {"seconds": 0.0}})
    took: list[float] = []
    async with Scripted(folder, settings, InstantAsr(), InstantChat(), InstantVoice()) as speaker:
        mixer: Any = speaker.room.mixer
        play = mixer.play
        first: asyncio.Future[float]

        def timed(*arguments: Any) -> None:
            play(*arguments)
            if not first.done():
                first.set_result(time.perf_counter())

        mixer.play = timed
        for number in range(1, TURNS + 1):
            first = asyncio.get_running_loop().create_future()
            speaker.room.post(e.ListenRequested(speaker.clock(), speaker.sample))
            words = e.Utterance(
                speaker.sample, speaker.sample + 16000, speaker.sample + 16000, speaker.clock()
            )
            await asyncio.sleep(0.005)
            began = time.perf_counter()
            speaker.room.post(e.SpeechEnded(speaker.clock(), words))
            took.append(await first - began)
            speaker.room.post(e.StopRequested(speaker.clock()))
            await speaker.until(lambda count=number: len(speaker.turns) == count)  # type: ignore[misc]
    return took


async def _bare() -> list[float]:
    loop = asyncio.get_running_loop()
    mixer = Mixer()
    took: list[float] = []
    for number in range(TURNS):
        done = loop.create_future()
        began = time.perf_counter()
        loop.call_soon(lambda n=number, d=done: d.set_result(mixer.play(n, 0, TONE)))  # type: ignore[misc]
        await done
        took.append(time.perf_counter() - began)
    return took
