"""Ollama: streaming chat with the model kept in memory and its prompt cache intact.

``/api/chat`` is spoken with plain HTTP: the official client (0.6) can send neither ``truncate`` nor
``shift``, without which Ollama cuts an overlong prompt in silence, the system prompt first. The rest
(which models there are, what is loaded) goes through the official client, see ``ollama_models``.

Ollama keeps one runner for a model as long as ``num_ctx`` and ``shift`` stay the same: so every request,
the one that loads the model included, is built in one place (``_body``) with the same ones, and with
``keep_alive`` -1. ``think`` is always off; a model that thinks aloud all the same is filtered.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import httpx

from hearthd.common.errors import (
    BrokeOffError,
    ChatRefusedError,
    EmptyReplyError,
    EngineError,
    NotRunningError,
    OverflowingError,
    StallError,
)
from hearthd.engines.http_access import OPEN, Access
from hearthd.engines.llm.line_reader import LineTooLongError, Patience, StalledError, lines, next_line
from hearthd.engines.llm.ollama_models import has, is_loaded, models, same_model, unload
from hearthd.engines.llm.ollama_protocol import as_sent, content, error_body, read_event, refusal, tool_calls
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
from hearthd.engines.protocols import Manner

log = logging.getLogger(__name__)

_STAGE = {"stage": "llm"}

CONNECT_SECONDS = 2.0
LOAD_SECONDS = 300.0
"""A big model from a slow disk: 104 s were reported."""
WATCH_SECONDS = 60.0
"""How often it is looked whether the model is still loaded. Ollama tells nobody when it evicts one."""


class OllamaChat:
    """A ``ChatModel`` on an Ollama server. One request at a time; a reply stops any prefill.

    ``adopt`` changes its manner between replies, the model and ``num_ctx`` with it. The errors are those of
    ``common.errors``.
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
        watch_seconds: float = WATCH_SECONDS,
        access: Access = OPEN,
    ) -> None:
        self.url = url.rstrip("/")
        self._access = access
        self._configured = (model, num_ctx)
        self._manner = Manner(temperature)
        self._held = ""
        """The model that was loaded to be kept."""
        self._thinks = False
        """Its replies begin inside a thought, as the last one did."""
        self._max_reply_tokens = max_reply_tokens
        self._first_token_seconds = first_token_seconds
        self._stall_seconds = stall_seconds
        self._watch_seconds = watch_seconds
        self._prefill = Prefill()
        self._watching: asyncio.Task[None] | None = None
        self._opened: httpx.AsyncClient | None = None

    @property
    def name(self) -> str:
        """The model that answers."""
        return self._manner.model or self._configured[0]

    @property
    def _http(self) -> httpx.AsyncClient:
        if self._opened is None:
            self._opened = self._access.client(self.url, httpx.Timeout(None, connect=CONNECT_SECONDS))
        return self._opened

    @property
    def _num_ctx(self) -> int:
        return self._manner.num_ctx or self._configured[1]

    def adopt(self, manner: Manner) -> None:
        """Take over a persona's manner from the next reply on; ``start`` has its model loaded before."""
        self._manner = manner
        self._thinks = False

    async def start(self) -> None:
        """Have the model loaded and kept; one that was kept before is let go. Raises ChatError."""
        if (
            self._held
            and not same_model(self._held, self.name)
            and await has(self.url, self.name, self._access)
        ):
            await unload(self.url, self._held, self._access)
        await self._load()
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())

    async def digest(self) -> str:
        """See ``HasDigest``. Raises ChatError."""
        found = [model for model in await models(self.url, self._access) if same_model(model.name, self.name)]
        return found[0].digest if found else ""

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        """Read ``messages`` into the model's cache; a reply that begins ends it.

        A failure is logged, not raised: the reply will raise it.
        """
        await self._prefill.run(self._read(messages, tools))

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        """Stream the reply. Closing the generator closes the connection, which stops the model.

        A prompt that the server finds too long is sent again with half of its turns, then with none. A
        model that died before its first word is asked once more: Ollama loads it again by itself.
        """
        await self._prefill.stop()
        shorter = [halve(messages), [m for m in messages if m.role == "system"] + list(messages[-1:])]
        broken = False
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
            except BrokeOffError:
                if said or broken:
                    raise
                broken = True
                log.warning("the model died before its first word; it is asked again", extra=_STAGE)

    async def close(self) -> None:
        """Close the connections. The model stays loaded: other programs may use it, and a restart does."""
        await self._prefill.stop()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
        if self._opened is not None:
            await self._opened.aclose()

    # --- keeping it loaded -----------------------------------------------------------------------

    async def _load(self) -> None:
        """An empty conversation loads the model and says so ("load")."""
        name = self.name
        try:
            async with asyncio.timeout(LOAD_SECONDS), aclosing(self._stream(self._body([]))) as stream:
                async for _ in stream:
                    continue
        except TimeoutError:
            raise StallError(f"Ollama did not load {name} within {LOAD_SECONDS:g} s") from None
        self._held = name

    async def _watch(self) -> None:
        """Load the model again when another program, or a restart of the server, pushed it out."""
        while True:
            await asyncio.sleep(self._watch_seconds)
            try:
                if not await is_loaded(self.url, self.name, self._num_ctx, self._access):
                    await self._load()
                    log.info("%s had been pushed out of memory and is loaded again", self.name, extra=_STAGE)
            except EngineError as error:
                log.debug("%s", error, extra=_STAGE)

    async def _read(self, messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
        try:
            async with aclosing(self._stream(self._body(messages, tokens=1, tools=tools))) as stream:
                async for _ in stream:
                    continue
        except EngineError as error:
            log.debug("prefill: %s", error, extra=_STAGE)

    # --- one request -----------------------------------------------------------------------------

    def _body(
        self, messages: Sequence[Message], tokens: int | None = None, tools: Sequence[ToolSpec] = ()
    ) -> dict[str, Any]:
        options: dict[str, Any] = {
            "num_ctx": self._num_ctx,
            "num_predict": tokens or self._max_reply_tokens,
            "temperature": self._manner.temperature,
        }
        if self._manner.stop:
            options["stop"] = list(self._manner.stop)
        offered = {"tools": [tool.as_json() for tool in tools]} if tools else {}
        return {
            "model": self.name,
            "messages": [as_sent(message) for message in messages],
            **offered,
            "stream": True,
            "think": False,
            "keep_alive": -1,
            "truncate": False,
            "shift": False,
            "options": options,
        }

    async def _spoken(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> AsyncGenerator[ReplyEvent, None]:
        """The reply without thinking and without the white space before its first word."""
        sent = bytes_sent(messages, tools)
        text = ReplyText(thinking=self._thinks)
        called = False
        yield Answering(self.name)
        async with aclosing(self._stream(self._body(messages, tools=tools))) as stream:
            async for event in stream:
                async for said in text.feed(content(event)):
                    yield said
                for call in [] if text.thinking else tool_calls(event):
                    called = True
                    yield call
                if event.get("done") and (rest := text.finish()):
                    yield rest
                if event.get("done") and not called:
                    for call in text.tool_calls(tools):
                        yield call
                if event.get("done") and (usage := _usage(event, sent)) is not None:
                    yield usage
        self._thinks = text.thinks
        if not text.said and not called and not text.calls:
            raise EmptyReplyError(f"{self.name} wrote nothing to say, or only its thoughts")

    async def _stream(self, body: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """The objects of one streamed reply, the last one ``done``. Raises ChatError."""
        loop = asyncio.get_running_loop()
        first = self._first_token_seconds if body["messages"] else LOAD_SECONDS
        patience = Patience(loop.time(), first, self._stall_seconds)
        try:
            async with asyncio.timeout_at(patience.until) as waiting:
                response = await self._http.send(
                    self._http.build_request("POST", "/api/chat", json=body), stream=True
                )
            try:
                if response.status_code != httpx.codes.OK:
                    async with asyncio.timeout_at(patience.until) as waiting:
                        error_text = await error_body(response)
                    raise refusal(response.status_code, error_text, self.name)
                async with aclosing(lines(response)) as stream:
                    while True:
                        line = await next_line(stream, max(patience.until - loop.time(), 0.0))
                        if line is None:
                            raise BrokeOffError(f"Ollama ended the reply of {self.name} in the middle")
                        event = read_event(line, self.name)
                        yield event
                        patience.came(loop.time(), written=bool(content(event) or tool_calls(event)))
                        if event.get("done"):
                            return
            finally:
                await response.aclose()
        except (TimeoutError, StalledError) as error:
            if isinstance(error, TimeoutError) and not waiting.expired():
                raise
            raise StallError(f"Ollama ({self.name}) sent nothing in the time it is given") from None
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise NotRunningError(f"Ollama does not run at {self.url}: start it, or set chat.url") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise BrokeOffError(f"the connection to Ollama broke ({type(error).__name__})") from None
        except LineTooLongError:
            raise ChatRefusedError(f"what answers at {self.url} is not Ollama") from None


def _usage(event: dict[str, Any], sent: int) -> Usage | None:
    tokens, written = event.get("prompt_eval_count", 0), event.get("eval_count", 0)
    if not isinstance(tokens, int) or not isinstance(written, int):
        return None
    return Usage(sent, tokens, written, event.get("done_reason") == "length")
