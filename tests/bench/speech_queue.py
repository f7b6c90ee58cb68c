"""The speech queue: what it adds between clips, to the first sound, and to the processor's work.

Clips of hum with silence around them go through the real queue and mixer on a virtual clock, so gaps
are exact to the sample; work is processor time of the real thing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from itertools import pairwise

import numpy as np

from hearthd.audio.playback.mixer import Mixer
from hearthd.common.audio import Pcm
from hearthd.speech.clip_shaper import LEAD_SECONDS, TAIL_SECONDS, Loudness, Shaper
from hearthd.speech.queue import SpeechQueue
from hearthd.text.chunker import Chunk
from tests.bench import Figure
from tests.virtual_time import run as run_virtually

BENCH = "speech_queue"
RATE = 48_000
BLOCK = 240
PAUSE = 0.35
SENTENCES = 10
COST = 0.3
"""Seconds of work per second of speech: GPT-SoVITS on a small GPU."""


class Hum:
    """A voice that takes its time, streams, and leaves silence around what it says."""

    name = "hum"
    rate = 32_000

    def __init__(self) -> None:
        self.first_at: float | None = None

    async def start(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Nothing to free."""

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        """1.5 s of hum between silences of 0.3 s, in pieces of 0.64 s as the real one streams."""
        time_ = np.arange(round(1.5 * self.rate)) / self.rate
        level = 2_000 + 400 * len(text)
        sound = level * np.sin(2 * np.pi * 210 * time_) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * time_))
        silence = np.zeros(round(0.3 * self.rate))
        clip = np.rint(np.concatenate([silence, sound, silence])).astype(np.int16)
        piece = round(0.64 * self.rate)
        for start in range(0, len(clip), piece):
            part = clip[start : start + piece]
            await asyncio.sleep(COST * len(part) / self.rate)
            if self.first_at is None:
                self.first_at = asyncio.get_running_loop().time()
            yield part


async def _reply() -> tuple[Pcm, Mixer, float]:
    loop = asyncio.get_running_loop()
    mixer = Mixer(RATE, clock=loop.time)
    blocks: list[Pcm] = []
    began = loop.time()

    async def device() -> None:
        while True:
            blocks.append(mixer.render(BLOCK, loop.time()))
            await asyncio.sleep(BLOCK / RATE)

    async def chunks() -> AsyncIterator[Chunk]:
        for index in range(SENTENCES):
            yield Chunk(index, "Sentence" + "s" * index + ".", PAUSE)

    async def opened() -> None:
        pass

    task = asyncio.create_task(device())
    voice = Hum()
    await SpeechQueue(voice, mixer).speak(1, chunks(), language="en", gate=opened)
    await asyncio.sleep(mixer.waiting() / RATE + 0.1)
    task.cancel()
    assert voice.first_at is not None
    return np.concatenate(blocks), mixer, voice.first_at - began


def run() -> list[Figure]:
    """The figures."""
    recorded, mixer, first_piece = run_virtually(_reply())
    loud = np.flatnonzero(np.abs(recorded.astype(np.int32)) > 300)
    ends = np.flatnonzero(np.diff(loud) > 0.1 * RATE)
    begins = np.concatenate([[loud[0]], loud[ends + 1]])
    stops = np.concatenate([loud[ends], [loud[-1]]])
    gaps = [(begin - stop) / RATE for (_, stop), (begin, _) in pairwise(zip(begins, stops, strict=True))]
    wanted = PAUSE + LEAD_SECONDS + TAIL_SECONDS
    steps = np.abs(np.diff(recorded.astype(np.int32)))
    edge = RATE // 50
    inside = max(int(steps[a + edge : b - edge].max()) for a, b in zip(begins, stops, strict=True))
    levels = [
        float(np.sqrt(np.mean(recorded[a:b].astype(float) ** 2))) for a, b in zip(begins, stops, strict=True)
    ]
    spread = 20 * float(np.log10(max(levels) / min(levels)))
    made = [2_000 + 400 * len("Sentence" + "s" * index + ".") for index in range(SENTENCES)]
    made_spread = 20 * float(np.log10(max(made) / min(made)))
    added = (max(gaps) - wanted) * 1000
    first_sound = (int(loud[0]) / RATE - first_piece) * 1000
    heard, step = len(begins), int(steps.max())
    return [
        Figure(BENCH, "clips heard", heard, "clips", SENTENCES, heard / SENTENCES, 1),
        Figure(BENCH, "gap between clips, most", round(max(gaps) * 1000, 2), "ms", round(wanted * 1000, 1),
               round(max(gaps) / wanted, 4), len(gaps)),
        Figure(BENCH, "gap added between clips, most", round(added, 2), "ms", n=len(gaps)),
        Figure(BENCH, "underruns", mixer.underruns(1)[0], "", n=1),
        Figure(BENCH, "first sound after the voice's first samples", round(first_sound, 1), "ms", n=1),
        Figure(BENCH, "loudness spread of the clips", round(spread, 2), "dB", round(made_spread, 2),
               round(spread / made_spread, 3), SENTENCES),
        Figure(BENCH, "steepest step, joins included", step, "of 32768", inside, round(step / inside, 3), 1),
        Figure(BENCH, "processor time of shaping", round(_work() * 1000, 2), "ms per s of speech", n=20),
    ]  # fmt: skip


def _work() -> float:
    """Processor seconds to shape one second of speech that streams in."""
    time_ = np.arange(32_000) / 32_000
    second = np.rint(6_000 * np.sin(2 * np.pi * 210 * time_)).astype(np.int16)
    runs = []
    for _ in range(20):
        shaper = Shaper(32_000, RATE, Loudness())
        began = time.process_time()
        for start in range(0, 32_000, 3_200):
            shaper.feed(second[start : start + 3_200])
        shaper.finish()
        runs.append(time.process_time() - began)
    return min(runs)
