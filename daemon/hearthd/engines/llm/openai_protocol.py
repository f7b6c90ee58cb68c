"""``/v1/chat/completions`` as llama.cpp's server and its like speak it: messages and tool calls."""

from __future__ import annotations

import json
from typing import Any

from hearthd.engines.messages import Message, ToolCall
from hearthd.text.written_call import MAX_ARGUMENTS, arguments_of

MAX_CALLS = 16
"""Of tools in one reply; a model that calls more has lost its way."""


def as_sent(message: Message) -> dict[str, Any]:
    """A message as the server takes it."""
    sent: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.calls:
        sent["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments))},
            }
            for call in message.calls
        ]
    if message.answers is not None:
        sent["tool_call_id"] = message.answers.id
    return sent


class CallFragments:
    """The tool calls of one reply, which come in pieces: ``feed`` each delta, then take ``calls``."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._ids: dict[int, str] = {}
        self._arguments: dict[int, str] = {}

    def feed(self, delta: dict[str, Any]) -> None:
        """Take over what a delta adds; what is no piece of a call is left out."""
        found = delta.get("tool_calls")
        for piece in found if isinstance(found, list) else []:
            number = piece.get("index", 0) if isinstance(piece, dict) else None
            if not isinstance(number, int) or not 0 <= number < MAX_CALLS:
                continue
            function = piece.get("function")
            function = function if isinstance(function, dict) else {}
            if isinstance(piece.get("id"), str):
                self._ids[number] = piece["id"]
            if isinstance(function.get("name"), str):
                self._names[number] = function["name"]
            if isinstance(function.get("arguments"), str):
                whole = self._arguments.get(number, "") + function["arguments"]
                self._arguments[number] = whole[: MAX_ARGUMENTS + 1]

    def calls(self) -> list[ToolCall]:
        """The calls that are whole; arguments that are no JSON object are none."""
        return [
            ToolCall(
                name, arguments_of(self._arguments.get(number, "")), self._ids.get(number, f"call_{number}")
            )
            for number, name in sorted(self._names.items())
        ]
