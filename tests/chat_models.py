"""Small chat models for the tests: real ones, in the embedded engine."""

from __future__ import annotations

import pytest

from hearthd import models
from hearthd.engines.chat.embedded import EmbeddedChat
from hearthd.engines.protocols import EngineError

TINY = "smollm2-135m"
"""English only and not clever, but it loads in half a second."""
STARTER = "qwen2.5-coder-0.5b"
"""The one that a fresh machine answers with."""


def available(name: str) -> bool:
    """Whether the model is there, whole."""
    try:
        models.path(name)
    except EngineError:
        return False
    return True


def embedded(name: str, *, num_ctx: int = 2048, max_reply_tokens: int = 60) -> EmbeddedChat:
    """The model ``name``, always saying the same to the same; skips the test where it is missing."""
    if not available(name):
        pytest.skip(f"needs the model {name}: hearthd models pull {name}")
    return EmbeddedChat(
        name,
        lambda: models.path(name) / "model.gguf",
        num_ctx=num_ctx,
        max_reply_tokens=max_reply_tokens,
        first_token_seconds=120.0,
        stall_seconds=60.0,
        temperature=0.0,
    )
