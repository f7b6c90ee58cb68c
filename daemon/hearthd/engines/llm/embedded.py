"""The embedded chat model: llama.cpp in a child process, so that a fresh machine answers with no server.

What it reads of a prompt, and how soon it answers, is measured in ``tests/bench/context.py``.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import httpx

from hearthd.common.errors import (
    BrokeOffError,
    ChatError,
    ChatRefusedError,
    EmptyReplyError,
    EngineError,
    OverflowingError,
    StallError,
)
from hearthd.engines.http_body import beginning
from hearthd.engines.llm.gguf_file import fingerprint
from hearthd.engines.llm.line_reader import LineTooLongError, Patience, StalledError, clean, lines, next_line
from hearthd.engines.llm.llama_process import Child
from hearthd.engines.llm.openai_protocol import CallFragments, as_sent
from hearthd.engines.llm.prefill import Prefill
from hearthd.engines.llm.reply_text import ReplyText
from hearthd.engines.messages import (
    Answering,
    Message,
    ReplyEvent,
    Text,
    ToolCall,
    ToolSpec,
    Usage,
    bytes_sent,
    halve,
)
from hearthd.engines.protocols import Adapter, Manner

log = logging.getLogger(__name__)

_STAGE = {"stage": "llm"}

MOST_READING = 4.0
"""Times the first token's time for a prompt that is being read, which llama.cpp tells batch by batch: 4,000
tokens take a minute on two slow cores."""


class EmbeddedChat:
    """A ``ChatModel`` on a GGUF file. One request at a time; a reply stops any prefill in progress.

    ``model`` says where the file is, or raises EngineError; it is asked whenever a child is started.

    ``adopt`` changes its manner between replies; another ``num_ctx`` or
    another adapter takes a new child. ``usage`` tells what
    the last whole reply cost. A child that dies is started again at once; the reply it had begun to write is
    an ``EngineError``, one that it had not begun is written by the next child.
    """

    def __init__(
        self,
        name: str,
        model: Callable[[], Path],
        *,
        num_ctx: int,
        max_reply_tokens: int,
        first_token_seconds: float = 30.0,
        stall_seconds: float = 20.0,
        temperature: float = 0.7,
        threads: int = 2,
    ) -> None:
        self.name = name
        self._model = model
        self._manner = Manner(temperature)
        self._configured_num_ctx = num_ctx
        self._max_reply_tokens = max_reply_tokens
        self._first_token_seconds = first_token_seconds
        self._stall_seconds = stall_seconds
        self._threads = threads
        self._prefill = Prefill()
        self._child: Child | None = None
        self._started_for: tuple[int, Adapter | None] = (0, None)
        """The context and the adapter that the child was started for."""
        self._thinks = False
        """Its replies begin inside a thought, as the last one did."""
        self._starting = asyncio.Lock()
        self._restart: asyncio.Task[None] | None = None
        self._closed = False

    def adopt(self, manner: Manner) -> None:
        """Take over a persona's manner from the next reply on. Its model is Ollama's: said, and left."""
        if manner.model and manner.model != self._manner.model:
            log.info("%s is a model of Ollama's: %s answers", manner.model, self.name, extra=_STAGE)
        self._manner = manner

    @property
    def _num_ctx(self) -> int:
        return self._manner.num_ctx or self._configured_num_ctx

    async def start(self) -> None:
        """Start the child and load the model. Raises EngineError with what llama.cpp said."""
        await self._prefill.stop()
        await self._running()

    async def digest(self) -> str:
        """See ``HasDigest``: the size of the model's file, and when it was written. Raises EngineError."""
        try:
            found = self._model().stat()
        except OSError:
            return ""
        return f"{self.name} {found.st_size} {found.st_mtime_ns}"

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        """Read ``messages`` into the model's cache; a reply that begins ends it.

        A broken child is logged, not raised: the reply will raise it.
        """
        await self._prefill.run(self._read(messages, tools))

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        """Stream the reply. Closing the generator closes the connection, which stops the model.

        A prompt that is too long is sent again with half of its turns, then with none. Raises ChatError:
        the question alone too long, the child dead, no word in time, nothing said at all.
        """
        await self._prefill.stop()
        messages = _briefly(messages, self._manner)
        shorter = [halve(messages), [m for m in messages if m.role == "system"] + list(messages[-1:])]
        said = died = False
        while True:
            child = await self._running()
            try:
                async with aclosing(self._spoken(child, messages, tools)) as events:
                    async for event in events:
                        said = said or isinstance(event, Text | ToolCall)
                        yield event
                return
            except OverflowingError:
                if not shorter:
                    raise
                messages = shorter.pop(0)
                log.warning("the conversation is too long for the model: half is left out", extra=_STAGE)
            except httpx.HTTPError as error:
                child.kill()
                if said or died:
                    self._restart = asyncio.create_task(self._start_again())
                    raise BrokeOffError(
                        f"the embedded model {self.name} died; it is started again"
                    ) from error
                died = True

    async def close(self) -> None:
        """End the child and free its memory, for good."""
        self._closed = True
        await self._prefill.stop()
        if self._restart is not None:
            self._restart.cancel()
            await asyncio.wait({self._restart})
        async with self._starting:
            child, self._child = self._child, None
        if child is not None:
            await child.close()

    async def _running(self) -> Child:
        async with self._starting:
            if self._closed:
                raise EngineError(f"the embedded model {self.name} is closed")
            if self._child is not None and not self._child.alive:
                log.warning("the embedded model ended; it is started again", extra=_STAGE)
                await self._child.close()
                self._child = None
            wanted = self._num_ctx, self._manner.adapter
            if self._child is not None and self._started_for != wanted:
                await self._child.close()
                self._child = None
            if self._child is None:
                self._child = await self._start_child(*wanted)
                self._started_for = wanted
                log.info("%s is loaded", self.name, extra=_STAGE)
            return self._child

    async def _start_child(self, num_ctx: int, adapter: Adapter | None) -> Child:
        """A new child; without the persona's adapter, and said so, where that does not fit the model."""
        model = self._model()
        if adapter is not None:
            try:
                if await asyncio.to_thread(fingerprint, model) != adapter.base:
                    raise EngineError("it was trained on another model; train it again")
                return await Child.start(model, num_ctx, self._threads, adapter.path)
            except EngineError as error:
                log.error("%s answers without the persona's training: %s", self.name, error, extra=_STAGE)
        return await Child.start(model, num_ctx, self._threads)

    async def _start_again(self) -> None:
        try:
            await self._running()
        except EngineError as error:
            log.error("%s", error, extra=_STAGE)

    async def _read(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        try:
            child = await self._running()
            body = self._body(_briefly(messages, self._manner), tools) | {"max_tokens": 1}
            async with child.http.stream("POST", "/v1/chat/completions", json=body) as response:
                async for _ in response.aiter_raw():
                    continue
        except (EngineError, httpx.HTTPError) as error:
            log.warning("prefill failed: %s", error or type(error).__name__, extra=_STAGE)

    async def _spoken(
        self, child: Child, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> AsyncGenerator[ReplyEvent, None]:
        """The reply without thinking and without the white space before its first word."""
        spoken = ReplyText(thinking=self._thinks)
        called = False
        yield Answering(self.name)
        async with aclosing(self._stream(child, messages, tools)) as events:
            async for event in events:
                match event:
                    case Text(text):
                        async for said in spoken.feed(text):
                            yield said
                    case ToolCall() if spoken.thinking:
                        continue
                    case _:
                        called = called or isinstance(event, ToolCall)
                        yield event
        if rest := spoken.finish():
            yield rest
        if not called:
            for call in spoken.tool_calls(tools):
                yield call
        self._thinks = spoken.thinks
        if not spoken.said and not called and not spoken.calls:
            raise EmptyReplyError(f"the embedded model {self.name} wrote nothing to say")

    async def _stream(
        self, child: Child, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> AsyncGenerator[ReplyEvent, None]:
        calls = CallFragments()
        sent = bytes_sent(messages, tools)
        now = asyncio.get_running_loop().time
        patience = Patience(now(), self._first_token_seconds, self._stall_seconds, reading=MOST_READING)
        request = child.http.stream("POST", "/v1/chat/completions", json=self._body(messages, tools))
        try:
            async with AsyncExitStack() as opened:
                async with asyncio.timeout_at(patience.until):
                    response = await opened.enter_async_context(request)
                    if response.status_code != httpx.codes.OK:
                        raise _refusal(await beginning(response))
                stream = await opened.enter_async_context(aclosing(lines(response)))
                while (line := await next_line(stream, max(patience.until - now(), 0.0))) is not None:
                    if not line.startswith(b"data:") or line == b"data: [DONE]":
                        continue
                    event = json.loads(line[5:])
                    if "error" in event:
                        raise _refusal(line[5:])
                    choice = event["choices"][0]
                    if text := clean(choice["delta"].get("content")):
                        yield Text(text)
                    patience.came(now(), written=bool(text or choice["delta"].get("tool_calls")))
                    calls.feed(choice["delta"])
                    if choice["finish_reason"]:
                        for call in calls.calls():
                            yield call
                        timings = event.get("timings", {})
                        yield Usage(
                            prompt_bytes=sent,
                            prompt_tokens=timings.get("prompt_n", 0) + timings.get("cache_n", 0),
                            reply_tokens=timings.get("predicted_n", 0),
                            cut=choice["finish_reason"] == "length",
                            cached_tokens=timings.get("cache_n", 0),
                        )
        except (StalledError, TimeoutError):
            raise StallError(
                f"the embedded model {self.name} wrote nothing in the time it is given"
            ) from None
        except (LineTooLongError, ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
            raise ChatRefusedError("the embedded model's process sent something that is no reply") from error

    def _body(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> dict[str, Any]:
        offered = {"tools": [tool.as_json() for tool in tools]} if tools else {}
        return {
            "messages": [as_sent(message) for message in messages],
            **offered,
            "stream": True,
            "cache_prompt": True,
            "return_progress": True,  # a line a batch: a closed connection is noticed while reading, too
            "max_tokens": self._max_reply_tokens,
            "temperature": self._manner.temperature,
            "stop": list(self._manner.stop),
        }


def _briefly(messages: Sequence[Message], manner: Manner) -> Sequence[Message]:
    """``messages`` with the persona's brief in the place of its prompt, whole or cut to the context.

    The 0.5B model took "What the family tells you about themselves is true: use it." for the news. What it is
    not shown, it cannot say.
    """
    if not messages or not manner.brief:
        return messages
    first, *others = messages
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first.content, manner.system, strict=False))
    length = sum(1 for _ in same)
    if first.role != "system" or length * 2 < len(manner.system):
        return messages
    return [replace(first, content=manner.brief + first.content[length:]), *others]


def _refusal(raw: bytes) -> ChatError:
    """What the server's error body says, in our words. Never holds what was asked."""
    try:
        error = json.loads(raw)["error"]
        if error.get("type") == "exceed_context_size_error":
            tokens, room = int(error["n_prompt_tokens"]), int(error["n_ctx"])
            return OverflowingError(f"the conversation ({tokens} tokens) is longer than num_ctx ({room})")
        return ChatRefusedError(f"the embedded model refused: {str(error.get('message', ''))[:200]}")
    except (ValueError, KeyError, TypeError, AttributeError):
        return ChatRefusedError("the embedded model refused, and did not say why")
