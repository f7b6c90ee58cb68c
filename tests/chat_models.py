"""Small chat models for the tests: real ones, in the embedded engine."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

import pytest

from hearthd.common.errors import EmptyReplyError, EngineError
from hearthd.engines.llm.embedded import EmbeddedChat
from hearthd.engines.messages import Message, ReplyEvent, Text, Usage, texts
from hearthd.models import manifest
from tests.peers.ollama import Writer

TINY = "smollm2-135m"
"""English only and not clever, but it loads in half a second."""
STARTER = "qwen2.5-coder-0.5b"
"""The one that a fresh machine answers with."""


def available(name: str) -> bool:
    """Whether the model is there, whole."""
    try:
        manifest.path(name)
    except EngineError:
        return False
    return True


def embedded(name: str, *, num_ctx: int = 2048, max_reply_tokens: int = 60) -> EmbeddedChat:
    """The model ``name``, always saying the same to the same; skips the test where it is missing."""
    if not available(name):
        pytest.skip(f"needs the model {name}: hearthd models pull {name}")
    return EmbeddedChat(
        name,
        lambda: manifest.path(name) / "model.gguf",
        num_ctx=num_ctx,
        max_reply_tokens=max_reply_tokens,
        first_token_seconds=120.0,
        stall_seconds=60.0,
        temperature=0.0,
    )


def writer(model: EmbeddedChat) -> Writer:
    """``model`` as the one that writes an Ollama peer's replies."""

    async def write(messages: list[dict[str, str]]) -> AsyncGenerator[str, None]:
        said = [Message(m["role"], m["content"]) for m in messages]  # type: ignore[arg-type]
        with suppress(EmptyReplyError):  # a prefill may end with what the speaker said: nothing to add
            async with aclosing(texts(model.reply(said))) as pieces:
                async for piece in pieces:
                    yield piece

    return write


async def written(reply: AsyncGenerator[ReplyEvent, None]) -> tuple[str, Usage]:
    """The text of a whole reply, and what it cost."""
    text, usage = "", None
    async with aclosing(reply):
        async for event in reply:
            if isinstance(event, Text):
                text += event.text
            usage = event if isinstance(event, Usage) else usage
    assert usage is not None
    return text, usage
