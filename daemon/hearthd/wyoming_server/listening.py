"""``asr``: sound comes, words go back as soon as the person has finished, during the upload if need be.

Home Assistant need not find the end (``requires_external_vad`` is false): Silero and our own endpoint do.
Where whoever sends ends the sound first, all of it is recognised.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import numpy as np
from wyoming.asr import Transcript
from wyoming.event import Event

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.config.settings import EndpointSettings
from hearthd.engines.protocols import Asr, Vad
from hearthd.engines.vad.vad import WINDOW
from hearthd.engines.wyoming_wire import Sound, text_of
from hearthd.turn_taking.endpointing import EndpointChange, EndpointDetector
from hearthd.wyoming_server.server import Send

MAX_SAMPLES = 60 * SAMPLE_RATE
"""Of one request; the recogniser takes 120 s."""
SPEECH = 0.5
"""Silero's own threshold."""
BEFORE = SAMPLE_RATE // 2
"""Before the first speech noticed the recogniser gets so much: consonants are quiet."""


class Listening:
    """One connection's. ``asr`` recognises, ``make_vad`` makes a VAD for each request."""

    def __init__(
        self, asr: Asr, make_vad: Callable[[], Vad], endpoint: EndpointSettings, languages: tuple[str, ...]
    ) -> None:
        self._asr, self._make_vad, self._endpoint = asr, make_vad, endpoint
        self._languages = languages
        self._language: str | None = None
        self._sound: Sound | None = None
        self._pieces: list[Pcm] = []
        self._samples = 0
        self._start = 0

    async def take(self, event: Event, send: Send) -> Coroutine[None, None, None] | None:
        """See ``Service``."""
        match event.type:
            case "transcribe":
                wanted = text_of(event, "language", 20).split("-")[0].split("_")[0].lower()
                self._language = wanted if wanted in self._languages else None
            case "audio-start":
                await self._begin()
            case "audio-chunk" if self._sound is not None:
                if self._heard(self._sound.take(event)):
                    return self._answer(send)
            case "audio-stop" if self._sound is not None:
                return self._answer(send)
        return None

    def close(self) -> None:
        """See ``Service``."""
        self._pieces = []

    async def _begin(self) -> None:
        self._vad = await asyncio.to_thread(self._make_vad)
        self._detector = EndpointDetector(
            silence_seconds=self._endpoint.silence_seconds,
            no_speech_seconds=self._endpoint.no_speech_seconds,
            max_seconds=self._endpoint.max_seconds,
        )
        self._sound = Sound()
        self._pieces, self._samples, self._start = [], 0, 0

    def _heard(self, pcm: Pcm) -> bool:
        """Whether the person has finished in what came."""
        self._pieces.append(pcm)
        self._samples += len(pcm)
        over = self._samples >= MAX_SAMPLES
        for probability in self._vad.process(pcm):
            for mark in self._detector.process(WINDOW, probability >= SPEECH):
                if mark.change is EndpointChange.STARTED:
                    self._start = max(0, mark.sample - BEFORE)
                over = over or mark.change in (EndpointChange.ENDED, EndpointChange.NOTHING)
        return over

    def _answer(self, send: Send) -> Coroutine[None, None, None]:
        """What is to be done with all that was heard; what comes after it is not listened to."""
        audio = np.concatenate([np.zeros(0, np.int16), *self._pieces])[self._start :]
        self._sound, self._pieces = None, []
        return self._recognised(audio, self._language, send)

    async def _recognised(self, audio: Pcm, language: str | None, send: Send) -> None:
        text = ""
        if len(audio) >= SAMPLE_RATE // 10:
            heard = await self._asr.transcribe(audio, language=language)
            text, language = heard.text, heard.language
        await send(Transcript(text=text, language=language).event())
