"""A connection to an MCP server, by the official SDK: the process that it is, or its address.

What comes is bounded before anything decodes it: a line of a process, a body over HTTP. Nothing is offered to
the server beside requests: no sampling, no questions to the owner, no files.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio

from hearthd.tools.pins import MAX_TOOLS, OfferedTool, offered
from hearthd.tools.server import CALL_SECONDS, LIST_SECONDS, ServerError
from hearthd.tools.tool import ToolRefusedError

if TYPE_CHECKING:
    import httpx2
    from mcp import Client
    from mcp.client._transport import TransportStreams

MEND = f'{sys.executable} -m pip install "mcp>=2.3,<3"'
"""How to get the SDK."""
MOST_BYTES = 1_000_000
"""Of one message: 64 tools with the longest descriptions and schemas that are taken have 800 kB."""
MAX_RESULT = 8_000
"""Characters of a result that are kept."""
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME")
"""What a process is told of the speaker's surroundings: no credentials."""
LEAVE_SECONDS = 2.0
"""For a process to end by itself when its input does, and again after SIGTERM."""


class McpSession:
    """A ``server.Session``."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def tools(self) -> Sequence[OfferedTool]:
        """What it offers; what can't be used of it is left out."""
        found: list[OfferedTool] = []
        cursor: str | None = None
        while len(found) < MAX_TOOLS:
            page = await self._client.list_tools(cursor=cursor, cache_mode="bypass")
            for tool in page.tools:
                reads_only = tool.annotations is not None and tool.annotations.read_only_hint is True
                one = offered(tool.name, tool.description, tool.input_schema, reads_only=reads_only)
                found += [one] if one is not None else []
            cursor = page.next_cursor
            if not cursor or not page.tools:
                break
        return found[:MAX_TOOLS]

    async def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """What the tool answers. Raises ToolRefusedError with what it says where it failed."""
        result = await self._client.call_tool(name, dict(arguments), read_timeout_seconds=CALL_SECONDS)
        texts = [str(getattr(one, "text", None) or f"[{one.type}]") for one in result.content]
        text = _printable("\n".join(texts)[:MAX_RESULT]) or "It gave no answer."
        if result.is_error:
            raise ToolRefusedError(text)
        return text


@asynccontextmanager
async def process(
    command: Sequence[str], environment: Mapping[str, str], folder: str | None = None
) -> AsyncGenerator[McpSession, None]:
    """A server that is started as ``command``. Raises ServerError."""
    async with _session(_ProcessStreams(command, environment, folder)) as session:
        yield session


@asynccontextmanager
async def address(url: str, token: str = "") -> AsyncGenerator[McpSession, None]:
    """A server at ``url``. Raises ServerError."""
    _needs_sdk()
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = _bounded_transport()
    timeout = httpx2.Timeout(LIST_SECONDS, connect=2.0)
    async with (
        httpx2.AsyncClient(headers=headers, transport=transport, timeout=timeout, trust_env=False) as http,
        _session(
            streamable_http_client(
                url, http_client=http, terminate_on_close=False, max_sse_event_size=MOST_BYTES
            )
        ) as session,
    ):
        yield session


@asynccontextmanager
async def _session(streams: Any) -> AsyncGenerator[McpSession, None]:
    _needs_sdk()
    from mcp import Client

    async with Client(streams, read_timeout_seconds=LIST_SECONDS) as client:
        yield McpSession(client)


def _needs_sdk() -> None:
    try:
        import mcp  # noqa: F401
    except ImportError:
        raise ServerError(f"the MCP SDK is missing: {MEND}") from None


class _ProcessStreams:
    """A transport of the SDK's: a process that speaks JSON, a line each, of ``MOST_BYTES`` at most."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: str | None) -> None:
        self._command, self._environment, self._folder = command, environment, folder
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> TransportStreams:
        return await self._stack.enter_async_context(self._opened())

    async def __aexit__(self, *error: Any) -> bool | None:
        return await self._stack.__aexit__(*error)

    @asynccontextmanager
    async def _opened(self) -> AsyncGenerator[TransportStreams, None]:
        from mcp.shared.message import SessionMessage

        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        try:
            child = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={**inherited, **self._environment},
                cwd=self._folder,
                limit=MOST_BYTES,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise ServerError(f"{self._command[0]} cannot be started: {why}") from None
        sent, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        outgoing, wanted = anyio.create_memory_object_stream[SessionMessage](0)
        tasks = [asyncio.create_task(_read(child, sent)), asyncio.create_task(_write(child, wanted, sent))]
        try:
            yield incoming, outgoing
        finally:
            await _end(child)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            for stream in (sent, incoming, outgoing, wanted):
                stream.close()


async def _read(child: asyncio.subprocess.Process, sent: Any) -> None:
    """Hand on each line that is a message; one that is too long, or the end, ends the connection."""
    from mcp.shared.message import SessionMessage
    from mcp_types import jsonrpc_message_adapter

    assert child.stdout is not None
    with contextlib.suppress(
        ValueError, ConnectionError, anyio.BrokenResourceError, anyio.ClosedResourceError
    ):
        async with sent:
            while line := await child.stdout.readline():
                try:
                    message = jsonrpc_message_adapter.validate_json(line, by_name=False)
                except ValueError:  # what it prints beside the protocol, or garbage
                    continue
                await sent.send(SessionMessage(message))


async def _write(child: asyncio.subprocess.Process, wanted: Any, sent: Any) -> None:
    assert child.stdin is not None
    try:
        async with wanted:
            async for one in wanted:
                line = one.message.model_dump_json(by_alias=True, exclude_unset=True)
                child.stdin.write(line.encode() + b"\n")
                await child.stdin.drain()
    except (OSError, anyio.ClosedResourceError):
        await sent.aclose()


async def _end(child: asyncio.subprocess.Process) -> None:
    """Close its input; a process that stays is ended, and all that it started with it."""
    assert child.stdin is not None
    child.stdin.close()
    for number in (None, signal.SIGTERM, signal.SIGKILL):
        if number is not None:
            with contextlib.suppress(OSError):
                os.killpg(child.pid, number)
        if await _has_ended(child):
            break
    with contextlib.suppress(OSError):  # what it left behind
        os.killpg(child.pid, signal.SIGKILL)
    child._transport.close()  # type: ignore[attr-defined]  # its pipes stay open where they were not read to the end


async def _has_ended(child: asyncio.subprocess.Process) -> bool:
    """Whether it ends in time. ``wait`` would also wait until its output is read to the end."""
    until = asyncio.get_running_loop().time() + LEAVE_SECONDS
    while child.returncode is None:
        if asyncio.get_running_loop().time() > until:
            return False
        await asyncio.sleep(0.02)
    return True


def _bounded_transport() -> httpx2.AsyncBaseTransport:
    """Connections on which no answer is compressed, and no body longer than a message may be.

    An event stream has no end of its own: of it the SDK bounds each event.
    """
    import httpx2

    class Bounded(httpx2.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            request.headers["Accept-Encoding"] = "identity"
            response = await super().handle_async_request(request)
            assert isinstance(response.stream, httpx2.AsyncByteStream)
            if response.headers.get("Content-Encoding", "").strip().lower() not in ("", "identity"):
                await response.stream.aclose()
                raise httpx2.ReadError("the answer is compressed, which was not asked for")
            if "text/event-stream" not in response.headers.get("Content-Type", ""):
                response.stream = BoundedStream(response.stream)
            return response

    class BoundedStream(httpx2.AsyncByteStream):
        def __init__(self, stream: httpx2.AsyncByteStream) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            held = 0
            async for piece in self._stream:
                held += len(piece)
                if held > MOST_BYTES:
                    raise httpx2.ReadError(f"the answer is longer than {MOST_BYTES} bytes")
                yield piece

        async def aclose(self) -> None:
            await self._stream.aclose()

    return Bounded(trust_env=False)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text).strip()
