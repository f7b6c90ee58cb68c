"""The tools that a chat model may call while it writes a reply, put together and called."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Collection, Sequence

from hearthd.engines.messages import Acted, Message, ToolCall, ToolSpec
from hearthd.tools.tool import AnswersPeople, ServesActs, Tool, ToolRefusedError, checked

log = logging.getLogger(__name__)

MAX_ROUNDS = 3
"""Replies to one question that may call tools; the next is written without any. A model that has not
found its answer by then goes round in circles, and somebody waits."""
MAX_CALLS = 8
"""Calls of one reply that are carried out."""
TOOL_SECONDS = 8.0
"""What one tool may take: nobody waits longer for a speaker that says nothing."""
MAX_RESULT = 4_000
"""Characters of a result that the model is shown: about 1,000 tokens."""
CONTEXT_SHARE = 0.4
"""Of the context that the tools may take; those that have no room are not offered."""
BYTES_A_TOKEN = 3.5
"""Of the tools' JSON: Qwen2.5 takes 3.9."""

NOT_ASKED_FOR = "Nothing is done: that is not what was asked for, and no other tool does it. Say so."
UNKNOWN = "unknown_tool"
"""Under which a call is written down for which there is no tool."""


def _always() -> bool:
    return True


class Toolbox:
    """The tools there are. A call that fails is answered in words, so that the model goes on."""

    def __init__(
        self,
        tools: Sequence[Tool] = (),
        *,
        more: Callable[[], Sequence[Tool]] = tuple,
        offered: Callable[[], bool] = _always,
        num_ctx: Callable[[], int] | None = None,
    ) -> None:
        """``more()``: tools that come and go, which stand after the others.

        ``offered()``: whether the model that answers now may call any. ``num_ctx()``: the context in which
        they must leave room.
        """
        self._own = sorted(tools, key=lambda tool: tool.spec.name)
        self._more, self._is_offered, self._num_ctx = more, offered, num_ctx
        self._left_out: list[str] = []

    @property
    def specs(self) -> list[ToolSpec]:
        """What the model is offered, in a fixed order: the prompt's beginning must not change."""
        if not self._is_offered():
            return []
        room = CONTEXT_SHARE * BYTES_A_TOKEN * self._num_ctx() if self._num_ctx is not None else float("inf")
        found, left_out = list[ToolSpec](), list[ToolSpec]()
        for tool in self._there():
            room -= len(json.dumps(tool.spec.as_json(), ensure_ascii=False).encode())
            (found if room >= 0 else left_out).append(tool.spec)
        names = [spec.name for spec in left_out]
        if names != self._left_out:
            self._left_out = names
            if names:
                log.warning(
                    "the model's context has no room for these tools (chat.num_ctx, tools.mcp.allow): %s",
                    ", ".join(names),
                    extra={"stage": "llm"},
                )
        return found

    def _there(self) -> list[Tool]:
        own = {tool.spec.name for tool in self._own}
        more = [tool for tool in self._more() if tool.spec.name not in own]
        return [*self._own, *sorted(more, key=lambda tool: tool.spec.name)]

    def finishes(self, call: ToolCall) -> bool:
        """Whether it is carried to its end, whatever becomes of the reply."""
        return any(tool.finishes for tool in self._there() if tool.spec.name == call.name)

    def answers_people(self, call: ToolCall) -> bool:
        """Whether its result can be spoken as it is."""
        return any(isinstance(tool, AnswersPeople) for tool in self._there() if tool.spec.name == call.name)

    async def answer(
        self, call: ToolCall, language: str, acts: Collection[str] = ()
    ) -> tuple[Message, Acted]:
        """Do what ``call`` asks for: its result as a message to the model, and for the record.

        ``acts`` are those that the person has asked for, as far as that is known: a model that sets a timer
        where a lamp was to be turned on would say next that the lamp is on.
        """
        began = time.perf_counter()
        tools = {tool.spec.name: tool for tool in self._there()}
        result, done = await self._result(call, language, acts, tools)
        milliseconds = (time.perf_counter() - began) * 1000
        known, arguments = call.name in tools, call.arguments
        name = call.name if known else UNKNOWN  # a name that a model made up may be anything
        looks = known and not tools[call.name].finishes
        given = arguments if known else {"name": call.name}
        acted = Acted(name, given, result, "model", done, milliseconds, looks)
        return Message("tool", result[:MAX_RESULT], answers=call), acted

    async def _result(
        self, call: ToolCall, language: str, acts: Collection[str], tools: dict[str, Tool]
    ) -> tuple[str, bool]:
        """What the model is told, and whether anything was done."""
        tool = tools.get(call.name)
        if tool is None:
            return f"There is no tool of that name. There are: {', '.join(tools) or 'none'}.", False
        if acts and isinstance(tool, ServesActs) and not any(map(tool.serves, acts)):
            return NOT_ASKED_FOR, False
        try:
            async with asyncio.timeout(TOOL_SECONDS):
                arguments = checked(call.arguments, tool.spec.parameters)
                return await tool.call(arguments, language), True
        except ToolRefusedError as error:
            return str(error), False
        except TimeoutError:
            return "It did not answer in time; nothing is known to be done.", False
        except Exception:
            log.exception("the tool %s failed", tool.spec.name, extra={"stage": "llm"})
            return "It failed; nothing is known to be done.", False
