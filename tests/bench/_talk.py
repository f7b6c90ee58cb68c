"""What the benches of barge-in share: who talks, in which rooms, and how it is counted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import numpy as np

from hearthd.common.errors import EngineError
from hearthd.config.settings import AsrSettings
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.engines.protocols import Transcript
from tests.bench import CannotRun, Figure
from tests.scenes.scene import CAT, TEA, Line, Pcm, Scene
from tests.utterances import available

TELLERS = (("heart", TEA), ("zf_xiaoxiao", CAT), ("am_michael", TEA), ("zm_yunxia", CAT))
ROOMS = (0.15, 0.25, 0.4)
"""Reverberation of the three rooms, in seconds."""
DELAYS = (0.02, 0.06, 0.12, 0.2, 0.25)


def scenes(lines: list[tuple[str, str]], near_db: float, after: float, seed: int) -> Iterator[Scene]:
    """One scene a line (voice, words): 6 to 9 s into a reply, each in another room at another delay."""
    if not available():
        raise CannotRun("the voices are not installed: `hearthd models pull`")
    rng = np.random.default_rng(seed)
    for number, (voice, text) in enumerate(lines):
        at = float(np.round(rng.uniform(6, 9), 3))
        length = len(Line(at, text, voice).render()) / 16_000
        teller, reply = TELLERS[number % len(TELLERS)]
        yield Scene(
            reply,
            teller,
            people=(Line(at, text, voice),),
            near_db=near_db,
            room=number % 3,
            rt60=ROOMS[number % 3],
            delay=DELAYS[number % 5],
            seconds=at + length + after,
        )


class Whisper:
    """Whisper base, called without waiting."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._asr = WhisperAsr(AsrSettings())
        try:
            self._loop.run_until_complete(self._asr.start())
        except EngineError as error:
            raise CannotRun(str(error)) from None

    def __call__(self, pcm: Pcm, *, quick: bool = False) -> Transcript:
        """What is said in ``pcm``."""
        return self._loop.run_until_complete(self._asr.transcribe(pcm, quick=quick))


def spread(bench: str, figure: str, seconds: list[float]) -> Iterator[Figure]:
    """Median and 95th percentile, in ms."""
    if seconds:
        yield Figure(bench, f"{figure}, median", 1000 * float(np.median(seconds)), "ms", n=len(seconds))
        yield Figure(bench, f"{figure}, p95", 1000 * float(np.percentile(seconds, 95)), "ms", n=len(seconds))
