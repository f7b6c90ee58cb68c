"""What a server may send us: every client's responses are bounded before anything reads them.

Compressed ones are refused: a thousand bytes of gzip become a million, so a bound on what comes off the
wire would bound nothing. None of the servers that hearthd asks compresses, and it asks them not to.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator

import httpx

MOST_BYTES = 16_000_000
"""Of a body. A reply of 8,000 characters, a token a line, is 2 to 3 MB."""
MOST_OF_A_REFUSAL = 65_536
"""Of an answer other than 200; what comes after is not read."""
CONNECT_SECONDS = 2.0
PLAIN = frozenset({"", "identity"})
GONE_SECONDS = 5
"""A machine that acknowledges nothing for so long sleeps, or is unplugged. Without it a connection that was
open when it fell asleep is waited for as long as for an answer."""
WATCHED = (
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * GONE_SECONDS),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, GONE_SECONDS),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
)
"""Options of a connection by which the kernel notices that."""


class BadAnswerError(httpx.ReadError):
    """The answer is none that we read on: too long, too slow, or compressed."""


class Bounded(httpx.AsyncHTTPTransport):
    """Connections on which no body is compressed, or longer than ``most`` bytes.

    ``by_line``: no line of a body may be longer, and there may be any number of them (progress reports).
    Other options are ``httpx.AsyncHTTPTransport``'s. Reading the response raises BadAnswerError.
    """

    def __init__(
        self,
        *,
        most: int = MOST_BYTES,
        by_line: bool = False,
        uds: str | None = None,
        limits: httpx.Limits | None = None,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        super().__init__(
            uds=uds,
            trust_env=False,
            limits=limits or httpx.Limits(),
            verify=verify,
            socket_options=None if uds else list(WATCHED),
        )
        self._most, self._by_line = most, by_line

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request``. Raises BadAnswerError for a compressed answer."""
        request.headers["Accept-Encoding"] = "identity"
        response = await super().handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        try:
            _refuse_compressed(response)
        except BadAnswerError:
            await response.stream.aclose()
            raise
        response.stream = _BoundedStream(response.stream, self._most, by_line=self._by_line)
        return response


class _BoundedStream(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, most: int, *, by_line: bool) -> None:
        self._stream, self._most, self._by_line = stream, most, by_line

    async def __aiter__(self) -> AsyncIterator[bytes]:
        held = 0
        async for piece in self._stream:
            end = piece.rfind(b"\n") if self._by_line else -1
            held = held + len(piece) if end < 0 else len(piece) - end - 1
            if held > self._most:
                raise _too_long(self._most)
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


async def beginning(response: httpx.Response) -> bytes:
    """The beginning of a streamed response's body. Raises httpx.HTTPError if it breaks off."""
    raw = bytearray()
    async for piece in response.aiter_raw():
        raw += piece
        if len(raw) >= MOST_OF_A_REFUSAL:
            break
    return bytes(raw[:MOST_OF_A_REFUSAL])


def error_of(raw: bytes) -> str:
    """What an error's body says: its message and kind, or the beginning of what it is instead."""
    try:
        found = json.loads(raw)
        if isinstance(found, dict):
            found = found.get("error") or found.get("message") or found.get("detail") or found
        if isinstance(found, dict):
            told = [found.get(key) for key in ("type", "code", "message")]
            return " ".join(str(one) for one in told if one)
        return str(found)
    except (ValueError, RecursionError):
        return raw.decode(errors="replace")


async def answer_to(http: httpx.AsyncClient, url: str, body: object, *, seconds: float) -> tuple[int, bytes]:
    """Status and whole body of the answer to a JSON ``body``. Raises httpx.HTTPError or httpx.InvalidURL."""
    try:
        async with asyncio.timeout(seconds), http:
            response = await http.post(url, json=body)
            return response.status_code, response.content
    except TimeoutError:
        raise BadAnswerError(f"the answer does not come to its end within {seconds:g} s") from None


def _refuse_compressed(response: httpx.Response) -> None:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in PLAIN:
        raise BadAnswerError("the answer is compressed, which was not asked for")


def _too_long(most: int) -> BadAnswerError:
    return BadAnswerError(f"the answer is longer than {most} bytes")
