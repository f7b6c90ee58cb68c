"""Chat models behind ``/v1/chat/completions``: vLLM, llama.cpp's server, LM Studio, chatglm.cpp and the like.

One client for all. Where they differ, the server's answers say so: which models it has, and what it refuses
(``openai_protocol.Dialect``). Thinking is switched off where that can be; thoughts that come all the same, in
a field of their own or in the text, are not spoken. The context's size is the server's affair: a prompt that
it finds too long is sent again with half of its turns.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any

import httpx

from hearthd.common.errors import (
    BrokeOffError,
    ChatRefusedError,
    EmptyReplyError,
    EngineError,
    ModelMissingError,
    NotRunningError,
    OverflowingError,
    StallError,
)
from hearthd.engines.http_access import OPEN, Access
from hearthd.engines.http_body import CONNECT_SECONDS, beginning, error_of
from hearthd.engines.llm.line_reader import LineTooLongError, Patience, StalledError, clean, lines, next_line
from hearthd.engines.llm.openai_models import ServedModel, served
from hearthd.engines.llm.openai_protocol import (
    CallFragments,
    Dialect,
    alternating,
    as_sent,
    first_choice,
    read_event,
    refusal,
    usage,
)
from hearthd.engines.llm.prefill import Prefill
from hearthd.engines.llm.reply_text import ReplyText
from hearthd.engines.messages import (
    Answering,
    Message,
    ReplyEvent,
    Text,
    ToolCall,
    ToolSpec,
    bytes_sent,
    halve,
)
from hearthd.engines.protocols import Manner

log = logging.getLogger(__name__)

_STAGE = {"stage": "llm"}

LOAD_SECONDS = 300.0
"""A big model from a slow disk."""
COUNT_SECONDS = 1.0
"""After the last word the server may still say what it cost; nobody waits longer for that."""
MAX_LESSONS = 4
"""So many things a server may turn out not to take, one a refusal."""


class OpenAiChat:
    """A ``ChatModel`` on such a server. One request at a time; a reply stops any prefill.

    The errors are those of ``common.errors``.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        num_ctx: int,
        max_reply_tokens: int,
        first_token_seconds: float = 30.0,
        stall_seconds: float = 20.0,
        temperature: float = 0.7,
        access: Access = OPEN,
    ) -> None:
        """``url``: with or without ``/v1`` at its end."""
        self.url = url.rstrip("/").removesuffix("/v1")
        self._configured = model
        self._model = model
        self._num_ctx = num_ctx
        self._max_reply_tokens = max_reply_tokens
        self._first_token_seconds = first_token_seconds
        self._stall_seconds = stall_seconds
        self._manner = Manner(temperature)
        self._access = access
        self._dialect = Dialect()
        self._thinks = False
        """Its replies begin inside a thought, as the last one did."""
        self._prefill = Prefill()
        self._opened: httpx.AsyncClient | None = None

    @property
    def name(self) -> str:
        """The model that answers; llama.cpp gives the path of its file."""
        return self._model.rsplit("/", 1)[-1] if self._model.endswith(".gguf") else self._model

    def adopt(self, manner: Manner) -> None:
        """Take over a persona's manner from the next reply on; ``start`` looks whether its model is there."""
        self._manner = manner
        self._thinks = False

    async def start(self) -> None:
        """Find out which model answers, and have it loaded. Raises EngineError."""
        await self._prefill.stop()
        self._choose(await served(self._http, self.url))
        body = self._body([Message("user", "Hello.")], tokens=1)
        async with aclosing(self._taught(body, LOAD_SECONDS, ())) as stream:
            async for _ in stream:
                continue
        log.debug("%s at %s takes %s", self.name, self.url, self._dialect, extra=_STAGE)

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        """Read ``messages`` into the model's cache; a reply that begins ends it.

        A failure is logged, not raised: the reply will raise it.
        """
        await self._prefill.run(self._read(messages, tools))

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        """Stream the reply. Closing the generator closes the connection, which stops the model.

        A prompt that the server finds too long is sent again with half of its turns, then with none.
        """
        await self._prefill.stop()
        shorter = [halve(messages), [m for m in messages if m.role == "system"] + list(messages[-1:])]
        while True:
            said = False
            try:
                async with aclosing(self._spoken(messages, tools)) as events:
                    async for event in events:
                        said = said or isinstance(event, Text | ToolCall)
                        yield event
                return
            except OverflowingError:
                if said or not shorter:
                    raise
                messages = shorter.pop(0)
                log.warning("the conversation is too long for the model: half is left out", extra=_STAGE)

    async def close(self) -> None:
        """Close the connections."""
        await self._prefill.stop()
        if self._opened is not None:
            await self._opened.aclose()

    # --- which model -----------------------------------------------------------------------------

    @property
    def _http(self) -> httpx.AsyncClient:
        if self._opened is None:
            self._opened = self._access.client(self.url, httpx.Timeout(None, connect=CONNECT_SECONDS))
        return self._opened

    def _choose(self, models: Sequence[ServedModel]) -> None:
        """The persona's model if the server has it, else the configured one, else the only one."""
        there = [model.name for model in models]
        wanted = self._manner.model
        if wanted and wanted not in there:
            log.info("%s is no model of %s: %s answers", wanted, self.url, self._configured, extra=_STAGE)
        if wanted in there:
            self._model = wanted
        elif self._configured in there or not there:
            self._model = self._configured
        elif len(there) == 1:
            self._model = there[0]
            log.info("%s at %s answers, the only model there", self.name, self.url, extra=_STAGE)
        else:
            known = ", ".join(there[:8])
            raise ModelMissingError(
                f'no model "{self._configured}" at {self.url} (there are: {known}): set chat.model'
            )
        found = next((model for model in models if model.name == self._model), None)
        if found is not None and found.drops_system:
            self._dialect.system = self._dialect.tools = False
        if found is not None and found.context is not None and found.context < self._num_ctx:
            text = "the context of %s at %s has %d tokens: set chat.num_ctx to that"
            log.warning(text, self.name, self.url, found.context, extra=_STAGE)

    # --- one request -----------------------------------------------------------------------------

    def _body(self, messages: Sequence[Message], tokens: int | None = None) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": messages,
            "stream": True,
            "max_tokens": tokens or self._max_reply_tokens,
            "temperature": self._manner.temperature,
        }
        if self._manner.stop:
            body["stop"] = list(self._manner.stop)
        return body

    def _spelled(self, body: dict[str, Any], tools: Sequence[ToolSpec]) -> dict[str, Any]:
        """``body`` in the server's dialect."""
        messages: Sequence[Message] = body["messages"]
        said = messages if self._dialect.system else alternating(messages)
        spelled = body | {"messages": [as_sent(message) for message in said]}
        if tools and self._dialect.tools:
            spelled["tools"] = [tool.as_json() for tool in tools]
        if self._dialect.thinking_switch:
            spelled["chat_template_kwargs"] = {"enable_thinking": False}
        if self._dialect.usage:
            spelled["stream_options"] = {"include_usage": True}
        return spelled

    async def _read(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        try:
            body = self._body(messages, tokens=1)
            async with aclosing(self._taught(body, self._first_token_seconds, tools)) as stream:
                async for _ in stream:
                    continue
        except EngineError as error:
            log.debug("prefill: %s", error, extra=_STAGE)

    async def _spoken(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> AsyncGenerator[ReplyEvent, None]:
        """The reply without thinking and without the white space before its first word."""
        sent = bytes_sent(messages, tools)
        text, fragments = ReplyText(thinking=self._thinks), CallFragments()
        pieces, over, called, cut = 0, False, False, False
        yield Answering(self.name)
        stream = self._taught(self._body(messages), self._first_token_seconds, tools)
        async with aclosing(stream):
            async for event in stream:
                delta, reason = first_choice(event)
                if not over:
                    if piece := clean(delta.get("content")):
                        pieces += 1
                        async for said in text.feed(piece):
                            yield said
                    fragments.feed(delta)
                cut = cut or reason == "length" or pieces > self._max_reply_tokens
                if (reason or pieces > self._max_reply_tokens) and not over:
                    over = True
                    for last in self._ended(text, fragments, tools):
                        called = called or isinstance(last, ToolCall)
                        yield last
                if over and (cost := usage(event, sent, cut=cut)) is not None:
                    yield cost
                if event.get("done") or pieces > self._max_reply_tokens:
                    break  # some servers know no greatest length
        if not over:
            for last in self._ended(text, fragments, tools):
                called = called or isinstance(last, ToolCall)
                yield last
        self._thinks = text.thinks
        if not text.said and not called and not text.calls:
            raise EmptyReplyError(
                f"{self.name} at {self.url} wrote nothing to say, or only its thoughts: "
                "see that the server switches thinking off"
            )

    def _ended(
        self, text: ReplyText, fragments: CallFragments, tools: Sequence[ToolSpec]
    ) -> list[Text | ToolCall]:
        calls = [] if text.thinking else fragments.calls()
        rest = text.finish()
        return [*([rest] if rest else []), *(calls or text.tool_calls(tools))]

    async def _taught(
        self, body: dict[str, Any], seconds: float, tools: Sequence[ToolSpec]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The events of one answer; what the server does not take is left out. Raises EngineError."""
        for lesson in range(MAX_LESSONS + 1):
            begun = False
            try:
                async with aclosing(self._stream(self._spelled(body, tools), seconds)) as stream:
                    async for event in stream:
                        begun = True
                        yield event
                return
            except _RefusedError as refused:
                if not begun and lesson < MAX_LESSONS and self._dialect.learn(refused.status, refused.text):
                    if tools and not self._dialect.tools:
                        text = "%s at %s takes no tools (vLLM: --enable-auto-tool-choice): it answers without"
                        log.warning(text, self.name, self.url, extra=_STAGE)
                    continue
                raise refusal(refused.status, refused.text, self.name, self.url) from None

    async def _stream(self, body: dict[str, Any], seconds: float) -> AsyncGenerator[dict[str, Any], None]:
        """The events of one answer; the first within ``seconds``. Raises EngineError or _RefusedError."""
        now = asyncio.get_running_loop().time
        patience = Patience(now(), seconds, self._stall_seconds)
        last = None
        try:
            async with AsyncExitStack() as opened:
                async with asyncio.timeout_at(patience.until):
                    request = self._http.stream("POST", "/v1/chat/completions", json=body)
                    response = await opened.enter_async_context(request)
                    if response.status_code != httpx.codes.OK:
                        raise _RefusedError(response.status_code, error_of(await beginning(response)))
                stream = await opened.enter_async_context(aclosing(lines(response)))
                while True:
                    until = patience.until if last is None else last
                    line = await next_line(stream, max(until - now(), 0.0))
                    if line is None:
                        break
                    event = read_event(line)
                    if event is None:
                        continue
                    if event.get("error"):
                        raise _RefusedError(200, error_of(line[5:]))
                    yield event
                    delta, reason = first_choice(event)
                    patience.came(now(), written=bool(delta.get("content") or delta.get("tool_calls")))
                    if reason and last is None:
                        last = now() + COUNT_SECONDS
                    if event.get("done"):
                        break
        except (StalledError, TimeoutError):
            if last is None:
                raise StallError(f"{self.name} at {self.url} sent nothing in the time it is given") from None
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise NotRunningError(
                f"nobody answers at {self.url}: start the server, or set chat.url"
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            if last is None:
                raise BrokeOffError(f"the connection to {self.url} broke ({type(error).__name__})") from None
        except (LineTooLongError, ValueError, RecursionError):
            raise ChatRefusedError(f"what answers at {self.url} sent something that is no reply") from None


class _RefusedError(Exception):
    """An answer other than a reply, as it came."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__()
        self.status, self.text = status, text
