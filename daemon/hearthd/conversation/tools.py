"""The tools that a chat model may call while it writes a reply."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from hearthd.engines.messages import Acted, Message, ToolCall, ToolSpec

log = logging.getLogger(__name__)

MAX_ROUNDS = 3
"""Replies to one question that may call tools; the next is written without any. A model that has not
found its answer by then goes round in circles, and somebody waits."""
TOOL_SECONDS = 8.0
"""What one tool may take: nobody waits longer for a speaker that says nothing."""
MAX_RESULT = 4_000
"""Characters of a result that the model is shown: about 1,000 tokens."""

UNKNOWN = "unknown_tool"
"""Under which a call is written down for which there is no tool."""


class Tool(Protocol):
    """One thing that the model can have done."""

    @property
    def spec(self) -> ToolSpec:
        """How it is described to the model."""
        ...

    async def call(self, arguments: Mapping[str, Any], language: str) -> str:
        """Do it; what came of it, for the model. Cancelling the task gives it up."""
        ...


class Toolbox:
    """The tools there are. A call that fails is answered in words, so that the model goes on."""

    def __init__(self, tools: Sequence[Tool] = ()) -> None:
        self._tools = {tool.spec.name: tool for tool in tools}

    @property
    def specs(self) -> list[ToolSpec]:
        """What the model is offered, in a fixed order: the prompt's beginning must not change."""
        return [tool.spec for _, tool in sorted(self._tools.items())]

    async def answer(self, call: ToolCall, language: str) -> tuple[Message, Acted]:
        """Do what ``call`` asks for: its result as a message to the model, and for the record."""
        began = time.perf_counter()
        result, done = await self._result(call, language)
        milliseconds = (time.perf_counter() - began) * 1000
        known, arguments = call.name in self._tools, call.arguments
        name = call.name if known else UNKNOWN  # a name that a model made up may be anything
        acted = Acted(name, arguments if known else {"name": call.name}, result, "model", done, milliseconds)
        return Message("tool", result[:MAX_RESULT], answers=call), acted

    async def _result(self, call: ToolCall, language: str) -> tuple[str, bool]:
        """What the model is told, and whether anything was done."""
        tool = self._tools.get(call.name)
        if tool is None:
            known = ", ".join(sorted(self._tools)) or "none"
            return f"There is no tool of that name. There are: {known}.", False
        try:
            async with asyncio.timeout(TOOL_SECONDS):
                return await tool.call(call.arguments, language), True
        except TimeoutError:
            return "It did not answer in time; nothing is known to be done.", False
        except Exception:
            log.exception("the tool %s failed", tool.spec.name, extra={"stage": "llm"})
            return "It failed; nothing is known to be done.", False
