"""Which chat model answers: the configuration's, or with ``engine = "auto"`` what is there."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from hearthd.common.parts import OnHealth
from hearthd.config.settings import ChatHost, Settings
from hearthd.engines.http_access import Access
from hearthd.engines.llm.embedded import EmbeddedChat
from hearthd.engines.llm.fallback import FallbackChat
from hearthd.engines.llm.ollama import OllamaChat
from hearthd.engines.llm.openai import OpenAiChat
from hearthd.engines.protocols import ChatModel
from hearthd.models import manifest


async def choose(settings: Settings, on_health: OnHealth | None = None) -> ChatModel:
    """The chat model of the settings, not yet started.

    ``on_health`` is told why the first server cannot answer while another stands in for it, and when it can.

    - ``embedded``: the model in a child process, no server asked.
    - ``ollama``, ``openai``: the servers in their order; with ``fallback`` the embedded model stands in while
      they are away.
    - ``auto``: Ollama if it is there and has the model, else the embedded model, and the server as soon as it
      comes; it says which.

    Servers are never taken by turns: each keeps its model and the prompt's beginning in memory.
    """
    chat = settings.chat
    row: list[Callable[[], ChatModel]] = [functools.partial(alone, host, settings) for host in chat.servers]
    if chat.engine in ("auto", "embedded") or chat.fallback:
        row.append(lambda: embedded(settings))
    return _chain(row, expected=chat.engine != "auto", on_health=on_health)


def answering(chat: ChatModel) -> ChatModel:
    """Who answers now of those that stand in for each other."""
    while isinstance(chat, FallbackChat):
        chat = chat.stand_in or chat.primary
    return chat


def _chain(
    row: Sequence[Callable[[], ChatModel]], *, expected: bool, on_health: OnHealth | None
) -> ChatModel:
    """The first of ``row``, for which the others stand in, each while those before it are away."""
    first, *others = row
    if not others:
        return first()
    # Of what stands in nobody is told: that the first is away is the fault.
    return FallbackChat(
        first(),
        lambda: _chain(others, expected=expected, on_health=None),
        expected=expected,
        on_health=on_health,
    )


def alone(host: ChatHost, settings: Settings) -> ChatModel:
    """The chat model of one server (of ``ChatSettings.servers``); nobody stands in for it."""
    kind = OpenAiChat if host.engine == "openai" else OllamaChat
    return kind(
        host.url,
        host.model,
        num_ctx=settings.chat.num_ctx,
        max_reply_tokens=settings.chat.max_reply_tokens,
        first_token_seconds=settings.chat.first_token_seconds,
        stall_seconds=settings.chat.stall_seconds,
        access=Access(host.token_file, host.ca_file),
    )


def embedded(settings: Settings) -> EmbeddedChat:
    """The embedded model of the settings, not yet started."""
    name = settings.chat.embedded_model
    return EmbeddedChat(
        name,
        lambda: manifest.path(name) / "model.gguf",
        num_ctx=settings.chat.num_ctx,
        max_reply_tokens=settings.chat.max_reply_tokens,
        first_token_seconds=settings.chat.first_token_seconds,
        stall_seconds=settings.chat.stall_seconds,
    )
