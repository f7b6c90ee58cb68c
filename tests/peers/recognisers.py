"""Recognition servers for one test: Wyoming by the package's own server, and ``/v1/audio/transcriptions``."""

from __future__ import annotations

import asyncio
import io
import wave
from typing import Any

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import AsrModel, AsrProgram, Attribution, Describe, Info
from wyoming.server import AsyncEventHandler, AsyncTcpServer

BY = Attribution(name="test", url="")
PROGRAM: dict[str, Any] = {
    "name": "whisper", "attribution": BY, "installed": True, "description": "", "version": "1",
}  # fmt: skip


class WyomingRecogniser:
    """``async with WyomingRecogniser("words") as peer: peer.url``. ``fault``: error, close, silent."""

    def __init__(self, text: str = "What time is it?") -> None:
        self.text, self.fault = text, ""
        self.asked: list[Transcribe] = []
        self.heard: list[bytes] = []
        self.info = Info(asr=[AsrProgram(models=[AsrModel(languages=["en"], **PROGRAM)], **PROGRAM)])
        self._port = 0
        self._server: AsyncTcpServer | None = None

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self._port}"

    async def __aenter__(self) -> WyomingRecogniser:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; on the port of before, if it was started before."""
        self._server = AsyncTcpServer("127.0.0.1", self._port)
        await self._server.start(lambda reader, writer: _Handler(self, reader, writer))
        inner = self._server._server
        assert inner is not None
        self._port = inner.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Be away."""
        assert self._server is not None
        await self._server.stop()


class _Handler(AsyncEventHandler):
    def __init__(self, peer: WyomingRecogniser, *args: Any) -> None:
        super().__init__(*args)
        self._peer = peer
        self._sound = b""

    async def handle_event(self, event: Event) -> bool:
        peer = self._peer
        if Describe.is_type(event.type):
            await self.write_event(peer.info.event())
        elif Transcribe.is_type(event.type):
            peer.asked.append(Transcribe.from_event(event))
        elif AudioStart.is_type(event.type):
            self._sound = b""
        elif AudioChunk.is_type(event.type):
            self._sound += AudioChunk.from_event(event).audio
        elif AudioStop.is_type(event.type):
            peer.heard.append(self._sound)
            if peer.fault == "error":
                await self.write_event(Error(text="out of memory", code="oom").event())
            elif peer.fault == "silent":
                await asyncio.sleep(60)
            elif peer.fault != "close":
                await self.write_event(Transcript(text=peer.text, language="en").event())
            return False
        return True


class OpenAiRecogniser:
    """The same over HTTP; ``answer`` is the body, ``status`` its status."""

    def __init__(self, answer: bytes = b'{"text": "What time is it?"}', *, key: str = "") -> None:
        self.answer, self.status, self.key = answer, 200, key
        self.forms: list[bytes] = []
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> OpenAiRecogniser:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        form = await reader.readexactly(int(fields.get("content-length", 0)))
        path = head.split(" ")[1]
        status, body = self.status, self.answer
        if self.key and fields.get("authorization") != f"bearer {self.key}":
            status, body = 401, b"{}"
        elif path == "/v1/models":
            body = b'{"data": []}'
        elif path == "/v1/audio/transcriptions":
            self.forms.append(form)
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    def field(self, name: str) -> bytes:
        """A field of the last form."""
        return (
            self.forms[-1].split(f'name="{name}"'.encode(), 1)[1].split(b"\r\n\r\n", 1)[1].split(b"\r\n--")[0]
        )

    def sound(self) -> tuple[int, bytes]:
        """Rate and samples of the file in the last form."""
        with wave.open(io.BytesIO(self.field("file"))) as file:
            return file.getframerate(), file.readframes(file.getnframes())
