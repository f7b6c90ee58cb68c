"""Reading a chat server's stream: lines of bounded length, each within its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import httpx

MAX_LINE = 1_000_000
"""Bytes. A line of a chat stream is a token and some counters; a longer one is not a chat server's."""


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


async def next_line(stream: AsyncIterator[bytes], seconds: float) -> bytes | None:
    """The next line, None at the end of the stream. Raises StalledError after ``seconds`` without one."""
    try:
        async with asyncio.timeout(seconds):
            return await anext(stream)
    except TimeoutError:
        raise StalledError from None
    except StopAsyncIteration:
        return None
