"""A protocol peer of Ollama 0.32: the same statuses, headers, line shapes and places for errors.

It speaks HTTP over bare sockets, so that it can also do what a server never means to: stall, cut a reply
in the middle, answer with garbage. The text comes from ``writer``: a scripted one, or a real model
(``tests.chat_models.writer``). Like the server it computes one reply at a time; others wait in silence.

``python -m tests.peers.ollama [PORT]`` serves with a real model, for a look by hand and for the tests that
are meant for a real server.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from tests.peers.ollama_http import Exchange, read_request
from tests.peers.ollama_models import CREATED, Models

Writer = Callable[[list[dict[str, str]]], AsyncGenerator[str, None]]

DIED = "an error was encountered while running the model: unexpected EOF"
TOO_LONG = (
    "the prompt is longer than the context length currently available to the model; shorten the prompt, "
    "adjust the context length in settings, or use a model with a longer context length"
)
HOSTILE = {
    "garbage": b"\x00\xff{]\n",
    "no_object": b"[1]\n",
    "html": b"<html><body>It works!</body></html>",
    "deep": b"[" * 100_000 + b"\n",
    "odd_types": b'{"message":{"content":7},"done":0}\n{"message":"x"}\n{"done":true,"eval_count":"x"}\n',
    "surrogate": b'{"message":{"content":"\\ud800 a\\u0000b"},"done":false}\n{"done":true}\n',
    "no_utf8": b'{"message":{"content":"\xff\xfe"},"done":false}\n',
}
"""Faults that are bytes in the place of a reply's lines."""


async def hello(messages: list[dict[str, str]]) -> AsyncGenerator[str, None]:
    """What a very small model says to everything."""
    for piece in ("I", "'m", " so", " glad", " you", "'re", " here", "."):
        yield piece


class OllamaPeer(Models):
    """An Ollama server for one test. ``async with OllamaPeer() as peer: peer.url``.

    Set ``fault`` to have the next chats fail: ``busy`` (503), ``silent`` (nothing is ever sent),
    ``stall`` (after three tokens), ``slow`` (a while between tokens), ``cut`` (the connection, after three
    tokens), ``cut_first``, ``error`` (an error line after three tokens), ``error_first`` (500),
    ``unfinished`` (no ``done`` line), ``endless_line``, ``not_ollama`` (404 and HTML), ``redirect``, ``gzip``
    (a broken one), ``slow_error`` (an error that never ends), ``thinking`` (thoughts only), ``untagged``
    (thoughts in the content), and those of ``HOSTILE``. ``fault_once`` clears it after one request.
    """

    def __init__(self, *models: str, writer: Writer = hello, port: int = 0) -> None:
        super().__init__(models or ("smollm2:135m",))
        self.writer = writer
        self.calls_tools = False
        """Its models take ``tools``."""
        self.scripted: list[list[dict[str, Any]]] = []
        """The next replies line by line, each line the fields of its message, in place of the writer's."""
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
        self._computing = asyncio.Lock()

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

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while request := await read_request(reader):
                await self._serve(Exchange(reader, writer), *request)
        except ConnectionError:  # while something was being sent
            self.cancelled.set()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, _CutError):
            pass
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _serve(self, exchange: Exchange, method: str, path: str, body: dict[str, Any]) -> None:
        handlers = self.handlers | {"POST /api/chat": self._chat, "POST /api/embed": self._embed}
        handler = handlers.get(f"{method} {path}")
        if path.startswith("/api/blobs/sha256:"):
            await self.blob(exchange, method, path.rpartition("/")[2], body["raw"])
            return
        if handler is None:
            await exchange.plain(404, b"404 page not found", "text/plain")
        else:
            await handler(exchange, body)

    # --- what computes ---------------------------------------------------------------------------

    async def _embed(self, exchange: Exchange, body: dict[str, Any]) -> None:
        """A direction for each text, the same for the same words."""
        if self.find(body["model"]) is None:
            await exchange.json(404, {"error": f"model '{body['model']}' not found"})
            return
        found = [_direction(text) for text in body["input"]]
        counts = {"total_duration": 14143917, "load_duration": 1019500, "prompt_eval_count": 8 * len(found)}
        await exchange.json(200, {"model": body["model"], "embeddings": found} | counts)

    async def _chat(self, exchange: Exchange, body: dict[str, Any]) -> None:
        self.chats_begun += 1
        async with self.asked:
            self.asked.notify_all()
        fault, model = self.fault, body.get("model", "")
        if self.fault_once:
            self.fault = ""
        if await self._refused(exchange, body, fault, model):
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
            await exchange.late_error(400, _overflow(body, tokens))
            return
        async with self._computing:
            if not exchange.is_gone:
                await self._reply(exchange, body, fault, tokens)

    async def _refused(self, exchange: Exchange, body: dict[str, Any], fault: str, model: str) -> bool:
        if fault == "busy":
            busy = "server busy, please try again.  maximum pending requests exceeded"
            await exchange.json(503, {"error": busy})
        elif fault == "not_ollama":
            await exchange.plain(404, b"<html>nginx</html>", "text/html")
        elif fault == "redirect":
            await exchange.plain(307, b"", "", "Location: http://127.0.0.1:9/")
        elif fault == "gzip":
            await exchange.plain(200, b"no gzip", "application/x-ndjson", "Content-Encoding: gzip")
        elif fault == "slow_error":
            exchange.head(500, "application/json", "Transfer-Encoding: chunked")
            await exchange.chunk(b'{"error":"')
            await exchange.gone()
            self.cancelled.set()
        elif self.find(model) is None:
            await exchange.json(404, {"error": f"model '{model}' not found"})
        elif body.get("think"):
            await exchange.json(400, {"error": f'"{model}" does not support thinking'})
        elif body.get("tools") and not self.calls_tools:
            await exchange.json(400, {"error": f"registry.ollama.ai/library/{model} does not support tools"})
        elif fault == "silent":
            await exchange.gone()
            self.cancelled.set()
        elif fault == "error_first":
            await exchange.late_error(500, DIED)
        else:
            return False
        return True

    async def _reply(self, exchange: Exchange, body: dict[str, Any], fault: str, tokens: int) -> None:
        def line(**message: Any) -> dict[str, Any]:
            whole = {"role": "assistant", "content": "", **message}
            return {"model": body["model"], "created_at": CREATED, "message": whole, "done": False}

        limit, sent, whole = body["options"].get("num_predict", -1), 0, ""

        def last() -> dict[str, Any]:
            return (
                line()
                | {"done": True, "done_reason": "length" if sent == limit else "stop"}
                | {"total_duration": 471048220, "load_duration": 848620, "prompt_eval_count": tokens}
                | {"prompt_eval_duration": 259908000, "eval_count": sent, "eval_duration": 207613000}
            )

        if not body.get("stream", True):
            async with aclosing(self._text(body, fault)) as text:
                async for _, piece in text:
                    whole, sent = whole + piece, sent + 1
                    if sent == limit:
                        break
            await exchange.json(200, last() | {"message": {"role": "assistant", "content": whole}})
            return
        if self.scripted:
            async with exchange.stream() as send:
                for message in self.scripted.pop(0):
                    await send(line(**message))
                await send(last())
            return
        async with exchange.stream() as send, aclosing(self._text(body, fault)) as text:
            async for key, piece in text:
                if fault == "cut_first" or (sent == 3 and fault in ("cut", "error", "stall")):
                    await self._break(exchange, send, fault)
                    return
                if fault in HOSTILE:
                    await exchange.chunk(HOSTILE[fault])
                    return
                if fault == "endless_line":
                    while not exchange.is_gone:
                        await exchange.chunk(b"x" * 100_000)
                    return
                if fault == "slow":
                    await asyncio.sleep(0.05)
                if exchange.is_gone:
                    self.cancelled.set()
                    return
                await send(line(**{key: piece}))
                sent += 1
                self.written += 1
                if sent == limit:
                    break
            if fault != "unfinished":
                await send(last())

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

    async def _break(self, exchange: Exchange, send: Any, fault: str) -> None:
        if fault == "error":
            await send({"error": DIED})
        elif fault == "stall":
            await exchange.gone()
            self.cancelled.set()
        else:
            raise _CutError


class _CutError(Exception):
    """The connection is to be cut."""


def _overflow(body: dict[str, Any], tokens: int) -> str:
    """What the server says of a prompt too long: the runner's own words where nothing may be cut away."""
    if body.get("truncate", True):
        return TOO_LONG
    num_ctx = body["options"]["num_ctx"]
    said = (
        f"request ({tokens} tokens) exceeds the available context size ({num_ctx} tokens), try increasing it"
    )
    error = {"code": 400, "message": said, "type": "exceed_context_size_error"}
    return json.dumps({"error": error | {"n_prompt_tokens": tokens, "n_ctx": num_ctx}}, separators=(",", ":"))


def _direction(text: str) -> list[float]:
    numbers = [0.001] * 1024  # as many as bge-m3's
    for word in text.lower().split():
        numbers[int.from_bytes(hashlib.md5(word.encode()).digest()[:2]) % 1024] += 1.0
    length = sum(number * number for number in numbers) ** 0.5
    return [number / length for number in numbers]


async def _serve_for_ever(port: int) -> None:
    from tests import chat_models

    model = chat_models.embedded(chat_models.TINY, num_ctx=8192, max_reply_tokens=300)
    async with OllamaPeer(writer=chat_models.writer(model), port=port) as peer:
        print(f"{peer.url} has {', '.join(peer.models)}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve_for_ever(int(sys.argv[1]) if sys.argv[1:] else 11434))
