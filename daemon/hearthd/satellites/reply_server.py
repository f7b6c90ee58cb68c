"""The HTTP server from which devices fetch their replies, each once, by an address that cannot be guessed.

Only devices that were just told to fetch something know an address that it answers; everybody else gets 404.
HTTP is parsed by h11. Nothing on the way is encrypted: the devices' firmware accepts only certificates that a
public authority has signed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets

import h11

from hearthd.common.errors import EngineError
from hearthd.satellites.reply_stream import ReplyStream

log = logging.getLogger(__name__)

MAX_HEAD = 8_192
HEAD_SECONDS = 5.0
SEND_SECONDS = 5.0
"""A device that takes nothing for so long is gone."""
MAX_CONNECTIONS = 64
MAX_OFFERS = 128
BUFFERED = 8_192
"""Bytes that wait in this process for a slow device: about 0.2 s of FLAC."""


class ReplyServer:
    """``port``: 0 takes any. ``address``: of this machine as the devices see it; empty: it is found out."""

    def __init__(self, port: int, address: str = "") -> None:
        self.port, self.address = port, address
        self._servers: dict[str, asyncio.Server] = {}
        self._offers: dict[str, ReplyStream] = {}
        self._connections: set[asyncio.StreamWriter] = set()

    async def open(self, facing: str) -> None:
        """Listen at ``facing``, this machine's own address on the way to a device. Raises EngineError."""
        where = (
            "" if self.address else facing
        )  # named otherwise than it is here: behind a NAT, in a container
        if where in self._servers:
            return
        try:
            server = await asyncio.start_server(self._serve, where or None, self.port, limit=MAX_HEAD)
        except OSError as error:
            raise EngineError(
                f"replies cannot be offered at port {self.port} ({error.strerror}): "
                "another program has it; set another one, esphome.port"
            ) from None
        if where in self._servers:  # two devices came at once
            server.close()
            return
        self._servers[where] = server
        self.port = server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Listen no more; what is being sent breaks off."""
        for server in self._servers.values():
            server.close()
        self._servers.clear()
        for writer in self._connections:
            writer.transport.abort()

    def offer(self, stream: ReplyStream, facing: str) -> str:
        """The address at which a device may fetch ``stream``. ``facing`` was opened."""
        while len(self._offers) >= MAX_OFFERS:
            del self._offers[next(iter(self._offers))]
        path = f"/{secrets.token_urlsafe(16)}.{stream.form.codec}"
        self._offers[path] = stream
        host = self.address or facing
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}{path}"

    def withdraw(self, url: str) -> None:
        """Nobody needs to fetch it any more."""
        self._offers.pop("/" + url.rsplit("/", 1)[-1], None)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        self._connections.add(writer)
        try:
            writer.transport.set_write_buffer_limits(high=BUFFERED)
            await self._answer(reader, writer)
        except (OSError, TimeoutError, h11.RemoteProtocolError, h11.LocalProtocolError) as error:
            log.debug("a reply was not fetched: %s", type(error).__name__, extra={"stage": "audio"})
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        async with asyncio.timeout(HEAD_SECONDS):
            while (event := http.next_event()) is h11.NEED_DATA:
                http.receive_data(await reader.read(MAX_HEAD))
        if not isinstance(event, h11.Request):
            return
        path = event.target.decode("ascii", "replace").partition("?")[0]
        stream = self._offers.pop(path, None) if event.method == b"GET" else None
        if stream is None or stream.over:
            head = h11.Response(status_code=404, headers=[("Content-Length", "0"), ("Connection", "close")])
            await _send(writer, http.send(head))
            return
        headers = [("Content-Type", stream.form.media_type), ("Connection", "close")]
        begin = http.send(h11.Response(status_code=200, headers=headers)) or b""
        async with contextlib.aclosing(stream.body()) as body:
            async for chunk in body:
                await _send(writer, begin + (http.send(h11.Data(data=chunk)) or b""))
                begin = b""
        await _send(writer, http.send(h11.EndOfMessage()))


async def _send(writer: asyncio.StreamWriter, data: bytes | None) -> None:
    if writer.is_closing():
        raise ConnectionResetError
    writer.write(data or b"")
    async with asyncio.timeout(SEND_SECONDS):
        await writer.drain()
