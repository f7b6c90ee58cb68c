"""Peers that speak ``/v1/chat/completions`` as vLLM, LM Studio and chatglm.cpp do: bytes, order, refusals.

The shapes: vLLM 0.11's ``chat_completion_stream_generator`` (``data:`` lines, role first, usage last with no
choices, ``[DONE]``), LM Studio 0.3's server log (an id that is empty, ``reasoning_content``), chatglm.cpp's
``openai_api.py`` (CRLF, no ``[DONE]``, pings by sse_starlette). llama.cpp's real server is in
``llama_server``.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Callable
from typing import Any, Literal

Kind = Literal["vllm", "lm_studio", "chatglm"]
Deltas = Callable[[dict[str, Any]], AsyncGenerator[dict[str, Any], None]]
"""What the model writes to a request's body, as deltas; ``{"finish": reason}`` ends it."""

MODELS: dict[Kind, dict[str, Any]] = {
    "vllm": {"id": "Qwen/Qwen3-8B", "object": "model", "owned_by": "vllm", "max_model_len": 8192},
    "lm_studio": {"id": "qwen3-8b", "object": "model", "owned_by": "organization_owner"},
    "chatglm": {"id": "gpt-3.5-turbo", "object": "model", "owned_by": "owner", "permission": []},
}
NO_TOOLS = (
    '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'  # vLLM's words
)
TOO_LONG = (
    "This model's maximum context length is 64 tokens. However, you requested 90 tokens in the messages,"
    " Please reduce the length of the messages."
)


async def hello(body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
    """What a polite model says to everything."""
    for piece in ("Hello", ", ", "you", "."):
        yield {"content": piece}
    yield {"finish": "stop"}


class OpenAiPeer:
    """One server. ``async with OpenAiPeer("vllm") as peer: peer.url``; ``writer`` says what it writes.

    ``fault``: ``busy`` (503 as while loading), ``silent``, ``stall`` (after two deltas), ``cut`` (the
    connection, after two), ``cut_first``, ``error`` (an error object in the stream after two), ``no_done``,
    ``hangs_open`` (the connection stays open after the last word), ``html``, ``garbage``.
    """

    def __init__(self, kind: Kind, *, key: str = "", writer: Deltas = hello, port: int = 0) -> None:
        self.kind, self.key, self.writer = kind, key, writer
        self.models = [MODELS[kind]]
        self.takes_tools = True
        self.rejects: tuple[str, ...] = ()
        """Fields of a body that it does not take."""
        self.context = 10**9
        """Characters of a prompt."""
        self.fault = ""
        self.bodies: list[dict[str, Any]] = []
        """What it was asked, prefills and warm-ups included."""
        self.cancelled = asyncio.Event()
        self.asked = asyncio.Event()
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.tls: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self._port}"

    @property
    def replies(self) -> list[dict[str, Any]]:
        """The bodies of the requests for a reply."""
        return [body for body in self.bodies if body["max_tokens"] > 1]

    async def __aenter__(self) -> OpenAiPeer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; on the port of before, if it was started before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port, ssl=self.tls)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop at once, as when its machine falls asleep and is unplugged."""
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                raw = await reader.readexactly(int(fields.get("content-length", 0)))
                await self._answer(reader, writer, head.split(" ")[1], fields, json.loads(raw or b"{}"))
        except ConnectionError:
            self.cancelled.set()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, _CutError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _answer(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        path: str,
        fields: dict[str, str],
        body: dict[str, Any],
    ) -> None:
        if self.key and fields.get("authorization") != f"bearer {self.key}":
            return await self._json(writer, 401, {"error": "Unauthorized"})
        if path == "/v1/models":
            if self.fault == "busy":
                return await self._json(writer, 503, {"error": {"message": "Loading model", "code": 503}})
            return await self._json(writer, 200, {"object": "list", "data": self.models})
        if path != "/v1/chat/completions":
            return await self._json(writer, 404, {"detail": "Not Found"})
        self.bodies.append(body)
        self.asked.set()
        if (refused := self._refusal(body)) is not None:
            return await self._json(writer, *refused)
        await self._stream(reader, writer, body)
        return None

    def _refusal(self, body: dict[str, Any]) -> tuple[int, Any] | None:
        prompt = sum(len(message["content"] or "") for message in body["messages"])
        match self.kind:
            case "vllm":
                if body["model"] not in [model["id"] for model in self.models]:
                    text = f"The model `{body['model']}` does not exist."
                    return 404, {"error": {"message": text, "type": "NotFoundError", "code": 404}}
                if body.get("tools") and not self.takes_tools:
                    return 400, {"error": {"message": NO_TOOLS, "type": "BadRequestError", "code": 400}}
                if prompt > self.context:
                    return 400, {"object": "error", "message": TOO_LONG, "type": "BadRequestError"}
            case "chatglm":
                history = [m for m in body["messages"] if m["role"] != "system"]
                if any(m["role"] not in ("system", "user", "assistant") for m in body["messages"]):
                    return 422, {"detail": [{"type": "literal_error", "loc": ["body", "messages"]}]}
                if len(history) % 2 != 1:
                    return 400, {"detail": "invalid history size"}
        if found := [name for name in self.rejects if name in body]:
            return 422, {"detail": [{"type": "extra_forbidden", "loc": ["body", name]} for name in found]}
        if self.fault == "busy":
            return 503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}
        return None

    async def _stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: dict[str, Any]
    ) -> None:
        if self.fault == "silent":
            await reader.read()
            self.cancelled.set()
            raise _CutError
        if self.fault == "cut_first":
            raise _CutError
        end = "\r\n" if self.kind == "chatglm" else "\n"
        kind = "text/html" if self.fault == "html" else "text/event-stream; charset=utf-8"
        writer.write(
            f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )

        async def send(text: str) -> None:
            raw = text.encode()
            writer.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0)

        async def event(choices: list[dict[str, Any]], **more: Any) -> None:
            chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1}
            chunk |= {"model": body["model"], "choices": choices, **more}
            await send(f"data: {json.dumps(chunk)}{end}{end}")

        if self.fault in ("html", "garbage"):
            await send("<html>It works!</html>" if self.fault == "html" else "data: {]\n\n")
        elif await self._written(reader, body, event, send) and self.fault != "hangs_open":
            if body.get("stream_options", {}).get("include_usage") and self.kind == "vllm":
                counted = {"prompt_tokens": 11, "total_tokens": 15, "completion_tokens": 4}
                await event([], usage=counted)
            if self.kind != "chatglm" and self.fault != "no_done":
                await send(f"data: [DONE]{end}{end}")
        if self.fault == "hangs_open":
            await reader.read()
            raise _CutError
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _written(
        self, reader: asyncio.StreamReader, body: dict[str, Any], event: Any, send: Any
    ) -> bool:
        """Whether the reply came to its end."""
        await event([{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}])
        await send(": ping - 2026-11-27 08:00:00\r\n\r\n" if self.kind == "chatglm" else ":\n\n")
        count = 0
        async for delta in self.writer(body):
            count += 1
            reason = delta.get("finish")
            written = {} if reason else delta
            await event([{"index": 0, "delta": written, "finish_reason": reason}])
            if count == 2 and self.fault == "stall":
                await reader.read()
                self.cancelled.set()
                raise _CutError
            if count == 2 and self.fault == "cut":
                raise _CutError
            if count == 2 and self.fault == "error":
                error = {"message": "EngineCore encountered an issue", "type": "InternalServerError"}
                await send(f"data: {json.dumps({'error': error})}\n\n")
                return False
            if reader.at_eof():
                self.cancelled.set()
                raise _CutError
        return True

    async def _json(self, writer: asyncio.StreamWriter, status: int, value: Any) -> None:
        raw = json.dumps(value).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
        writer.write(head.encode() + raw)
        await writer.drain()


class _CutError(Exception):
    """The connection is to be cut here."""
