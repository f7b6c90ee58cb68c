"""Which chat model answers: the configuration's, or with ``engine = "auto"`` what is there."""

from __future__ import annotations

from hearthd.common.parts import OnHealth
from hearthd.config.settings import Settings
from hearthd.engines.llm.embedded import EmbeddedChat
from hearthd.engines.llm.fallback import FallbackChat
from hearthd.engines.llm.ollama import OllamaChat
from hearthd.engines.protocols import ChatModel
from hearthd.models import manifest


async def choose(settings: Settings, on_health: OnHealth | None = None) -> ChatModel:
    """The chat model of the settings, not yet started.

    ``on_health`` is told why Ollama cannot answer while another stands in for it, and None when it can.

    - ``embedded``: the model in a child process, no server asked.
    - ``ollama``: the server; with ``fallback`` the embedded model stands in while it is away.
    - ``auto``: the server if it is there and has the model, else the embedded model, and the server as
      soon as it comes; it says which.
    """
    if settings.chat.engine == "embedded":
        return embedded(settings)
    server = OllamaChat(
        settings.chat.url,
        settings.chat.model,
        num_ctx=settings.chat.num_ctx,
        max_reply_tokens=settings.chat.max_reply_tokens,
        first_token_seconds=settings.chat.first_token_seconds,
        stall_seconds=settings.chat.stall_seconds,
    )
    if settings.chat.engine == "ollama" and not settings.chat.fallback:
        return server
    expected = settings.chat.engine == "ollama"
    return FallbackChat(server, lambda: embedded(settings), expected=expected, on_health=on_health)


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
