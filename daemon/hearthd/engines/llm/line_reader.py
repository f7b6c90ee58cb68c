"""Reading what a chat server sends: lines of bounded length, each within its time; clean text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import httpx

MAX_LINE = 1_000_000
"""Bytes. A line of a chat stream is a token and some counters; a longer one is not a chat server's."""


MAX_BODY = 16_000_000
"""Bytes. What a server with thousands of models says of them all is a few of millions."""


class LineTooLongError(Exception):
    """The server sent a line longer than ``MAX_LINE``."""


class StalledError(Exception):
    """The server sent nothing in the time given."""


async def lines(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The response's lines without their ends, empty ones left out. Raises LineTooLongError.

    Not ``Response.aiter_lines``: that one also splits at U+2028, U+0085 and other characters that may
    stand unescaped inside a JSON string.
    """
    held = b""
    async for piece in response.aiter_bytes():
        *whole, held = (held + piece).split(b"\n")
        for line in whole:
            if len(line) > MAX_LINE:
                raise LineTooLongError
            if stripped := line.strip():
                yield stripped
        if len(held) > MAX_LINE:
            raise LineTooLongError
    if stripped := held.strip():
        yield stripped


def clean(text: object) -> str:
    """``text`` as it may be stored and spoken: half of a surrogate pair, NUL and what is no text left out."""
    if not isinstance(text, str):
        return ""
    return text.encode(errors="ignore").decode().replace("\x00", "")


class Bounded(httpx.AsyncHTTPTransport):
    """Connections on which no body without a line's end is longer than ``MAX_BODY``.

    For clients that read a whole body, or a whole line, before they look at it.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request``. Reading the response raises httpx.ReadError when it is too long."""
        response = await super().handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _BoundedStream(response.stream)
        return response


class _BoundedStream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        held = 0
        async for piece in self._stream:
            end = piece.rfind(b"\n")
            held = held + len(piece) if end < 0 else len(piece) - end - 1
            if held > MAX_BODY:
                raise httpx.ReadError("the answer is too long")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


async def next_line(stream: AsyncIterator[bytes], seconds: float) -> bytes | None:
    """The next line, None at the end of the stream. Raises StalledError after ``seconds`` without one."""
    try:
        async with asyncio.timeout(seconds):
            return await anext(stream)
    except TimeoutError:
        raise StalledError from None
    except StopAsyncIteration:
        return None
