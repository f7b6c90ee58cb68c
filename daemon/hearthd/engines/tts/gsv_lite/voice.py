"""Speaks through gsv-tts-lite in a process of its own: the cloned voice with the shortest way to it.

No server, no HTTP: audio comes a second of speech at a time over a socket, and a clip that nobody wants
is stopped at the next second. The process is kept (``kept``): started again when it dies, hangs or makes
no sense, and also when its memory has grown (GPT-SoVITS is known for that), in a moment when nobody
speaks.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

from hearthd.common.audio import Pcm
from hearthd.common.errors import (
    NothingSaidError,
    RunawayAudioError,
    ServerGoneError,
    ServerSlowError,
    SilentAudioError,
)
from hearthd.common.parts import OnHealth
from hearthd.engines.supervised_voice import WARM_UP_SECONDS, SupervisedVoice
from hearthd.engines.tts.gsv_lite.process import VoiceProcess
from hearthd.text.duration import longest_seconds, spoken_length
from hearthd.voices.profiles import StoredVoice

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "hearthd.engines.tts.gsv_lite.worker")
LOAD_SECONDS = 300.0
"""torch and the engine want 40 s of a processor before the first sound, and perhaps a cold disk."""
IDLE_SECONDS = 30.0
"""A process that has grown is exchanged when nobody has spoken for so long."""
GROWTH_BYTES = 2 * 2**30
"""More than it held after its first words by this is a leak; a clip's own needs are tenths of it."""


class LowLatencyVoice(SupervisedVoice):
    """One cloned voice, in a process that is started and kept alive from here."""

    spoken_by = "voice process"
    fatal = (ServerGoneError, ServerSlowError)

    def __init__(
        self,
        voice: StoredVoice,
        models: Path,
        *,
        languages: Sequence[str] = ("en", "zh"),
        first_audio_seconds: float = 5.0,
        stall_seconds: float = 3.0,
        on_health: OnHealth | None = None,
        command: Sequence[str] = COMMAND,
        growth_bytes: int = GROWTH_BYTES,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """``models``: the folder with gsv-tts-lite's pretrained models."""
        super().__init__(voice, languages, on_health)
        self._models = models
        self._first_audio_seconds = first_audio_seconds
        self._stall_seconds = stall_seconds
        self._command = tuple(command)
        self._growth_bytes = growth_bytes
        self._idle_seconds = idle_seconds
        self._process: VoiceProcess | None = None
        self._spoken = asyncio.Event()
        """A clip has begun or ended."""
        self._speaking = 0

    # --- life -----------------------------------------------------------------------------------

    async def _live(self) -> None:
        self._process = process = await VoiceProcess.start(self._command)
        try:
            await process.load(described(self.voice, self._models), LOAD_SECONDS)
            await self._warm_up(functools.partial(_say_to_nobody, process))
            self.rate = process.rate
            if self._is_ready():
                await self._until_over(process)
        finally:
            self.ready, self._process = False, None
            await process.end()

    async def _until_over(self, process: VoiceProcess) -> None:
        """Return when the process has gone, must go, or has grown and nobody speaks."""
        most = process.memory + self._growth_bytes
        ends = [asyncio.create_task(process.gone.wait()), asyncio.create_task(self._doubt.wait())]
        try:
            while not any(end.done() for end in ends):
                self._spoken.clear()
                grown = process.memory > most and not self._speaking
                spoken = asyncio.create_task(self._spoken.wait())
                patience = self._idle_seconds if grown else None
                done, _ = await asyncio.wait(
                    [*ends, spoken], timeout=patience, return_when=asyncio.FIRST_COMPLETED
                )
                spoken.cancel()
                if not done:
                    log.info("the voice process has grown and is exchanged", extra={"stage": "tts"})
                    return
        finally:
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
        if process.gone.is_set():
            log.warning("the voice process has gone and is started again", extra={"stage": "tts"})

    # --- speaking -------------------------------------------------------------------------------

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        """Stream the clip of ``text``, int16 at ``rate``. Raises EngineError; see ``gpt_sovits_errors``."""
        if spoken_length(text) == 0:
            return
        process = self._process
        if process is None or not self.ready:
            raise ServerGoneError("the voice process is not ready")
        spoken_as = self._spoken_as(text, language)
        most_seconds = longest_seconds(text, self.voice.speed)
        samples, silent = 0, True
        self._speaking += 1
        self._spoken.set()
        clip = process.speak(
            " ".join(text.split()),
            spoken_as,
            first=self._first_audio_seconds,
            gap=self._stall_seconds,
            most_seconds=most_seconds,
        )
        try:
            async with contextlib.aclosing(clip) as pieces:
                async for pcm in pieces:
                    samples += len(pcm)
                    silent = silent and not pcm.any()
                    if samples > most_seconds * self.rate:
                        raise RunawayAudioError("the voice process goes on much longer than the text can be")
                    yield pcm
        finally:
            self._speaking -= 1
            self._spoken.set()
            if process.gone.is_set():
                self.ready = False
        if samples == 0:
            raise NothingSaidError("the voice process found nothing to say in the text")
        if silent:
            raise SilentAudioError("the voice process gave nothing but silence")


async def _say_to_nobody(process: VoiceProcess, text: str, language: str) -> None:
    clip = process.speak(
        text, language, first=WARM_UP_SECONDS, gap=WARM_UP_SECONDS, most_seconds=WARM_UP_SECONDS
    )
    async with contextlib.aclosing(clip) as pieces:
        async for _ in pieces:
            pass


def described(voice: StoredVoice, models: Path) -> dict[str, Any]:
    """What the process must know of ``voice``."""
    wanted = {
        "text", "language", "gpt_weights", "sovits_weights", "speed", "seed", "temperature", "top_k", "top_p",
        "repetition_penalty",
    }  # fmt: skip
    return {**voice.model_dump(include=wanted), "clip": str(voice.clip), "models": str(models)}
