"""Speaks through a GPT-SoVITS server: upstream's ``api_v2``, over HTTP.

One request at a time: the server keeps no lock, and two at once mix their voices or break each other.
It answers 200 before it has synthesised anything, so an answer counts only when it has the rate of the
model, sound in it, and an end (``gpt_sovits_stream``); everything else is an error with a name.

A clip is over with its last line's silence, 0.4 to 1 s before the server ends the connection; the rest
is read in the background. A cancelled clip closes the connection: the server stops at the next piece,
and the next request waits that long.

To make the server ready (``kept``) is to set the weights, show it the clip and warm it up; then an idle
connection is watched, whose end is the only sign that the server has gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from hearthd.common.audio import Pcm
from hearthd.common.errors import (
    EngineError,
    NothingSaidError,
    RunawayAudioError,
    ServerGoneError,
    ServerSlowError,
    VoiceServerError,
    WrongRateError,
)
from hearthd.common.parts import OnHealth
from hearthd.engines.supervised_voice import RATE, WARM_UP_SECONDS, ClipPatience, SupervisedVoice
from hearthd.engines.tts.gpt_sovits import request
from hearthd.engines.tts.gpt_sovits.http import VoiceServer
from hearthd.engines.tts.gpt_sovits.wav_stream import WavStream
from hearthd.text.duration import longest_seconds, spoken_length
from hearthd.voices.profiles import StoredVoice

log = logging.getLogger(__name__)

RATE_OF_VERSION = {"v3": 24_000, "v4": 48_000}
LONGEST_GRACE = 2.0
"""A piece of streamed audio takes no longer on anything that can keep up with speech."""


class GptSovitsVoice(SupervisedVoice):
    """One cloned voice on one server. ``url`` is the server's root."""

    spoken_by = "voice server"
    fatal = (ServerGoneError, WrongRateError)

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
        super().__init__(voice, languages, on_health)
        self.rate = RATE_OF_VERSION.get(voice.version, RATE)
        self._server = VoiceServer(url, connect_seconds)
        self._first_audio_seconds = first_audio_seconds
        self._stall_seconds = stall_seconds
        self._lock = asyncio.Lock()
        self._free_at = 0.0
        """Until then the server may still be busy with a clip that was cancelled."""
        self._slowest_piece = 0.1
        """Seconds that the last clip's slowest piece took."""
        self._drains: set[asyncio.Task[None]] = set()

    # --- life -----------------------------------------------------------------------------------

    async def exchange(self, voice: StoredVoice) -> None:
        """Speak with another voice from now on; not ``ready`` until the server has been shown it."""
        async with self._lock:
            if not voice.gpt_weights and (self.voice.gpt_weights or self.voice.sovits_weights):
                log.warning("voice %s names no weights: the server keeps %s's", voice.name, self.name)
            await super().exchange(voice)

    async def use(self, voice: StoredVoice) -> None:
        """``exchange``, and wait until it is ready. Raises EngineError if the server can't speak with it."""
        self._attempt = asyncio.get_running_loop().create_future()
        await self.exchange(voice)
        await self.start()

    async def close(self) -> None:
        """Close every connection."""
        await super().close()
        for drain in self._drains:
            drain.cancel()
        await asyncio.gather(*self._drains, return_exceptions=True)
        await self._server.close()

    async def _live(self) -> None:
        await self._prepare()
        if self._is_ready():
            await self._until_in_doubt()

    async def _prepare(self) -> None:
        voice = self.voice
        async with self._alone():
            if voice.gpt_weights:
                await self._server.set("set_gpt_weights", weights_path=voice.gpt_weights)
            if voice.sovits_weights:
                await self._server.set("set_sovits_weights", weights_path=voice.sovits_weights)
            clip = voice.server_clip or str(voice.clip)
            await self._server.set("set_refer_audio", refer_audio_path=clip)
        await self._warm_up(self._say_to_nobody)

    async def _say_to_nobody(self, text: str, language: str) -> None:
        """Warm the server up; learn the model's rate where the voice's file doesn't tell."""
        expected = RATE_OF_VERSION.get(self.voice.version, RATE) if self.voice.version else None
        wav = self._wav([text], expected)
        clip = self._clip([text], language, wav, first=WARM_UP_SECONDS, gap=WARM_UP_SECONDS)
        async with contextlib.aclosing(clip) as pieces:
            async for _ in pieces:
                pass
        assert wav.rate is not None
        self.rate = wav.rate

    async def _until_in_doubt(self) -> None:
        """Return when the server has gone, or when a clip has failed."""
        ends = [asyncio.create_task(self._doubt.wait()), asyncio.create_task(self._server.until_gone())]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)

    # --- speaking -------------------------------------------------------------------------------

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        """Stream the clip of ``text``, int16 at ``rate``. Raises EngineError; see ``gpt_sovits_errors``."""
        lines = request.in_lines(text)
        if spoken_length(text) == 0:
            return
        if not self.ready:
            raise ServerGoneError("the voice server is not ready")
        self._spoken_as(text, language)
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
            most_seconds=longest_seconds("".join(lines), self.voice.speed),
        )

    async def _clip(
        self, lines: list[str], language: str, wav: WavStream, *, first: float, gap: float
    ) -> AsyncGenerator[Pcm, None]:
        """One request, alone on the server, from its first byte to the end of its speech."""
        now = asyncio.get_running_loop().time
        async with self._alone() as asked_at:
            patience = ClipPatience(began=asked_at, first=first, gap=gap, most_seconds=wav.most_seconds)
            pieces = self._server.speak(request.body(lines, language, self.voice))
            began = now()
            slowest = 0.0
            finished = False
            try:
                while True:
                    data = await self._next(pieces, patience.until)
                    slowest, began = max(slowest, now() - began), now()
                    if data is None:
                        break
                    pcm = wav.feed(data)
                    if len(pcm):
                        yield pcm
                        began = now()
                        patience.sounded(began)
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
    async def _alone(self) -> AsyncIterator[float]:
        """Nobody else asks anything of the server, and it has finished with what was cancelled.

        Gives the time since when nobody else does.
        """
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if self._free_at > now:
                await asyncio.sleep(self._free_at - now)
            yield now

    async def _next(self, pieces: AsyncIterator[bytes], until: float) -> bytes | None:
        """The next bytes of the body; None at its clean end."""
        try:
            async with asyncio.timeout_at(until):
                return await anext(pieces, None)
        except TimeoutError:
            raise ServerSlowError("the voice server sent no audio in the time it is given") from None

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
