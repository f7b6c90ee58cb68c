"""A protocol peer of Ollama 0.32: the same statuses, headers, line shapes and places for errors.

It speaks HTTP over bare sockets, so that it can also do what a server never means to: stall, cut a reply
in the middle, answer with garbage. The text comes from ``writer``: a scripted one, or a real model.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from email.utils import formatdate
from typing import Any

Writer = Callable[[list[dict[str, str]]], AsyncGenerator[str, None]]

CREATED = "2026-11-21T22:15:06.06728993Z"
DIGEST = "fd5f44c0b5aff6453726119fc560d73a8a995a55b4a49804bc24b1969ecf1794"
DETAILS = {
    "format": "gguf",
    "family": "llama",
    "families": ["llama"],
    "parameter_size": "134.52M",
    "quantization_level": "Q4_1",
}
OVERFLOW = (
    "the prompt is longer than the context length currently available to the model; "
    "shorten the input or use a model with a longer context"
)


async def hello(messages: list[dict[str, str]]) -> AsyncGenerator[str, None]:
    """What a very small model says to everything."""
    for piece in ("I", "'m", " so", " glad", " you", "'re", " here", "."):
        yield piece


class OllamaPeer:
    """An Ollama server for one test. ``async with OllamaPeer() as peer: peer.url``.

    Set ``fault`` to have the next chats fail: ``busy`` (503), ``silent`` (nothing is ever sent),
    ``stall`` (after three tokens), ``cut`` (the connection, after three tokens), ``cut_first``, ``error``
    (an error line after three tokens), ``error_first``, ``unfinished`` (no ``done`` line), ``garbage``,
    ``endless_line``, ``not_ollama`` (404 and HTML), ``thinking`` (thoughts only), ``untagged`` (thoughts in
    the content). ``fault_once`` clears it after one request.
    """

    def __init__(self, *models: str, writer: Writer = hello, port: int = 0) -> None:
        self.models: dict[str, dict[str, Any]] = {name: {} for name in models or ("smollm2:135m",)}
        self.loaded: dict[str, int] = {}
        self.writer = writer
        self.fault = ""
        self.fault_once = False
        self.bytes_a_token = 4.0
        self.chats: list[dict[str, Any]] = []
        """The bodies of the chats that had messages, in order."""
        self.loads: list[dict[str, Any]] = []
        """The bodies of those that had none."""
        self.asked = asyncio.Condition()
        """Notified when a chat request has come."""
        self.chats_begun = 0
        self.written = 0
        """Tokens sent in all chats."""
        self.cancelled = asyncio.Event()
        """A client has closed the connection before the reply was complete."""
        self._port = port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> OllamaPeer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; on the port of before, if it was started before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop at once, like a killed server: nothing is loaded any more."""
        assert self._server is not None
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self.loaded.clear()

    # --- HTTP ------------------------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while request := await _read_request(reader):
                await self._serve(_Exchange(reader, writer), *request)
        except ConnectionError:  # while something was being sent
            self.cancelled.set()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, _CutError):
            pass
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _serve(self, exchange: _Exchange, method: str, path: str, body: dict[str, Any]) -> None:
        handlers: dict[str, Callable[[_Exchange, dict[str, Any]], Awaitable[None]]] = {
            "GET /api/version": self._version,
            "GET /api/tags": self._tags,
            "GET /api/ps": self._ps,
            "POST /api/show": self._show,
            "POST /api/chat": self._chat,
            "POST /api/pull": self._pull,
            "POST /api/create": self._create,
            "DELETE /api/delete": self._delete,
        }
        handler = handlers.get(f"{method} {path}")
        if handler is None:
            await exchange.plain(404, b"404 page not found", "text/plain")
        else:
            await handler(exchange, body)

    # --- endpoints -------------------------------------------------------------------------------

    async def _version(self, exchange: _Exchange, body: dict[str, Any]) -> None:
        await exchange.json(200, {"version": "0.32.15"})

    async def _tags(self, exchange: _Exchange, body: dict[str, Any]) -> None:
        listed = [
            {
                "name": _full(name),
                "model": _full(name),
                "modified_at": CREATED,
                "size": 98362745,
                "digest": DIGEST,
                "details": {"parent_model": made.get("from", ""), **DETAILS, "context_length": 8192},
                "capabilities": ["completion"],
            }
            for name, made in self.models.items()
        ]
        await exchange.json(200, {"models": listed})

    async def _ps(self, exchange: _Exchange, body: dict[str, Any]) -> None:
        loaded = [
            {
                "name": _full(name),
                "model": _full(name),
                "size": 160222411,
                "digest": DIGEST,
                "details": {"parent_model": "", **DETAILS},
                "expires_at": "2319-03-03T22:02:22.634548912Z",
                "size_vram": 0,
                "context_length": num_ctx,
            }
            for name, num_ctx in self.loaded.items()
        ]
        await exchange.json(200, {"models": loaded})

    async def _show(self, exchange: _Exchange, body: dict[str, Any]) -> None:
        made = self._find(body.get("model", ""))
        if made is None:
            await exchange.json(404, {"error": f"model '{_full(body.get('model', ''))}' not found"})
            return
        shown: dict[str, Any] = {"modelfile": '# Modelfile generated by "ollama show"\n'}
        if parameters := made.get("parameters"):
            shown["parameters"] = "\n".join(_listing(name, value) for name, value in parameters.items())
        if made.get("system"):
            shown["system"] = made["system"]
        shown["details"] = {"parent_model": made.get("from", ""), **DETAILS}
        shown["model_info"] = {"general.architecture": "llama", "llama.context_length": 8192}
        shown["capabilities"] = ["completion"]
        await exchange.json(200, shown)

    async def _pull(self, exchange: _Exchange, body: dict[str, Any]) -> None:
        name, digest = body["model"], f"sha256:{DIGEST}"
        async with exchange.stream() as send:
            await send({"status": "pulling manifest"})
            if name.startswith("nope"):
                await send({"error": "pull model manifest: file does not exist"})
                return
            for done in (None, 49181216, 98362432):
                step = {"status": f"pulling {DIGEST[:12]}", "digest": digest, "total": 98362432}
                await send(step | ({"completed": done} if done else {}))
            for status in ("verifying sha256 digest", "writing manifest", "success"):
                await send({"status": status})
        self.models[name] = {}

    async def _create(self, exchange: _Exchange, body: dict[str, Any]) -> None:
        async with exchange.stream() as send:
            await send({"status": f"using existing layer sha256:{DIGEST}"})
            await send({"status": f"creating new layer sha256:{DIGEST}"})
            await send({"status": "writing manifest"})
            await send({"status": "success"})
        self.models[body["model"]] = {
            key: body[key] for key in ("from", "system", "parameters") if key in body
        }

    async def _delete(self, exchange: _Exchange, body: dict[str, Any]) -> None:
        if self._find(body["model"]) is None:
            await exchange.json(404, {"error": f"model '{body['model']}' not found"})
            return
        del self.models[body["model"]]
        await exchange.plain(200, b"", "")

    def _find(self, name: str) -> dict[str, Any] | None:
        return next((made for known, made in self.models.items() if _full(known) == _full(name)), None)

    # --- chat ------------------------------------------------------------------------------------

    async def _chat(self, exchange: _Exchange, body: dict[str, Any]) -> None:
        self.chats_begun += 1
        async with self.asked:
            self.asked.notify_all()
        fault, model = self.fault, body.get("model", "")
        if self.fault_once:
            self.fault = ""
        if fault == "busy":
            await exchange.json(
                503, {"error": "server busy, please try again.  maximum pending requests exceeded"}
            )
            return
        if fault == "not_ollama":
            await exchange.plain(404, b"<html>nginx</html>", "text/html")
            return
        if self._find(model) is None:
            await exchange.json(404, {"error": f"model '{model}' not found"})
            return
        if body.get("think"):
            await exchange.json(400, {"error": f'"{model}" does not support thinking'})
            return
        if fault == "silent":
            await exchange.gone()
            self.cancelled.set()
            return
        self.loaded[model] = body["options"]["num_ctx"]
        if not body["messages"]:
            async with self.asked:
                self.loads.append(body)
                self.asked.notify_all()
            loaded = {"model": model, "created_at": CREATED, "message": {"role": "assistant", "content": ""}}
            await exchange.json(200, loaded | {"done": True, "done_reason": "load"})
            return
        self.chats.append(body)
        tokens = int(sum(len(m["content"].encode()) for m in body["messages"]) / self.bytes_a_token)
        if tokens > body["options"]["num_ctx"]:
            await exchange.json(400, {"error": OVERFLOW})
            return
        await self._reply(exchange, body, fault, tokens)

    async def _reply(self, exchange: _Exchange, body: dict[str, Any], fault: str, tokens: int) -> None:
        def line(**message: str) -> dict[str, Any]:
            whole = {"role": "assistant", "content": "", **message}
            return {"model": body["model"], "created_at": CREATED, "message": whole, "done": False}

        limit, sent = body["options"].get("num_predict", -1), 0
        async with exchange.stream() as send, aclosing(self._text(body, fault)) as text:
            async for key, piece in text:
                if fault in ("cut_first", "error_first") or (
                    sent == 3 and fault in ("cut", "error", "stall")
                ):
                    await self._break(exchange, send, fault)
                    return
                if fault == "garbage":
                    await exchange.chunk(b"\x00\xff{]\n")
                elif fault == "endless_line":
                    while not exchange.is_gone:
                        await exchange.chunk(b"x" * 100_000)
                    return
                if exchange.is_gone:
                    self.cancelled.set()
                    return
                await send(line(**{key: piece}))
                sent += 1
                self.written += 1
                if sent == limit:
                    break
            if fault == "unfinished":
                return
            await send(
                line()
                | {"done": True, "done_reason": "length" if sent == limit else "stop"}
                | {"total_duration": 471048220, "load_duration": 848620, "prompt_eval_count": tokens}
                | {"prompt_eval_duration": 259908000, "eval_count": sent, "eval_duration": 207613000}
            )

    async def _text(self, body: dict[str, Any], fault: str) -> AsyncGenerator[tuple[str, str], None]:
        """The tokens, each with the field of the message that it belongs in."""
        if fault in ("thinking", "untagged"):
            for piece in ("<think>", "Glad", "?") if fault == "untagged" else ("Glad", "?"):
                yield ("content" if fault == "untagged" else "thinking"), piece
        if fault == "untagged":
            yield "content", "</think>\n\n"
        if fault != "thinking":
            async with aclosing(self.writer(body["messages"])) as pieces:
                async for piece in pieces:
                    yield "content", piece

    async def _break(self, exchange: _Exchange, send: Any, fault: str) -> None:
        if fault.startswith("error"):
            await send({"error": "an error was encountered while running the model: unexpected EOF"})
        elif fault == "stall":
            await exchange.gone()
            self.cancelled.set()
        else:
            raise _CutError


class _CutError(Exception):
    """The connection is to be cut."""


class _Exchange:
    """One request's answer. It notices when the client closes the connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def is_gone(self) -> bool:
        return self._reader.at_eof() or self._writer.is_closing()

    async def gone(self) -> None:
        """Wait until the client has closed the connection."""
        await self._reader.read()

    async def json(self, status: int, value: Any) -> None:
        raw = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        await self.plain(status, raw, "application/json; charset=utf-8")

    async def plain(self, status: int, raw: bytes, kind: str) -> None:
        self._head(status, kind, f"Content-Length: {len(raw)}")
        self._writer.write(raw)
        await self._writer.drain()

    def stream(self) -> _Stream:
        return _Stream(self)

    def _head(self, status: int, kind: str, length: str) -> None:
        reasons = {200: "OK", 400: "Bad Request", 404: "Not Found", 503: "Service Unavailable"}
        lines = [f"HTTP/1.1 {status} {reasons[status]}", *([f"Content-Type: {kind}"] if kind else [])]
        lines += [f"Date: {formatdate(usegmt=True)}", length, "", ""]
        self._writer.write("\r\n".join(lines).encode())

    async def chunk(self, raw: bytes) -> None:
        self._writer.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")
        await self._writer.drain()

    async def begin(self) -> None:
        self._head(200, "application/x-ndjson", "Transfer-Encoding: chunked")

    async def end(self) -> None:
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()


class _Stream:
    """A chunked reply: one JSON object a line, one line a chunk."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    async def __aenter__(self) -> Callable[[Any], Awaitable[None]]:
        await self._exchange.begin()
        return self._send

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            await self._exchange.end()

    async def _send(self, value: Any) -> None:
        raw = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        await self._exchange.chunk(raw + b"\n")


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, Any]] | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    method, path, _ = head.split("\r\n", 1)[0].split(" ")
    length = next(
        (int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length")),
        0,
    )
    raw = await reader.readexactly(length)
    return method, path, json.loads(raw) if raw else {}


def _full(name: str) -> str:
    return name if ":" in name else f"{name}:latest"


def _listing(name: str, value: Any) -> str:
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return f"{name:<30} {shown}"
