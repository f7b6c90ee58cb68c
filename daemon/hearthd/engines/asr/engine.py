"""Speech recognition: Whisper in one worker thread, on the best device that is there.

The asyncio side never waits for the model to finish what nobody wants any more: cancelling ``transcribe``
returns at once, and the worker gives up before its next step (encode, decode, next 30 s of a long
utterance), so the next request waits for one step of a dead one at most.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.config.settings import AsrSettings
from hearthd.engines.asr.whisper import CancelledError, Recogniser
from hearthd.engines.protocols import PhraseHeard, Transcript
from hearthd.models import manifest
from hearthd.turn_taking.wake_phrase import name_of

log = logging.getLogger(__name__)

_CUDA_TYPES = ("float16", "int8_float16", "int8", "float32")
"""What to compute with on a GPU, best first."""
_MAX_THREADS = 4
"""More bring nothing to utterances of a few seconds."""
_MAX_SECONDS = 120.0
"""The longest audio taken; an utterance has 30 s at most."""

Result = TypeVar("Result")


class WhisperAsr:
    """``protocols.Asr`` on faster-whisper's models."""

    def __init__(self, settings: AsrSettings) -> None:
        """``settings`` name the model (or a folder), the device, and the languages to choose from."""
        self._settings = settings
        self._recogniser: Recogniser | None = None
        self._worker = ThreadPoolExecutor(1, "asr")
        self.name = settings.model
        """Model, device and compute type, once started: "whisper-base cpu int8"."""

    async def start(self) -> None:
        """Load and warm up. Raises EngineError."""
        if self._recogniser is None:
            self._recogniser = await self._work(lambda _: self._load())
            log.info("speech recognition: %s", self.name, extra={"stage": "asr"})

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        """The words of 16 kHz ``audio``. ``language`` pins it, else the likeliest configured one is taken.

        ``quick`` forgoes the second attempt at a doubtful text, which takes five times as long as the first.

        Raises EngineError where the model fails or was not started, ValueError for more than 120 s.
        """
        recogniser = self._recogniser
        if recogniser is None:
            raise EngineError("speech recognition was not started")
        if audio.ndim != 1 or len(audio) > _MAX_SECONDS * SAMPLE_RATE:
            raise ValueError(f"audio must be mono and at most {_MAX_SECONDS:.0f} s long")
        if language is not None and language not in self._settings.languages:
            raise ValueError(f'the language "{language}" is not among the configured ones')
        return await self._work(
            lambda abandoned: recogniser.transcribe(audio, language, abandoned, quick=quick)
        )

    async def hear_phrase(self, audio: Pcm, phrase: str) -> PhraseHeard:
        """What ``audio`` (its last 10 s) holds, and how likely it is ``phrase``. Raises EngineError."""
        recogniser = self._recogniser
        if recogniser is None:
            raise EngineError("speech recognition was not started")
        written = phrase.strip().title()  # as Whisper writes a name
        name = name_of(written)
        greeting = written.removesuffix(name).strip()
        return await self._work(
            lambda abandoned: recogniser.hear_phrase(audio[-10 * SAMPLE_RATE :], greeting, name, abandoned)
        )

    async def close(self) -> None:
        """Free the model and end the worker."""
        self._recogniser = None
        self._worker.shutdown(wait=False, cancel_futures=True)

    async def _work(self, job: Callable[[Callable[[], bool]], Result]) -> Result:
        abandoned = threading.Event()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, job, abandoned.is_set)
        except CancelledError:  # only ever raised in the worker of a task that is gone
            raise EngineError("speech recognition was cancelled") from None
        except EngineError:
            raise
        except RuntimeError as error:  # of CTranslate2, or of a worker that was closed
            raise EngineError(f"speech recognition failed: {error}") from error
        except Exception as error:  # files that do not fit together: a tokenizer's TypeError and the like
            raise EngineError(f"speech recognition failed ({type(error).__name__})") from error
        finally:
            abandoned.set()

    def _load(self) -> Recogniser:
        folder = manifest.path(self._settings.model)
        for device, compute_type in self._candidates():
            try:
                return self._warm(folder, device, compute_type)
            except EngineError as error:
                if device == "cpu" or self._settings.device == "cuda":
                    raise
                log.warning(
                    "no speech recognition on the GPU, so on the CPU: %s", error, extra={"stage": "asr"}
                )
        raise EngineError("no CUDA device for speech recognition: set asr.device to auto or cpu")

    def _candidates(self) -> list[tuple[str, str]]:
        import ctranslate2

        wanted, found = self._settings.compute_type, []
        if self._settings.device != "cpu" and ctranslate2.get_cuda_device_count() > 0:
            able = ctranslate2.get_supported_compute_types("cuda")
            best = next((kind for kind in _CUDA_TYPES if kind in able), "default")
            found.append(("cuda", best if wanted == "auto" else wanted))
        if self._settings.device != "cuda":
            found.append(("cpu", "int8" if wanted in ("auto", "float16", "int8_float16") else wanted))
        return found

    def _warm(self, folder: Path, device: str, compute_type: str) -> Recogniser:
        began = time.monotonic()
        threads = min(_MAX_THREADS, len(os.sched_getaffinity(0)))
        recogniser = Recogniser(
            folder, self._settings.languages, device=device, compute_type=compute_type, threads=threads
        )
        hum = np.sin(np.arange(SAMPLE_RATE) / 20) * 3000
        try:
            recogniser.transcribe(hum.astype(np.int16), None, lambda: False)
        except RuntimeError as error:  # the libraries of CUDA are first needed here
            raise EngineError(f"{device} {compute_type}: {error}") from error
        self.name = f"{self._settings.model} {device} {recogniser.compute_type}"
        log.debug("%s loaded in %.2f s", self.name, time.monotonic() - began)
        return recogniser
