"""Speaks through a GPT-SoVITS server: upstream's ``api_v2``, over HTTP.

One request at a time: the server keeps no lock, and two at once mix their voices or break each other.
It answers 200 before it has synthesised anything, so an answer counts only when it has the rate of the
model, sound in it, and an end (``gpt_sovits_stream``); everything else is an error with a name.

A clip is over with its last line's silence, 0.4 to 1 s before the server ends the connection; the rest
is read in the background. A cancelled clip closes the connection: the server stops at the next piece,
and the next request waits that long.

The voice looks after itself from ``start`` to ``close``: it sets the weights, shows the server the
clip, warms it up in each language (the first request after the server's start takes 10 to 80 s), then
watches an idle connection, whose end is the only sign that the server has gone. While it is not
``ready`` it refuses at once, so that a stand-in can speak.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

from hearthd.core.length import spoken_length
from hearthd.engines.protocols import EngineError, Pcm
from hearthd.engines.voice import gpt_sovits_request as request
from hearthd.engines.voice.gpt_sovits_errors import (
    NothingSaidError,
    RefusedError,
    RunawayAudioError,
    ServerGoneError,
    ServerSlowError,
    VoiceServerError,
    WrongRateError,
)
from hearthd.engines.voice.gpt_sovits_http import VoiceServer
from hearthd.engines.voice.gpt_sovits_stream import WavStream
from hearthd.voices import StoredVoice

log = logging.getLogger(__name__)

RATE_OF_VERSION = {"v3": 24_000, "v4": 48_000}
RATE = 32_000
"""Of every other version."""
WARM_UP_TEXT = {"en": "Everything is ready now.", "zh": "一切都准备好了。"}
WARM_UP_SECONDS = 120.0
"""The first request of a language loads dictionaries: 10 to 80 s, once."""
LONGEST_GRACE = 2.0
"""A piece of streamed audio takes no longer on anything that can keep up with speech."""
FIRST_WAIT = 1.0
LONGEST_WAIT = 30.0
"""Seconds between attempts while the server is not there."""

OnHealth = Callable[[str | None], None]
"""Told why the server cannot be used, or None when it can."""


class GptSovitsVoice:
    """One cloned voice on one server. ``url`` is the server's root."""

    def __init__(
        self,
        voice: StoredVoice,
        url: str,
        *,
        languages: Sequence[str] = ("en", "zh"),
        connect_seconds: float = 1.0,
        first_audio_seconds: float = 5.0,
        stall_seconds: float = 3.0,
        on_health: OnHealth | None = None,
    ) -> None:
        self.voice = voice
        self.name = voice.name
        self.rate = RATE_OF_VERSION.get(voice.version, RATE)
        self.ready = False
        """The server has spoken with this voice and has not failed since."""
        self._server = VoiceServer(url, connect_seconds)
        self._languages = tuple(languages)
        self._unspoken: dict[str, str] = {}
        """Languages that the server could not speak, and why."""
        self._first_audio_seconds = first_audio_seconds
        self._stall_seconds = stall_seconds
        self._on_health = on_health
        self._lock = asyncio.Lock()
        self._free_at = 0.0
        """Until then the server may still be busy with a clip that was cancelled."""
        self._slowest_piece = 0.1
        """Seconds that the last clip's slowest piece took."""
        self._doubt = asyncio.Event()
        """Something failed: the server must prove itself again."""
        self._keeper: asyncio.Task[None] | None = None
        self._attempt: asyncio.Future[None] | None = None
        self._drains: set[asyncio.Task[None]] = set()

    # --- life -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Make the server ready for this voice. Raises EngineError if that fails, and goes on trying."""
        if self.ready:
            return
        if self._attempt is None or self._attempt.done():
            self._attempt = asyncio.get_running_loop().create_future()
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())
        await asyncio.shield(self._attempt)

    async def exchange(self, voice: StoredVoice) -> None:
        """Speak with another voice from now on; not ``ready`` until the server has been shown it."""
        async with self._lock:
            if not voice.gpt_weights and (self.voice.gpt_weights or self.voice.sovits_weights):
                log.warning("voice %s names no weights: the server keeps %s's", voice.name, self.name)
            self.voice, self.name = voice, voice.name
            self._in_doubt()

    async def use(self, voice: StoredVoice) -> None:
        """``exchange``, and wait until it is ready. Raises EngineError if the server can't speak with it."""
        self._attempt = asyncio.get_running_loop().create_future()
        await self.exchange(voice)
        await self.start()

    async def close(self) -> None:
        """Close every connection."""
        tasks = [task for task in (self._keeper, *self._drains) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._keeper, self.ready = None, False
        await self._server.close()

    async def _keep(self) -> None:
        """Prepare the server, watch it, and begin again when it has gone or failed."""
        wait = FIRST_WAIT
        while True:
            self._doubt.clear()
            try:
                await self._prepare()
            except EngineError as error:
                self._report(error)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._doubt.wait(), wait)
                wait = min(wait * 2, LONGEST_WAIT)
                continue
            wait = FIRST_WAIT
            if self._doubt.is_set():  # meanwhile another voice was chosen
                continue
            self._report(None)
            await self._until_in_doubt()
            self.ready = False

    def _report(self, error: EngineError | None) -> None:
        self.ready = error is None
        if self._on_health is not None:
            self._on_health(str(error) if error is not None else None)
        if error is None:
            log.info("the voice server is ready with voice %s", self.name, extra={"stage": "tts"})
        else:
            log.info("the voice server is not ready: %s", error, extra={"stage": "tts"})
        if self._attempt is not None and not self._attempt.done():
            if error is None:
                self._attempt.set_result(None)
            else:
                self._attempt.set_exception(error)
                self._attempt.exception()  # asked for or not

    async def _prepare(self) -> None:
        voice = self.voice
        async with self._alone():
            if voice.gpt_weights:
                await self._server.set("set_gpt_weights", weights_path=voice.gpt_weights)
            if voice.sovits_weights:
                await self._server.set("set_sovits_weights", weights_path=voice.sovits_weights)
            clip = voice.server_clip or str(voice.clip)
            await self._server.set("set_refer_audio", refer_audio_path=clip)
        self._unspoken.clear()
        failure: VoiceServerError | None = None
        for language in self._languages:
            try:
                await self._warm_up(language)
            except (ServerGoneError, WrongRateError):
                raise
            except VoiceServerError as error:
                failure = error
                self._unspoken[language] = str(error)
        if failure is not None and len(self._unspoken) == len(self._languages):
            raise failure
        for language, reason in self._unspoken.items():
            log.warning("the voice server cannot speak %s: %s", language, reason, extra={"stage": "tts"})

    async def _warm_up(self, language: str) -> None:
        """Say a sentence to nobody; learn the model's rate where the voice's file doesn't tell."""
        expected = RATE_OF_VERSION.get(self.voice.version, RATE) if self.voice.version else None
        lines = [WARM_UP_TEXT.get(language, WARM_UP_TEXT["en"])]
        wav = self._wav(lines, expected)
        clip = self._clip(lines, language, wav, first=WARM_UP_SECONDS, gap=WARM_UP_SECONDS)
        async with contextlib.aclosing(clip) as pieces:
            async for _ in pieces:
                pass
        assert wav.rate is not None
        self.rate = wav.rate

    async def _until_in_doubt(self) -> None:
        """Return when the server has gone, or when a clip has failed."""
        signs = [asyncio.create_task(self._doubt.wait()), asyncio.create_task(self._server.until_gone())]
        try:
            await asyncio.wait(signs, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for sign in signs:
                sign.cancel()
            await asyncio.gather(*signs, return_exceptions=True)

    # --- speaking -------------------------------------------------------------------------------

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        """Stream the clip of ``text``, int16 at ``rate``. Raises EngineError; see ``gpt_sovits_errors``."""
        lines = request.in_lines(text)
        if spoken_length(text) == 0:
            return
        if not self.ready:
            raise ServerGoneError("the voice server is not ready")
        spoken_as = request.text_language(text, language)
        if spoken_as in self._unspoken:
            raise RefusedError(f"the voice server cannot speak {spoken_as}: {self._unspoken[spoken_as]}")
        wav = self._wav(lines, self.rate)
        clip = self._clip(lines, language, wav, first=self._first_audio_seconds, gap=self._stall_seconds)
        try:
            async with contextlib.aclosing(clip) as pieces:
                async for pcm in pieces:
                    yield pcm
        except (NothingSaidError, RunawayAudioError):
            raise
        except VoiceServerError:
            self._in_doubt()
            raise

    def _wav(self, lines: list[str], rate: int | None) -> WavStream:
        return WavStream(
            rate=rate,
            lines=len(lines),
            gap_seconds=request.GAP_SECONDS,
            most_seconds=request.longest_seconds("".join(lines), self.voice),
        )

    async def _clip(
        self, lines: list[str], language: str, wav: WavStream, *, first: float, gap: float
    ) -> AsyncGenerator[Pcm, None]:
        """One request, alone on the server, from its first byte to the end of its speech."""
        now = asyncio.get_running_loop().time
        async with self._alone():
            pieces = self._server.speak(request.body(lines, language, self.voice))
            began = now()
            slowest = 0.0
            finished = False
            try:
                while True:
                    data = await self._next(pieces, first if wav.samples == 0 else gap)
                    slowest, began = max(slowest, now() - began), now()
                    if data is None:
                        break
                    pcm = wav.feed(data)
                    if len(pcm):
                        yield pcm
                        began = now()
                    if wav.ended:
                        break
                finished = True
            finally:
                if finished:
                    self._slowest_piece = slowest
                    self._drain(pieces)
                else:
                    self._free_at = now() + min(max(self._slowest_piece, slowest), LONGEST_GRACE)
                    await pieces.aclose()
            wav.finish()
            if wav.samples == 0:
                raise NothingSaidError("the voice server found nothing to say in the text")

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Nobody else asks anything of the server, and it has finished with what was cancelled."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if self._free_at > now:
                await asyncio.sleep(self._free_at - now)
            yield

    async def _next(self, pieces: AsyncIterator[bytes], seconds: float) -> bytes | None:
        """The next bytes of the body; None at its clean end."""
        try:
            async with asyncio.timeout(seconds):
                return await anext(pieces, None)
        except TimeoutError:
            raise ServerSlowError(f"the voice server sent no audio for {seconds:g} s") from None

    def _drain(self, pieces: AsyncGenerator[bytes, None]) -> None:
        """Read the end of a complete answer in the background, so that its connection is used again."""
        task = asyncio.create_task(self._read_to_end(pieces))
        self._drains.add(task)
        task.add_done_callback(self._drains.discard)

    async def _read_to_end(self, pieces: AsyncGenerator[bytes, None]) -> None:
        more = 0
        try:
            async with asyncio.timeout(self._stall_seconds):
                async for data in pieces:
                    more += len(data)
        except (EngineError, TimeoutError) as error:
            log.debug("after a complete clip: %s", error)
            more += 1
        finally:
            await pieces.aclose()
        if more:  # it was not complete after all
            log.warning("the voice server did not end a clip as it should", extra={"stage": "tts"})
            self._in_doubt()

    def _in_doubt(self) -> None:
        """The server must prove itself before it speaks again."""
        self.ready = False
        self._doubt.set()
