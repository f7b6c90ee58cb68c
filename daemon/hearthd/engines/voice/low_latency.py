"""Speaks through gsv-tts-lite in a process of its own: the cloned voice with the shortest way to it.

No server, no HTTP: audio comes a second of speech at a time over a socket, and a clip that nobody wants
is stopped at the next second. The process is supervised as the voice server is: made ready and warmed
up from ``start`` on, restarted when it dies, hangs or makes no sense, and also when its memory has grown
(GPT-SoVITS is known for that), in a moment when nobody speaks. While it is not ``ready`` it refuses at
once, so that a stand-in can speak.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

from hearthd.core.length import spoken_length
from hearthd.engines.protocols import EngineError, Pcm
from hearthd.engines.voice.gpt_sovits import (
    FIRST_WAIT,
    LONGEST_WAIT,
    RATE,
    WARM_UP_SECONDS,
    WARM_UP_TEXT,
    OnHealth,
)
from hearthd.engines.voice.gpt_sovits_errors import (
    NothingSaidError,
    RefusedError,
    RunawayAudioError,
    ServerGoneError,
    SilentAudioError,
    VoiceServerError,
)
from hearthd.engines.voice.gpt_sovits_request import longest_seconds, text_language
from hearthd.engines.voice.low_latency_process import VoiceProcess
from hearthd.voices import StoredVoice

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "hearthd.engines.voice.low_latency_child")
LOAD_SECONDS = 180.0
"""For torch and the weights from a cold disk."""
IDLE_SECONDS = 30.0
"""A process that has grown is exchanged when nobody has spoken for so long."""
GROWTH_BYTES = 2 * 2**30
"""More than it held after its first words by this is a leak; a clip's own needs are tenths of it."""


class LowLatencyVoice:
    """One cloned voice, in a process that is started and kept alive from here."""

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
        self.voice = voice
        self.name = voice.name
        self.rate = RATE
        self.ready = False
        """The process has spoken with this voice and has not failed since."""
        self._models = models
        self._languages = tuple(languages)
        self._unspoken: dict[str, str] = {}
        """Languages that it could not speak, and why."""
        self._first_audio_seconds = first_audio_seconds
        self._stall_seconds = stall_seconds
        self._on_health = on_health
        self._command = tuple(command)
        self._growth_bytes = growth_bytes
        self._idle_seconds = idle_seconds
        self._process: VoiceProcess | None = None
        self._doubt = asyncio.Event()
        """The process must go, or another voice was chosen."""
        self._spoken = asyncio.Event()
        """A clip has begun or ended."""
        self._speaking = 0
        self._keeper: asyncio.Task[None] | None = None
        self._attempt: asyncio.Future[None] | None = None

    # --- life -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Make the process ready for this voice. Raises EngineError if that fails, and goes on trying."""
        if self.ready:
            return
        if self._attempt is None or self._attempt.done():
            self._attempt = asyncio.get_running_loop().create_future()
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())
        await asyncio.shield(self._attempt)

    async def exchange(self, voice: StoredVoice) -> None:
        """Speak with another voice from now on; not ``ready`` until the process has loaded it."""
        self.voice, self.name = voice, voice.name
        self.ready = False
        self._doubt.set()

    async def close(self) -> None:
        """End the process."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._keeper, self.ready = None, False

    async def _keep(self) -> None:
        """Have a process that is ready, and another when it has gone."""
        wait = FIRST_WAIT
        while True:
            self._doubt.clear()
            try:
                self._process = process = await VoiceProcess.start(self._command)
                try:
                    await self._prepare(process)
                    wait = FIRST_WAIT
                    if not self._doubt.is_set():
                        self._report(None)
                        await self._until_over(process)
                finally:
                    self.ready, self._process = False, None
                    await process.end()
            except EngineError as error:
                self._report(error)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._doubt.wait(), wait)
                wait = min(wait * 2, LONGEST_WAIT)

    async def _prepare(self, process: VoiceProcess) -> None:
        """Load the voice and say a sentence to nobody in each language. Raises EngineError."""
        await process.load(described(self.voice, self._models), LOAD_SECONDS)
        self._unspoken.clear()
        failure: VoiceServerError | None = None
        for language in self._languages:
            text = WARM_UP_TEXT.get(language, WARM_UP_TEXT["en"])
            try:
                async with contextlib.aclosing(
                    process.speak(text, language, first=WARM_UP_SECONDS, gap=WARM_UP_SECONDS)
                ) as clip:
                    async for _ in clip:
                        pass
            except RefusedError as error:
                failure = error
                self._unspoken[language] = str(error)
        if failure is not None and len(self._unspoken) == len(self._languages):
            raise failure
        for language, reason in self._unspoken.items():
            log.warning("the voice process cannot speak %s: %s", language, reason, extra={"stage": "tts"})
        self.rate = process.rate

    async def _until_over(self, process: VoiceProcess) -> None:
        """Return when the process has gone, must go, or has grown and nobody speaks."""
        most = process.memory + self._growth_bytes
        signs = [asyncio.create_task(process.gone.wait()), asyncio.create_task(self._doubt.wait())]
        try:
            while not any(sign.done() for sign in signs):
                self._spoken.clear()
                grown = process.memory > most and not self._speaking
                spoken = asyncio.create_task(self._spoken.wait())
                patience = self._idle_seconds if grown else None
                done, _ = await asyncio.wait(
                    [*signs, spoken], timeout=patience, return_when=asyncio.FIRST_COMPLETED
                )
                spoken.cancel()
                if not done:
                    log.info("the voice process has grown and is exchanged", extra={"stage": "tts"})
                    return
        finally:
            for sign in signs:
                sign.cancel()
            await asyncio.gather(*signs, return_exceptions=True)
        if process.gone.is_set():
            log.warning("the voice process has gone and is started again", extra={"stage": "tts"})

    def _report(self, error: EngineError | None) -> None:
        self.ready = error is None
        if self._on_health is not None:
            self._on_health(str(error) if error is not None else None)
        if error is None:
            log.info("the voice process is ready with voice %s", self.name, extra={"stage": "tts"})
        else:
            log.info("the voice process is not ready: %s", error, extra={"stage": "tts"})
        if self._attempt is not None and not self._attempt.done():
            if error is None:
                self._attempt.set_result(None)
            else:
                self._attempt.set_exception(error)
                self._attempt.exception()  # asked for or not

    # --- speaking -------------------------------------------------------------------------------

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        """Stream the clip of ``text``, int16 at ``rate``. Raises EngineError; see ``gpt_sovits_errors``."""
        if spoken_length(text) == 0:
            return
        process = self._process
        if process is None or not self.ready:
            raise ServerGoneError("the voice process is not ready")
        spoken_as = text_language(text, language)
        if spoken_as in self._unspoken:
            raise RefusedError(f"the voice process cannot speak {spoken_as}: {self._unspoken[spoken_as]}")
        most = longest_seconds(text, self.voice) * self.rate
        samples, silent = 0, True
        self._speaking += 1
        self._spoken.set()
        clip = process.speak(
            " ".join(text.split()), spoken_as, first=self._first_audio_seconds, gap=self._stall_seconds
        )
        try:
            async with contextlib.aclosing(clip) as pieces:
                async for pcm in pieces:
                    samples += len(pcm)
                    silent = silent and not pcm.any()
                    if samples > most:
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


def described(voice: StoredVoice, models: Path) -> dict[str, Any]:
    """What the process must know of ``voice``."""
    wanted = {
        "text", "language", "gpt_weights", "sovits_weights", "speed", "seed", "temperature", "top_k", "top_p",
        "repetition_penalty",
    }  # fmt: skip
    return {**voice.model_dump(include=wanted), "clip": str(voice.clip), "models": str(models)}
