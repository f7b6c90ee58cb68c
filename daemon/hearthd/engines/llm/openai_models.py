"""Which models a server of OpenAI's kind has: ``/v1/models``, and what it lets slip of what it is."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import httpx

from hearthd.common.errors import (
    BrokeOffError,
    BusyError,
    ChatRefusedError,
    NotRunningError,
    StallError,
)
from hearthd.engines.http_body import error_of
from hearthd.engines.llm.openai_protocol import refusal

ANSWER_SECONDS = 5.0
"""Nothing here computes: a server that takes longer is stuck."""
MAX_MODELS = 1_000
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model that the server has."""

    name: str
    context: int | None = None
    """Its context in tokens, where the server says."""
    drops_system: bool = False
    """The server is chatglm.cpp, which leaves system messages out without a word and knows no tools."""


async def served(http: httpx.AsyncClient, url: str) -> list[ServedModel]:
    """The server's models; none where it does not list them. Raises ChatError."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            response = await http.get("/v1/models")
    except TimeoutError:
        raise StallError(f"the server at {url} does not answer within {ANSWER_SECONDS:g} s") from None
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise NotRunningError(f"nobody answers at {url}: start the server, or set chat.url") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise BrokeOffError(f"the connection to {url} broke ({type(error).__name__})") from None
    if response.status_code in (401, 403, 429):
        raise refusal(response.status_code, "", "", url)
    if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        raise BusyError(f"the server at {url} loads its model ({error_of(response.content)[:80]!r})")
    if response.status_code != httpx.codes.OK:
        return []
    try:
        listed = json.loads(response.content)["data"]
        models = [one for one in listed[:MAX_MODELS] if isinstance(one, dict)]
        return [_model(one) for one in models if _is_name(one.get("id"))]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ChatRefusedError(f"what answers at {url} is no server of chat models") from None


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and 0 < len(name) <= MAX_NAME and name.isprintable()


def _model(listed: dict[str, Any]) -> ServedModel:
    meta = listed.get("meta")
    context = listed.get("max_model_len")  # vLLM's; llama.cpp's is in "meta"
    if context is None and isinstance(meta, dict):
        context = meta.get("n_ctx")
    known = context if isinstance(context, int) and not isinstance(context, bool) and context > 0 else None
    drops = listed.get("owned_by") == "owner" and listed.get("permission") == []
    return ServedModel(listed["id"], known, drops)
