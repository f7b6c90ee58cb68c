"""A voice server by the byte, for what the real one cannot be made to do: it sends what it is told to.

It listens on a free port of the loopback and answers every /set_* with success. What /tts answers is
``tts``: a list of steps, each either bytes (one chunk of the body), or one of ``STALL`` (nothing more,
until the client goes), ``CUT`` (the connection ends, without the body's end), ``WAIT`` (until
``go_on`` is set) and ``PAUSE`` (a tenth of a second). After the last step the body ends cleanly.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

RATE = 32_000


class Step(Enum):
    """What to do instead of sending."""

    STALL = auto()
    CUT = auto()
    WAIT = auto()
    PAUSE = auto()


def header(rate: int = RATE, size: int = 0) -> bytes:
    """The 44 bytes that a streamed answer begins with; ``size`` is the data's, 0 when it isn't known."""
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + fmt + struct.pack("<4sI", b"data", size)


def hum(seconds: float, rate: int = RATE, hertz: float = 220.0) -> NDArray[np.int16]:
    """A tone that is zero nowhere but where it crosses."""
    time = (np.arange(round(seconds * rate)) + 0.5) / rate
    return np.rint(6_000 * np.sin(2 * np.pi * hertz * time) + 7).astype(np.int16)


def gap(seconds: float = 0.2, rate: int = RATE) -> bytes:
    """The zeros after a line."""
    return bytes(2 * int(seconds * rate))


def clip(seconds: float = 0.5) -> list[bytes | Step]:
    """A good answer in mode 3: header with the first piece, another piece, the zeros."""
    sound = hum(seconds).tobytes()
    half = len(sound) // 4 * 2
    return [header() + sound[:half], sound[half:], gap()]


class Peer:
    """The server. ``asked`` holds (path, parameters or body) of every request, in order."""

    def __init__(self) -> None:
        self.tts: Sequence[bytes | Step] = clip()
        self.status = 200
        self.error: dict[str, str] = {}
        self.refuses: dict[str, str] = {}
        """Path of a /set_* call -> the exception to answer with."""
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.ended: list[str] = []
        """For each /tts: "whole", or "closed" if the client left before."""
        self.go_on = asyncio.Event()
        self.left = asyncio.Event()
        """A client has left a /tts before its end."""
        self.url = ""
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._port = 0

    def texts(self) -> list[str]:
        """The texts of every /tts so far."""
        return [body["text"] for path, body in self.asked if path == "/tts"]

    async def start(self) -> None:
        """Listen (again on the same port, after ``stop``)."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        """Die: every connection ends."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._connections):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._request(reader, writer):
                    pass
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        target = urlsplit(head.split(" ", 2)[1])
        length = next(
            (
                int(line.split(":")[1])
                for line in head.split("\r\n")
                if line.lower().startswith("content-length:")
            ),
            0,
        )
        body = await reader.readexactly(length)
        self.asked.append((target.path, json.loads(body) if body else {"query": target.query}))
        if target.path != "/tts":
            refusal = self.refuses.get(target.path)
            reply = {"message": "change failed", "Exception": refusal} if refusal else {"message": "success"}
            await self._json(writer, 400 if refusal else 200, reply)
            return True
        if self.status != 200:
            await self._json(writer, self.status, self.error)
            return True
        return await self._speak(reader, writer)

    async def _json(self, writer: asyncio.StreamWriter, status: int, value: dict[str, str]) -> None:
        body = json.dumps(value).encode()
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    async def _speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: audio/wav\r\ntransfer-encoding: chunked\r\n\r\n")
        left = asyncio.create_task(reader.read(1))
        try:
            for step in self.tts:
                if step is Step.CUT:
                    self.ended.append("cut")
                    return False
                if isinstance(step, Step):
                    await self._pause(step, left)
                else:
                    writer.write(f"{len(step):x}\r\n".encode() + step + b"\r\n")
                    await writer.drain()
                if left.done():
                    self.ended.append("closed")
                    self.left.set()
                    return False
            writer.write(b"0\r\n\r\n")
            await writer.drain()
            self.ended.append("whole")
        finally:
            left.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await left
        return True

    async def _pause(self, step: Step, left: asyncio.Task[bytes]) -> None:
        waits = {left, asyncio.create_task(self.go_on.wait())} if step is Step.WAIT else {left}
        seconds = 0.1 if step is Step.PAUSE else None
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


@asynccontextmanager
async def peer() -> AsyncIterator[Peer]:
    """A started server, stopped at the end."""
    server = Peer()
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class StandIn:
    """The voice that takes over: it hums what it is told, at once, and remembers it."""

    name = "stand-in"
    rate = 24_000
    whole_clauses = False

    def __init__(self) -> None:
        self.said: list[str] = []

    def new_reply(self) -> None:
        """It speaks every reply alike."""

    async def start(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Nothing to free."""

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[NDArray[np.int16], None]:
        """Half a second of hum."""
        self.said.append(text)
        yield hum(0.5, self.rate)
