"""Which voice speaks, and who stands in for it.

A configured cloned voice speaks whenever its server can; until then, and from the moment it fails to
the end of that reply, the embedded voice does. No reply changes voices twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from hearthd.audio.resample import Resampler
from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.common.parts import OnHealth
from hearthd.common.paths import models_dir
from hearthd.config.settings import Settings
from hearthd.engines.protocols import Voice
from hearthd.engines.supervised_voice import SupervisedVoice
from hearthd.engines.tts.gpt_sovits.voice import GptSovitsVoice
from hearthd.engines.tts.gsv_lite.voice import LowLatencyVoice
from hearthd.voices import profiles

log = logging.getLogger(__name__)

RATE = 48_000
"""What ``FallbackVoice`` yields, whoever speaks: the mixer's own rate, so nothing is resampled twice."""

MakeVoice = Callable[[Settings], Voice]

TRY_FIRST_AUDIO_SECONDS = 60.0
TRY_STALL_SECONDS = 30.0
"""Nobody waits for an answer where a voice is only tried."""


class FallbackVoice:
    """A cloned voice, and another that speaks when the first cannot.

    A clip that fails before any of it came is given by the stand-in within the same call. One that
    fails later raises EngineError: the caller knows what of it was heard, and asks again.
    """

    rate = RATE

    def __init__(self, first: SupervisedVoice, stand_in: Voice) -> None:
        self.first = first
        self.stand_in = stand_in
        self._fallen = False
        """The first voice has failed in this reply."""
        self._starting: asyncio.Task[None] | None = None
        self.name = first.name
        """The name of the voice that speaks now."""

    def new_reply(self) -> None:
        """The next clip begins a reply: the first voice may speak again."""
        self._fallen = False
        self._chosen()

    def _chosen(self) -> Voice:
        """Who speaks now; once the first voice has been passed over, the stand-in to the reply's end."""
        self._fallen = self._fallen or not self.first.ready
        chosen: Voice = self.stand_in if self._fallen else self.first
        self.name = chosen.name
        return chosen

    @property
    def whole_clauses(self) -> bool:
        """Whether what the voice that speaks now yields ends where one can pause."""
        return (self.stand_in if self._fallen else self.first).whole_clauses

    async def start(self) -> None:
        """Load the stand-in, and ready the server meanwhile. Raises EngineError if neither can speak."""
        self._starting = asyncio.create_task(self.first.start())
        self._starting.add_done_callback(_told_already)
        try:
            await self.stand_in.start()
        except EngineError as error:
            log.warning("no stand-in for the voice server: %s", error, extra={"stage": "tts"})
            await self._starting

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        """Stream the clip of ``text`` at ``rate``, spoken by whoever can. Raises EngineError."""
        if self._chosen() is self.first:
            given = False
            try:
                async with aclosing(_at_rate(self.first, text, language)) as clip:
                    async for pcm in clip:
                        given = True
                        yield pcm
                return
            except EngineError as error:
                self._fallen = True
                self._chosen()
                if given:
                    raise
                log.warning("the stand-in speaks the rest of this reply: %s", error, extra={"stage": "tts"})
        async with aclosing(_at_rate(self.stand_in, text, language)) as clip:
            async for pcm in clip:
                yield pcm

    async def close(self) -> None:
        """Close both."""
        if self._starting is not None:
            self._starting.cancel()
        await self.first.close()
        await self.stand_in.close()


async def _at_rate(voice: Voice, text: str, language: str) -> AsyncGenerator[Pcm, None]:
    resampler: Resampler | None = None
    async with aclosing(voice.synthesize(text, language)) as clip:
        async for pcm in clip:
            resampler = resampler or Resampler(voice.rate, RATE)
            yield resampler.process(pcm)
    if resampler is not None:
        yield resampler.finish()


def _told_already(task: asyncio.Task[None]) -> None:
    """The voice has reported its own failure; nobody else need look at it."""
    if not task.cancelled():
        task.exception()


def choose(
    settings: Settings, on_health: OnHealth | None = None, make_embedded: MakeVoice | None = None
) -> Voice:
    """The voice that the settings ask for, not yet started. Raises EngineError; logs what it picked.

    ``on_health`` is told why the voice server can't be used, and None when it can. ``make_embedded`` makes
    the embedded voice (rooms share one).
    """
    make_embedded = make_embedded or embedded
    wanted = settings.voice
    chosen = wanted.name == profiles.EMBEDDED or (wanted.engine == "auto" and not wanted.name)
    if wanted.engine == "embedded" or chosen:
        log.info("voice: embedded", extra={"stage": "tts"})
        return make_embedded(settings)
    if not wanted.name:
        raise EngineError(
            f'voice.engine is "{wanted.engine}" but voice.name is empty: hearthd voices add NAME CLIP'
        )
    try:
        stored = profiles.load(wanted.name)
    except profiles.VoiceError as error:
        if wanted.engine != "auto" and not wanted.fallback:
            raise
        log.warning("voice: embedded, because %s", error, extra={"stage": "tts"})
        return make_embedded(settings)
    first = _cloned(stored, settings, on_health)
    by = "gsv-tts-lite" if wanted.engine == "low_latency" else f"GPT-SoVITS at {wanted.url}"
    if not wanted.fallback:
        log.info("voice: %s by %s", stored.name, by, extra={"stage": "tts"})
        return first
    log.info("voice: %s by %s, embedded while that cannot speak", stored.name, by, extra={"stage": "tts"})
    return FallbackVoice(first, make_embedded(settings))


async def switch(
    voice: Voice,
    name: str,
    settings: Settings,
    on_health: OnHealth | None = None,
    make_embedded: MakeVoice | None = None,
) -> Voice:
    """Speak with the cloned voice ``name`` ("" or ``profiles.EMBEDDED``: the embedded one) from now on.

    ``voice`` is what spoke so far; what is returned takes its place (it may be the same). Raises
    VoiceError if there is no such voice (nothing has changed then). A server that cannot speak with it
    is not waited for: the stand-in speaks, and ``on_health`` is told.
    """
    if name in ("", profiles.EMBEDDED):
        if isinstance(voice, FallbackVoice):
            await voice.first.close()
            return voice.stand_in
        if isinstance(voice, SupervisedVoice):
            await voice.close()
            voice = (make_embedded or embedded)(settings)
            await voice.start()
        return voice
    stored = profiles.load(name)
    if isinstance(voice, FallbackVoice | SupervisedVoice):
        first = voice.first if isinstance(voice, FallbackVoice) else voice
        await first.exchange(stored)
        return voice
    switched = FallbackVoice(_cloned(stored, settings, on_health), voice)
    await switched.start()
    return switched


def alone(name: str, settings: Settings, language: str) -> Voice:
    """The voice ``name`` (``profiles.EMBEDDED``: the embedded one) to be tried in ``language``, unhurried.

    Nobody stands in for it. Raises VoiceError if there is no such voice.
    """
    if name == profiles.EMBEDDED:
        return embedded(settings)
    patient = settings.voice.model_copy(
        update={"first_audio_seconds": TRY_FIRST_AUDIO_SECONDS, "stall_seconds": TRY_STALL_SECONDS}
    )
    one = settings.asr.model_copy(update={"languages": [language]})
    return _cloned(profiles.load(name), settings.model_copy(update={"voice": patient, "asr": one}), None)


def _cloned(stored: profiles.StoredVoice, settings: Settings, on_health: OnHealth | None) -> SupervisedVoice:
    if settings.voice.engine == "low_latency":
        return LowLatencyVoice(
            stored,
            models_dir() / "gsv-tts-lite",
            languages=settings.asr.languages,
            first_audio_seconds=settings.voice.first_audio_seconds,
            stall_seconds=settings.voice.stall_seconds,
            on_health=on_health,
        )
    return GptSovitsVoice(
        stored,
        settings.voice.url,
        languages=settings.asr.languages,
        connect_seconds=settings.voice.connect_seconds,
        first_audio_seconds=settings.voice.first_audio_seconds,
        stall_seconds=settings.voice.stall_seconds,
        on_health=on_health,
    )


def embedded(settings: Settings) -> Voice:
    """The embedded voice, not yet started."""
    from hearthd.engines.tts.embedded.voice import EmbeddedVoice

    voice: Voice = EmbeddedVoice(settings.voice.english, settings.voice.chinese)
    return voice
