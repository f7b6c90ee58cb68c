"""Recognisers on other machines: a Wyoming server, or one with ``/v1/audio/transcriptions``.

The whole utterance goes up at once and its words come back. Neither tells how sure it is, nor always the
language: that is seen by the script (``language_of``). What a server of Whisper's invents on silence is left
out as our own recogniser's is.
"""

from __future__ import annotations

import asyncio
import io
import json
import wave
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

import httpx
from wyoming.asr import Transcribe
from wyoming.asr import Transcript as TranscriptEvent
from wyoming.audio import AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.engines.asr.transcript_text import is_invented, repeats, simplified
from hearthd.engines.http_access import Access
from hearthd.engines.http_body import CONNECT_SECONDS, error_of
from hearthd.engines.protocols import Transcript
from hearthd.engines.wyoming_wire import MAX_LINE, WyomingError, chunks, read_event, text_of, write_event

MAX_TEXT = 4_000
"""Characters of a transcript: 30 s of speech are 600."""
MAX_ANSWER = 262_144
"""Bytes of an answer's body."""
MAX_EVENTS = 1_000
"""Between a request and its answer; a server that sends more is none."""


def language_of(text: str, languages: Sequence[str]) -> str:
    """The language of ``text``, by its script, among ``languages``."""
    chinese = any("\u4e00" <= c <= "\u9fff" for c in text)
    wanted = "zh" if chinese else "en"
    return wanted if wanted in languages else languages[0]


def transcript_of(text: str, languages: Sequence[str], pinned: str | None) -> Transcript:
    """What a server has recognised, as it is used here."""
    text = " ".join(text[:MAX_TEXT].encode(errors="ignore").decode().replace("\x00", "").split())
    language = pinned or language_of(text, languages)
    if language == "zh":
        text = simplified(text)
    if not text or is_invented(text) or repeats(text):
        return Transcript("", pinned or languages[0], no_speech=True)
    return Transcript(text, language)


class RemoteAsr:
    """An ``Asr`` on a server. ``seconds``: from the end of the utterance to its words."""

    def __init__(
        self, url: str, languages: Sequence[str], seconds: float, *, model: str, access: Access
    ) -> None:
        self.url = url.rstrip("/")
        self._languages = tuple(languages)
        self._seconds = seconds
        self._model = model
        self._access = access
        self.name = f"{model or 'recogniser'} at {self.url}"

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        """The words of 16 kHz ``audio``. Raises EngineError."""
        pinned = language or (self._languages[0] if len(self._languages) == 1 else None)
        try:
            async with asyncio.timeout(self._seconds):
                text = await self._text(audio, pinned)
        except TimeoutError:
            raise EngineError(f"{self.url} gave no words within {self._seconds:g} s") from None
        return transcript_of(text, self._languages, pinned)

    async def start(self) -> None:
        """See whether it is there. Raises EngineError."""
        try:
            async with asyncio.timeout(self._seconds):
                await self._look()
        except TimeoutError:
            raise EngineError(f"{self.url} did not answer within {self._seconds:g} s") from None

    async def close(self) -> None:
        """Let go of its connections."""

    async def _look(self) -> None:
        raise NotImplementedError

    async def _text(self, audio: Pcm, language: str | None) -> str:
        raise NotImplementedError


class WyomingAsr(RemoteAsr):
    """``tcp://HOST:PORT``: wyoming-faster-whisper, Vosk and others. A connection a request: many close it."""

    async def _look(self) -> None:
        async with self._connection() as (reader, writer):
            await write_event(writer, Describe().event())
            info = await self._answer(reader, "info")
            try:
                programs = Info.from_event(info).asr
            except Exception:  # whatever its shape does to the package
                raise EngineError(f"what answers at {self.url} does not say what it is") from None
            if not any(program.installed for program in programs):
                raise EngineError(f"what answers at {self.url} recognises no speech")

    async def _text(self, audio: Pcm, language: str | None) -> str:
        async with self._connection() as (reader, writer):
            await write_event(writer, Transcribe(name=self._model or None, language=language).event())
            await write_event(writer, AudioStart(rate=SAMPLE_RATE, width=2, channels=1).event())
            for chunk in chunks(audio, SAMPLE_RATE, 8_192):
                await write_event(writer, chunk)
            await write_event(writer, AudioStop().event())
            return text_of(await self._answer(reader, TranscriptEvent("").event().type), most=MAX_TEXT)

    async def _answer(self, reader: asyncio.StreamReader, kind: str) -> Event:
        for _ in range(MAX_EVENTS):
            event = await read_event(reader)
            if event is None:
                raise EngineError(f"{self.url} closed the connection without an answer")
            if Error.is_type(event.type):
                raise EngineError(f"{self.url} says: {_printable(text_of(event, most=200))}")
            if event.type == kind:
                return event
        raise EngineError(f"{self.url} sends anything but an answer")

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        parts = urlsplit(self.url)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                opening = asyncio.open_connection(parts.hostname, parts.port, limit=MAX_LINE)
                reader, writer = await opening
        except (OSError, TimeoutError, ValueError):
            raise EngineError(f"nobody answers at {self.url}: start it, or set asr.url") from None
        try:
            yield reader, writer
        except WyomingError as error:
            raise EngineError(f"{self.url}: {error}") from None
        finally:
            writer.transport.abort()


class OpenAiAsr(RemoteAsr):
    """``http(s)://HOST:PORT``: speaches, vLLM, LocalAI and others."""

    def __init__(
        self, url: str, languages: Sequence[str], seconds: float, *, model: str, access: Access
    ) -> None:
        super().__init__(url, languages, seconds, model=model, access=access)
        self.url = self.url.removesuffix("/v1")
        self._opened: httpx.AsyncClient | None = None

    @property
    def _http(self) -> httpx.AsyncClient:
        if self._opened is None:
            timeout = httpx.Timeout(None, connect=CONNECT_SECONDS)
            self._opened = self._access.client(self.url, timeout, most=MAX_ANSWER)
        return self._opened

    async def close(self) -> None:
        """Let go of its connections."""
        if self._opened is not None:
            await self._opened.aclose()

    async def _look(self) -> None:
        with _errors(self.url):
            response = await self._http.get("/v1/models")
        if response.status_code not in (httpx.codes.OK, httpx.codes.NOT_FOUND):
            raise self._refusal(response)

    async def _text(self, audio: Pcm, language: str | None) -> str:
        fields = {"model": self._model, "response_format": "json"}
        if language is not None:
            fields["language"] = language
        with _errors(self.url):
            response = await self._http.post(
                "/v1/audio/transcriptions",
                data=fields,
                files={"file": ("speech.wav", _wav(audio), "audio/wav")},
            )
        if response.status_code != httpx.codes.OK:
            raise self._refusal(response)
        try:
            text = json.loads(response.content)["text"]
        except (ValueError, KeyError, TypeError, RecursionError):
            text = None
        if not isinstance(text, str):
            raise EngineError(f"what answers at {self.url} is no recogniser")
        return text

    def _refusal(self, response: httpx.Response) -> EngineError:
        status = response.status_code
        if status in (401, 403):
            return EngineError(f"{self.url} wants a token, or another one ({status}): set asr.token_file")
        return EngineError(f"{self.url} refused ({status}): {_printable(error_of(response.content)[:200])}")


@contextmanager
def _errors(url: str) -> Iterator[None]:
    """What HTTP may raise, as an EngineError with the address."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise EngineError(f"nobody answers at {url}: start it, or set asr.url") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise EngineError(f"the connection to {url} broke ({type(error).__name__})") from None


def _wav(audio: Pcm) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(audio.astype("<i2").tobytes())
    return held.getvalue()


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
