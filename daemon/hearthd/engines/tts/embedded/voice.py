"""The voices that live in the daemon: hibari for English, Kokoro for Chinese and for the two mixed.

One worker thread speaks, clause by clause (``runs``), and each clause is handed on as soon as it is
made. Closing the generator stops the model in the middle of a clause, so the next sentence does not
wait for one that nobody hears. Both engines come out at one loudness, without the silence they put
around a clip and without a step at its ends.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.engines.tts.embedded.kokoro import RATE, Cancellation, Kokoro
from hearthd.engines.tts.embedded.phonemes import english
from hearthd.engines.tts.embedded.segments import Run, split
from hearthd.models import manifest

log = logging.getLogger(__name__)

HIBARI_VOICE = "heart"
KEPT, KEPT_SECONDS = 64, 2.0
"""So many short clauses are kept (6 MB): "好的，", "Sure,". Kokoro takes half a second for one, and a
reply that begins with it is silent so long."""
_LOUDNESS = 0.08
"""RMS of a run's sounding parts (-22 dBFS): what hibari does by itself."""
_MAX_GAIN = 4.0
_PEAK = 0.9
_FRAME = RATE // 100
_QUIET = 10 ** (-50 / 20)
_LEAD = 3 * _FRAME
_TAIL = 5 * _FRAME
_FADE = RATE // 200

Samples = NDArray[np.float32]
Result = TypeVar("Result")


class EmbeddedVoice:
    """``protocols.Voice`` for both languages without a server."""

    whole_clauses = True
    """What it yields ends where one can pause."""

    def __init__(self, english: str = HIBARI_VOICE, chinese: str = "zf_xiaoxiao") -> None:
        """``english``: "heart" (hibari's) or a voice of Kokoro's; ``chinese``: one of Kokoro's."""
        self.name = f"embedded {english}/{chinese}"
        self.rate = RATE
        self._english = english
        self._chinese = chinese
        self._worker = ThreadPoolExecutor(1, "voice")
        self._stops: set[Cancellation] = set()
        self._hibari: Any = None
        self._kokoro: Kokoro | None = None
        self._no_kokoro = "the embedded voice was not started"
        self._openings: OrderedDict[Run, Pcm] = OrderedDict()
        """The short clauses that were said last, in memory only."""

    def new_reply(self) -> None:
        """The same two voices speak every reply."""

    async def start(self) -> None:
        """Load and warm up both voices. Raises EngineError where English cannot be spoken.

        Without Kokoro's files the voice speaks English only, and says so.
        """
        if self._hibari is None:
            await self._work(lambda _: self._load())

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        """Speak ``text``, one array a clause; nothing where nothing in it can be said.

        The text decides which voice speaks; ``language`` only where it holds neither letters nor Han
        characters (digits). Raises EngineError.
        """
        if self._hibari is None:
            raise EngineError(self._no_kokoro)
        try:
            runs = split(text)
        except ValueError as error:
            raise EngineError(str(error)) from error
        if language == "zh" and not any(character.isalpha() for character in text):
            runs = [Run(run.text, "zh", run.pause) for run in runs]
        for number, run in enumerate(runs, 1):
            pcm = await self._spoken(run)
            if len(pcm):
                pause = 0 if number == len(runs) else round(run.pause * RATE)
                yield np.pad(pcm, (0, pause))

    async def _spoken(self, run: Run) -> Pcm:
        """The run's sound; a short one that was said before is at hand."""
        kept = self._openings.get(run)
        if kept is not None:
            self._openings.move_to_end(run)
            return kept
        pcm = await self._work(functools.partial(self._speak, run))
        if 0 < len(pcm) <= KEPT_SECONDS * RATE:
            pcm.flags.writeable = False
            self._openings[run] = pcm
            if len(self._openings) > KEPT:
                self._openings.popitem(last=False)
        return pcm

    async def close(self) -> None:
        """Free the models and end the worker."""
        for stop in self._stops:
            stop.set()
        self._worker.shutdown(wait=False, cancel_futures=True)
        self._hibari = self._kokoro = None
        self._openings.clear()
        self._no_kokoro = "the embedded voice is closed"

    async def _work(self, job: Callable[[Cancellation], Result]) -> Result:
        stop = Cancellation()
        self._stops.add(stop)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, job, stop)
        except EngineError:
            raise
        except Exception as error:  # whatever ONNX Runtime and the dictionaries raise
            raise EngineError(f"{self.name} cannot speak: {type(error).__name__}") from error
        finally:  # whoever does not wait for the job any more does not want it any more
            stop.set()
            self._stops.discard(stop)

    def _load(self) -> None:
        from hibari import Hibari

        threads = min(2, len(os.sched_getaffinity(0)))
        hibari = Hibari(threads=1, g2p=english())
        hibari("Ready.", seed=0)
        try:
            self._kokoro = Kokoro(manifest.path("kokoro"), threads=threads)
            self._kokoro.speak("你好。", self._chinese)
            if self._english != HIBARI_VOICE:
                self._kokoro.speak("Ready.", self._english)
        except EngineError as error:
            if self._english != HIBARI_VOICE:
                raise
            self._kokoro = None
            self._no_kokoro = f"no Chinese voice: {error}"
            log.warning("voice: English only: %s", error, extra={"stage": "tts"})
        self._hibari = hibari

    def _speak(self, run: Run, stop: Cancellation) -> Pcm:
        if run.language == "en" and self._english == HIBARI_VOICE:
            if self._hibari is None:
                raise EngineError(self._no_kokoro)
            made: Samples = self._hibari(run.text, seed=0)
        else:
            if self._kokoro is None:
                raise EngineError(self._no_kokoro)
            voice = self._chinese if run.language == "zh" else self._english
            made = self._kokoro.speak(run.text, voice, stop=stop)
        return _finish(made)


def _finish(sound: Samples) -> Pcm:
    """``sound`` without the silence around it, at the common loudness, its ends faded; empty if silent."""
    frames = sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)
    loudness = np.sqrt(np.square(frames, dtype=np.float64).mean(axis=1))
    sounding = np.flatnonzero(loudness > _QUIET)
    if not len(sounding):
        return np.zeros(0, np.int16)
    first = max(0, int(sounding[0]) * _FRAME - _LEAD)
    cut = sound[first : (int(sounding[-1]) + 1) * _FRAME + _TAIL].astype(np.float32)
    level = float(np.sqrt(np.square(loudness[sounding]).mean()))
    gain = min(_LOUDNESS / level, _MAX_GAIN, _PEAK / float(np.abs(cut).max()))
    cut *= np.float32(gain)
    fade = min(_FADE, len(cut) // 2)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    cut[:fade] *= ramp
    cut[len(cut) - fade :] *= ramp[::-1]
    return np.round(cut * 32767).astype(np.int16)
