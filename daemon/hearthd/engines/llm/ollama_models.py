"""Which models an Ollama server has, which are loaded; pulling and creating them. The official client."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import ollama

from hearthd.common.errors import (
    BrokeOffError,
    ChatError,
    ChatRefusedError,
    ModelMissingError,
    NotRunningError,
    StallError,
)
from hearthd.engines.http_access import OPEN, Access

ANSWER_SECONDS = 5.0
"""Nothing here computes: a server that takes longer is stuck."""
STEP_SECONDS = 600.0
"""Between two lines of a pull's progress: verifying a large model on a slow disk is one step."""
MOST_BYTES = 4_000_000
"""Of what a server says of its models, or of one line of progress: thousands of models are 1 or 2 million."""

_NOT_OLLAMA = (
    *(httpx.HTTPError, httpx.InvalidURL),
    *(ValueError, KeyError, TypeError, AttributeError, RecursionError),  # pydantic's is a ValueError
)
"""What reading an answer may raise that is none of Ollama's."""


MAX_DIGEST = 128


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of a pull or a create. ``completed`` of ``total`` bytes; 0 where there is nothing to count."""

    status: str
    completed: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class ServerModel:
    """A model that the server has."""

    name: str
    size: int
    parent: str
    """What it was created from, if the server says."""
    digest: str = ""
    """Of its manifest."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a created model is made of."""

    base: str
    system: str
    parameters: dict[str, Any]
    adapter: str = ""
    """The digest of the adapter that is laid over the base ("sha256:...")."""

    def over(self, base: Recipe | None) -> Recipe:
        """What the server makes of it: the base's parameters stay where the recipe names no others."""
        return replace(self, parameters={**(base.parameters if base else {}), **self.parameters})

    def same_as(self, other: Recipe) -> bool:
        """Whether both make the same model. Numbers are compared as numbers: ``show`` prints 0.90 as 0.9."""
        return (
            same_model(self.base, other.base)
            and self.adapter == other.adapter
            and self.system.strip() == other.system.strip()
            and _comparable(self.parameters) == _comparable(other.parameters)
        )


def same_model(one: str, other: str) -> bool:
    """Whether two names mean the same model: ``:latest`` may be left out."""
    return _full(one) == _full(other)


def _full(name: str) -> str:
    return name if ":" in name.rsplit("/", 1)[-1] else f"{name}:latest"


async def models(url: str, access: Access = OPEN) -> list[ServerModel]:
    """The models that the server has. Raises ChatError."""
    async with _client(url, access) as client:
        listed = await client.list()
        return [
            ServerModel(
                m.model or "",
                int(m.size or 0),
                (m.details.parent_model or "") if m.details else "",
                (m.digest or "")[:MAX_DIGEST],
            )
            for m in listed.models
        ]


async def has(url: str, model: str, access: Access = OPEN) -> bool:
    """Whether the server has ``model``. Raises ChatError."""
    return any(same_model(found.name, model) for found in await models(url, access))


async def is_loaded(url: str, model: str, num_ctx: int, access: Access = OPEN) -> bool:
    """Whether the server holds ``model`` in memory with that context. Raises ChatError."""
    async with _client(url, access) as client:
        loaded = await client.ps()
        return any(
            same_model(m.model or "", model) and (m.context_length in (None, num_ctx)) for m in loaded.models
        )


async def unload(url: str, model: str, access: Access = OPEN) -> None:
    """Have the server free the memory of ``model``, whoever asked to keep it. Raises ChatError."""
    async with _client(url, access) as client:
        with contextlib.suppress(ollama.ResponseError):  # it is no longer there: nothing to free
            await client.generate(model=model, keep_alive=0)


async def recipe(url: str, model: str, access: Access = OPEN) -> Recipe | None:
    """What ``model`` is made of, None if the server does not have it. Raises ChatError."""
    shown = await _shown(url, model, access)
    if shown is None:
        return None
    return Recipe(
        base=str(shown["details"].get("parent_model", "")),
        system=str(shown.get("system", "")),
        parameters=_parameters_of(str(shown.get("parameters", ""))),
        adapter=_blob_named(str(shown.get("modelfile", "")), "ADAPTER")[1],
    )


async def _shown(url: str, model: str, access: Access) -> dict[str, Any] | None:
    """What the server tells of ``model``. Plain HTTP: the client (0.6) drops ``system`` from the answer."""
    async with _http(url, access) as http:
        response = await http.post("/api/show", json={"model": model})
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        shown: dict[str, Any] = response.raise_for_status().json()
        shown["details"].get("parent_model")  # not Ollama's, if it has none
        return shown


@asynccontextmanager
async def _http(
    url: str, access: Access, *, seconds: float = ANSWER_SECONDS
) -> AsyncIterator[httpx.AsyncClient]:
    """Plain HTTP to the server; its failures are ChatErrors."""
    try:
        async with (
            asyncio.timeout(seconds),
            access.client(url, httpx.Timeout(seconds, connect=2.0), most=MOST_BYTES) as http,
        ):
            yield http
    except TimeoutError:
        raise StallError(f"Ollama at {url} does not answer within {seconds:g} s") from None
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise NotRunningError(f"Ollama does not run at {url}: start it, or set chat.url") from None
    except _NOT_OLLAMA as error:
        raise ChatRefusedError(f"what answers at {url} is not Ollama ({type(error).__name__})") from None


def _blob_named(modelfile: str, instruction: str) -> tuple[str, str]:
    """The file and the digest that a line of ``modelfile`` names, the last such line; empty if none does."""
    found = re.findall(rf"(?m)^{instruction} (.*[/\\\\]sha256[-:]([0-9a-f]{{64}}))\s*$", modelfile)
    return (found[-1][0].strip('"'), f"sha256:{found[-1][1]}") if found else ("", "")


@dataclass(frozen=True, slots=True)
class Blob:
    """The file of a model's weights, as the server names it."""

    file: Path
    digest: str


async def blob(url: str, model: str, access: Access = OPEN) -> Blob:
    """Where the server keeps the weights of ``model``. Raises ChatError."""
    shown = await _shown(url, model, access)
    if shown is None:
        raise ModelMissingError(f'Ollama has no model "{model}"')
    file, digest = _blob_named(str(shown.get("modelfile", "")), "FROM")
    if not digest:
        raise ChatRefusedError(f"Ollama does not tell the file of {model}")
    return Blob(Path(file), digest)


async def create(
    url: str, model: str, made_of: Recipe, access: Access = OPEN, *, adapter: Path | None = None
) -> None:
    """Make ``model``, in place of any of that name; ``adapter``: the file of the recipe's. Raises ChatError.

    A base that is missing is an error here; the server would pull it without saying so. The base must have no
    adapter of its own: the server would add a second.
    """
    if not await has(url, made_of.base, access):
        raise ModelMissingError(f'Ollama has no model "{made_of.base}"')
    if adapter is not None:
        await _bring(url, adapter, made_of.adapter, access)
    async with _client(url, access, progress=True) as client:
        steps = await client.create(
            model=model,
            from_=made_of.base,
            system=made_of.system,
            parameters=made_of.parameters,
            adapters={adapter.name: made_of.adapter} if adapter is not None else None,
            stream=True,
        )
        async for _ in steps:
            continue


async def remove(url: str, model: str, access: Access = OPEN) -> None:
    """Have the server delete ``model``, if it has it. Raises ChatError."""
    if await has(url, model, access):
        async with _client(url, access) as client:
            await client.delete(model)


async def _bring(url: str, file: Path, digest: str, access: Access) -> None:
    """Give the server a file that it lacks. The client (0.6) fails where it has it already."""
    where = f"/api/blobs/{digest}"
    async with _http(url, access, seconds=STEP_SECONDS) as http:
        if (await http.head(where)).status_code == httpx.codes.OK:
            return
        content = await asyncio.to_thread(file.read_bytes)
        (await http.post(where, content=content)).raise_for_status()


async def pull(url: str, model: str, access: Access = OPEN) -> AsyncGenerator[Progress, None]:
    """Have the server fetch ``model``; yields the progress. Raises ChatError."""
    async with _client(url, access, progress=True) as client:
        async for step in await client.pull(model, stream=True):
            yield Progress(step.status or "", step.completed or 0, step.total or 0)


@asynccontextmanager
async def _client(url: str, access: Access, *, progress: bool = False) -> AsyncIterator[ollama.AsyncClient]:
    """``progress``: any number of lines may come; else all is said within ``ANSWER_SECONDS``."""
    seconds = None if progress else ANSWER_SECONDS
    client = ollama.AsyncClient(
        host=url,
        auth=access.auth(),
        timeout=httpx.Timeout(seconds or STEP_SECONDS, connect=2.0),
        trust_env=False,
        follow_redirects=False,
        transport=access.transport(url, most=MOST_BYTES, by_line=progress),
    )
    try:
        async with asyncio.timeout(seconds):
            yield client
    except TimeoutError:
        raise StallError(f"Ollama at {url} does not answer within {ANSWER_SECONDS:g} s") from None
    except (ConnectionError, httpx.ConnectError, httpx.ConnectTimeout):
        raise NotRunningError(f"Ollama does not run at {url}: start it, or set chat.url") from None
    except ollama.ResponseError as error:
        raise _explained(error) from None
    except httpx.HTTPError as error:
        raise BrokeOffError(f"the connection to Ollama broke ({type(error).__name__})") from None
    except _NOT_OLLAMA as error:
        raise ChatRefusedError(f"what answers at {url} is not Ollama ({type(error).__name__})") from None
    finally:
        await client.close()  # type: ignore[no-untyped-call]


def _explained(error: ollama.ResponseError) -> ChatError:
    if "not found" in error.error:
        return ModelMissingError(f"Ollama: {error.error[:200]!r}")
    return ChatRefusedError(f"Ollama: {error.error[:200]!r}")


def _parameters_of(listing: str) -> dict[str, Any]:
    """The parameters as ``show`` lists them: one a line, the name, blanks, the value (strings quoted)."""
    found: dict[str, Any] = {}
    for line in listing.splitlines():
        name, _, value = line.partition(" ")
        text = value.strip().strip('"')
        if name == "stop":
            found.setdefault("stop", []).append(text)
        elif name:
            found[name] = text
    return found


def _comparable(parameters: dict[str, Any]) -> dict[str, tuple[float | str, ...]]:
    return {
        name: tuple(_value(one) for one in (value if isinstance(value, list) else [value]))
        for name, value in parameters.items()
    }


def _value(value: Any) -> float | str:
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)
