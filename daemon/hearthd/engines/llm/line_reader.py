"""Reading what a chat server sends: lines of bounded length, each within its time; clean text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import httpx

MAX_LINE = 100_000
"""Bytes. A line of a chat stream is a token and some counters, or a call with its arguments; a longer one is
not a chat server's."""


class Patience:
    """Until when the next word of a reply is waited for, on the loop's clock, whatever else is sent.

    The first counts from the question; a server that tells how far it has read gets that time anew each time,
    up to ``reading`` times in all. Every other one counts from the word before it.
    """

    def __init__(self, asked: float, first: float, stall: float, *, reading: float = 1.0) -> None:
        self.until = asked + first
        self._first, self._stall = first, stall
        self._latest = asked + reading * first
        self._begun = False

    def came(self, at: float, *, written: bool) -> None:
        """Something came; ``written``: a word of the reply, or part of a tool's call."""
        if written:
            self._begun, self.until = True, at + self._stall
        elif not self._begun:
            self.until = max(self.until, min(at + self._first, self._latest))


class LineTooLongError(Exception):
    """The server sent a line longer than ``MAX_LINE``."""


class StalledError(Exception):
    """The server sent nothing in the time given."""


async def lines(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The response's lines without their ends, empty ones left out. Raises LineTooLongError.

    Not ``Response.aiter_lines``: that one also splits at U+2028, U+0085 and other characters that may
    stand unescaped inside a JSON string.
    """
    held = bytearray()
    async for piece in response.aiter_raw():
        first, *others = piece.split(b"\n")
        held += first
        if len(held) > MAX_LINE:
            raise LineTooLongError
        for other in others:
            if line := bytes(held).strip():
                yield line
            held = bytearray(other)
            if len(held) > MAX_LINE:
                raise LineTooLongError
    if line := bytes(held).strip():
        yield line


def clean(text: object) -> str:
    """``text`` as it may be stored and spoken: half of a surrogate pair, NUL and what is no text left out."""
    if not isinstance(text, str):
        return ""
    return text.encode(errors="ignore").decode().replace("\x00", "")


async def next_line(stream: AsyncIterator[bytes], seconds: float) -> bytes | None:
    """The next line, None at the end of the stream. Raises StalledError after ``seconds`` without one."""
    try:
        async with asyncio.timeout(seconds):
            return await anext(stream)
    except TimeoutError:
        raise StalledError from None
    except StopAsyncIteration:
        return None
