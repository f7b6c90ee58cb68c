"""What a tool of the chat model is, and how the arguments are checked that a model made up for one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from hearthd.engines.messages import ToolSpec

MAX_ARGUMENTS = 32
MAX_TEXT = 4_000
"""Characters of one argument."""
_KINDS = {
    "string": str,
    "integer": int,
    "number": int | float,
    "boolean": bool,
    "array": list,
    "object": dict,
}
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


class ToolRefusedError(Exception):
    """Nothing was done. The message is for the model, and says what it may do instead."""


class Tool(Protocol):
    """One thing that the model can have done."""

    @property
    def spec(self) -> ToolSpec:
        """How it is described to the model."""
        ...

    @property
    def finishes(self) -> bool:
        """It changes something, so that it is not given up once begun: who talks over it undoes nothing."""
        ...

    async def call(self, arguments: Mapping[str, Any], language: str) -> str:
        """Do it, with ``checked`` arguments; what came of it, for the model. Raises ToolRefusedError.

        Cancelling the task gives it up.
        """
        ...


@runtime_checkable
class AnswersPeople(Protocol):
    """A ``Tool`` whose result is a sentence that can be spoken as it is."""

    @property
    def answers_people(self) -> bool:
        """It is."""
        ...


@runtime_checkable
class ServesActs(Protocol):
    """A ``Tool`` that can do what is asked for in some requests and never in others."""

    def serves(self, act: str) -> bool:
        """Whether a request for ``act`` (``actions.requests.Act``) may be meant for it."""
        ...


def checked(arguments: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as a tool's JSON schema has them. Raises ToolRefusedError that says what is wrong.

    What a model leaves empty counts as left out, and a number may come as text: small models write so. Only
    the outermost level is looked at: what lies deeper is the business of the server whose tool it is.
    """
    known = parameters.get("properties")
    known = known if isinstance(known, Mapping) else {}
    found = {}
    for name, value in [*arguments.items()][:MAX_ARGUMENTS]:
        if name in known and value not in (None, ""):
            schema = known[name]
            found[name] = _fitted(name, value, schema if isinstance(schema, Mapping) else {})
    wanted = parameters.get("required")
    missing = [name for name in (wanted if isinstance(wanted, list) else []) if name not in found]
    if missing:
        raise ToolRefusedError(f"Nothing is done: {', '.join(map(str, missing))} must be given.")
    return found


def _fitted(name: str, value: Any, schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{value:g}" if isinstance(value, float) else str(value)
    elif kind in ("integer", "number") and isinstance(value, str):
        value = _number(value)
    elif kind == "boolean" and isinstance(value, str):
        value = _TRUTH.get(value.strip().lower(), value)
    elif kind == "array" and isinstance(value, str):
        value = [value]
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        value = int(value)
    wanted = _KINDS.get(kind) if isinstance(kind, str) else None
    if wanted is not None and (not isinstance(value, wanted) or (kind != "boolean" and value is True)):
        raise ToolRefusedError(f"Nothing is done: {name} must be of the type {kind}.")
    choice = schema.get("enum")
    if isinstance(choice, list) and value not in choice:
        if isinstance(value, str) and value.strip().lower() in choice:
            return value.strip().lower()
        raise ToolRefusedError(f"Nothing is done: {name} must be one of {', '.join(map(str, choice))}.")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise ToolRefusedError(f"Nothing is done: {name} is too long.")
    return value


def _number(text: str) -> float | int | str:
    try:
        number = float(text.strip().removesuffix("%"))
    except ValueError:
        return text
    return number if math.isfinite(number) else text
