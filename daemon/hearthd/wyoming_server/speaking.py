"""``tts``: a text, or a text as it is written, becomes sound in any voice that is installed here.

One reply has one rate, whoever speaks it: Home Assistant keeps only the first one that it is told. A reply
that comes in pieces (``synthesize-start``, ``-chunk``, ``-stop``) sounds from its first clause on; the whole
text that is sent beside the pieces, for servers that know no better, is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, aclosing

import numpy as np
from wyoming.audio import AudioStart, AudioStop
from wyoming.event import Event
from wyoming.tts import SynthesizeStopped

from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.engines.protocols import Voice
from hearthd.engines.wyoming_wire import WRITE_SECONDS, WyomingError, chunks, text_of
from hearthd.speech.clip_shaper import Loudness, Shaper
from hearthd.text.chunker import Chunk, Chunker
from hearthd.text.duration import spoken_length, text_language
from hearthd.text.markup import SpeakableText
from hearthd.text.normalize.normalizer import speakable
from hearthd.text.script import sayable
from hearthd.wyoming_server.server import Send

RATE = 24_000
"""Of all that is sent: what the embedded voices make; a cloned voice's 32 kHz loses nothing that is heard."""
MAX_CHARACTERS = 8_000
"""Of one text: half an hour of speech."""
MAX_WAITING = 256
"""Pieces of a text that wait to be spoken; whoever sends faster waits, too."""
SPOKEN = ("en", "zh")

FindVoice = Callable[[str], AbstractAsyncContextManager[Voice]]
"""The voice of a name ("": the speaker's own), ready while the block lasts. Raises EngineError."""


class Speaking:
    """One connection's."""

    def __init__(self, find: FindVoice) -> None:
        self._find = find
        self._pieces: asyncio.Queue[str | None] | None = None
        self._written = 0

    async def take(self, event: Event, send: Send) -> Coroutine[None, None, None] | None:
        """See ``Service``."""
        match event.type:
            case "synthesize" if self._pieces is None:
                return self._whole(text_of(event, most=MAX_CHARACTERS), _voice_of(event), send)
            case "synthesize-start":
                if self._pieces is not None:
                    raise WyomingError("a text begins in the middle of another")
                self._pieces, self._written = asyncio.Queue(MAX_WAITING), 0
                return self._streamed(self._pieces, _voice_of(event), send)
            case "synthesize-chunk" if self._pieces is not None:
                text = text_of(event, most=MAX_CHARACTERS - self._written)
                self._written += len(text)
                await self._put(text)
            case "synthesize-stop" if self._pieces is not None:
                await self._put(None)
                self._pieces = None
        return None

    async def _put(self, piece: str | None) -> None:
        assert self._pieces is not None
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._pieces.put(piece)
        except TimeoutError:
            raise WyomingError("more text comes than is spoken") from None

    def close(self) -> None:
        """See ``Service``."""

    async def _whole(self, text: str, wanted: tuple[str, str], send: Send) -> None:
        async def once() -> AsyncIterator[str]:
            yield text

        await self._speak(once(), wanted, send)

    async def _streamed(self, pieces: asyncio.Queue[str | None], wanted: tuple[str, str], send: Send) -> None:
        async def written() -> AsyncIterator[str]:
            while (piece := await pieces.get()) is not None:
                yield piece

        await self._speak(written(), wanted, send)
        await send(SynthesizeStopped().event())

    async def _speak(self, written: AsyncIterator[str], wanted: tuple[str, str], send: Send) -> None:
        name, pinned = wanted
        async with self._find(name) as voice:
            voice.new_reply()
            await send(AudioStart(rate=RATE, width=2, channels=1).event())
            text, chunker, loudness = SpeakableText(), Chunker(), Loudness()
            async for piece in written:
                for chunk in chunker.feed(text.feed(piece)):
                    await self._say(voice, chunk, pinned, loudness, send)
            for chunk in [*chunker.feed(text.flush()), *chunker.flush()]:
                await self._say(voice, chunk, pinned, loudness, send)
            await send(AudioStop().event())

    async def _say(self, voice: Voice, chunk: Chunk, pinned: str, loudness: Loudness, send: Send) -> None:
        text = sayable(chunk.text, SPOKEN)
        language = text_language(text, pinned or "en")
        words = speakable(text, language)
        if spoken_length(words) <= 0:
            return
        async with aclosing(_spoken(voice, words, language, loudness)) as clip:
            async for pcm in clip:
                for event in chunks(pcm, RATE):
                    await send(event)
        for event in chunks(_silence(chunk.pause), RATE):
            await send(event)


async def _spoken(voice: Voice, words: str, language: str, loudness: Loudness) -> AsyncGenerator[Pcm, None]:
    """The clip of ``words`` at ``RATE``. A voice that fails is asked once more: its stand-in answers then."""
    for attempt in (1, 2):
        shaper, given = Shaper(voice.rate, RATE, loudness), False
        try:
            async with aclosing(voice.synthesize(words, language)) as stream:
                async for pcm in stream:
                    shaped = shaper.feed(pcm)
                    given = given or len(shaped) > 0
                    yield shaped
            yield shaper.finish()
            return
        except EngineError:
            if attempt == 2 or given:
                raise


def _silence(seconds: float) -> Pcm:
    return np.zeros(round(min(seconds, 2.0) * RATE), np.int16)


def _voice_of(event: Event) -> tuple[str, str]:
    """Name and language of the voice that is wanted; "": any."""
    voice = event.data.get("voice")
    if not isinstance(voice, dict):
        return "", ""
    told = Event("voice", voice)
    language = text_of(told, "language", 20).split("-")[0].split("_")[0].lower()
    return text_of(told, "name", 100), language if language in SPOKEN else ""
