"""HTTP as Ollama's server (Go's net/http with gin) writes it: header order, framing, escapes.

A body of up to 2,048 bytes goes out whole with its length; a longer or a streamed one in chunks.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any

WHOLE_BYTES = 2048
"""What Go holds back to count a body before it begins to send chunks."""
REASONS = {
    200: "OK",
    201: "Created",
    307: "Temporary Redirect",
    400: "Bad Request",
    404: "Not Found",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def go_json(value: Any) -> bytes:
    """``value`` as Go's encoding/json writes it: UTF-8, no blanks, HTML's characters escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "".join(ESCAPES.get(c, c) for c in text).encode()


class Exchange:
    """One request's answer. It notices when the client closes the connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def is_gone(self) -> bool:
        """The client has closed the connection."""
        return self._reader.at_eof() or self._writer.is_closing()

    async def gone(self) -> None:
        """Wait until the client has closed the connection."""
        await self._reader.read()

    async def json(self, status: int, value: Any) -> None:
        """A whole answer."""
        await self.plain(status, go_json(value), "application/json; charset=utf-8")

    async def plain(self, status: int, raw: bytes, kind: str, *headers: str) -> None:
        """A whole answer of any kind ("": without one)."""
        if len(raw) <= WHOLE_BYTES:
            self.head(status, kind, f"Content-Length: {len(raw)}", *headers)
            self._writer.write(raw)
            await self._writer.drain()
        else:
            self.head(status, kind, "Transfer-Encoding: chunked", *headers)
            for start in range(0, len(raw), WHOLE_BYTES):
                await self.chunk(raw[start : start + WHOLE_BYTES])
            await self.end()

    async def late_error(self, status: int, error: str) -> None:
        """An error that a stream met before its first line: its status can still be told."""
        self.head(status, "application/json", "Transfer-Encoding: chunked")
        await self.chunk(go_json({"error": error}))
        await self.end()

    def stream(self) -> Stream:
        """A streamed answer."""
        return Stream(self)

    def head(self, status: int, kind: str, length: str, *headers: str) -> None:
        """The status line and the headers."""
        lines = [f"HTTP/1.1 {status} {REASONS[status]}", *([f"Content-Type: {kind}"] if kind else [])]
        lines += [*headers, f"Date: {formatdate(usegmt=True)}", length, "", ""]
        self._writer.write("\r\n".join(lines).encode())

    async def raw(self, data: bytes) -> None:
        """Bytes as they are."""
        self._writer.write(data)
        await self._writer.drain()

    async def chunk(self, raw: bytes) -> None:
        """One chunk."""
        await self.raw(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")

    async def end(self) -> None:
        """The last chunk."""
        await self.raw(b"0\r\n\r\n")


class Stream:
    """A chunked answer: one JSON object a line, one line a chunk."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def __aenter__(self) -> Callable[[Any], Awaitable[None]]:
        self._exchange.head(200, "application/x-ndjson", "Transfer-Encoding: chunked")
        return self._send

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            await self._exchange.end()

    async def _send(self, value: Any) -> None:
        await self._exchange.chunk(go_json(value) + b"\n")


async def read_request(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, Any]]:
    """The next request's method, path and body. Raises asyncio.IncompleteReadError at the end."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    method, path, _ = head.split("\r\n", 1)[0].split(" ")
    length = next(
        (int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length")),
        0,
    )
    raw = await reader.readexactly(length)
    if path.startswith("/api/blobs/"):
        return method, path, {"raw": raw}
    return method, path, json.loads(raw) if raw else {}
