"""What an Ollama server says, read: a line of a stream, and each refusal as the error that it stands for."""

from __future__ import annotations

import json
from typing import Any

import httpx

from hearthd.common.errors import (
    BrokeOffError,
    BusyError,
    ChatError,
    ChatRefusedError,
    ModelMissingError,
    NoToolsError,
    OverflowingError,
)
from hearthd.engines.http_body import beginning
from hearthd.engines.llm.line_reader import clean
from hearthd.engines.messages import Message, ToolCall
from hearthd.text.written_call import arguments_of

MAX_CALLS = 16
"""Of tools in one line of a reply; a model that calls more has lost its way."""
MAX_NAME = 100
"""Characters of a tool's name, and of a call's number."""
SHOWN_CHARACTERS = 200
"""Of what the server says, in our own errors."""


def read_event(line: bytes, model: str) -> dict[str, Any]:
    """A line of a stream. Raises RefusedError if it is none, another ChatError if it tells of one."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        raise ChatRefusedError("Ollama sent something that is no reply") from None
    if not isinstance(event, dict):
        raise ChatRefusedError("Ollama sent something that is no reply")
    if "error" in event:
        error = str(event["error"])
        if _overflows(error):
            raise OverflowingError(f"the prompt is longer than num_ctx of {model}")
        raise BrokeOffError(f"Ollama's model {model} died: {_shown(error)}")
    return event


def content(event: dict[str, Any]) -> str:
    """The text that a line adds to the reply."""
    message = event.get("message")
    return clean(message.get("content")) if isinstance(message, dict) else ""


def as_sent(message: Message) -> dict[str, Any]:
    """A message as ``/api/chat`` takes it."""
    sent: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.calls:
        sent["tool_calls"] = [
            {"function": {"name": call.name, "arguments": dict(call.arguments)}} for call in message.calls
        ]
    if message.answers is not None:
        sent["tool_name"] = message.answers.name
        if message.answers.id:
            sent["tool_call_id"] = message.answers.id
    return sent


def tool_calls(event: dict[str, Any]) -> list[ToolCall]:
    """The tools that a line calls: each stands whole in one line. What is no call is left out.

    Nor is what stands beside a thought: qwen3's parser takes the calls out of its thinking, too.
    """
    message = event.get("message")
    found = message.get("tool_calls") if isinstance(message, dict) and not message.get("thinking") else None
    calls = []
    for one in found[:MAX_CALLS] if isinstance(found, list) else []:
        function = one.get("function") if isinstance(one, dict) else None
        if isinstance(function, dict) and isinstance(name := function.get("name"), str):
            identity = one.get("id") or function.get("id") or ""
            calls.append(
                ToolCall(name[:MAX_NAME], arguments_of(function.get("arguments")), str(identity)[:MAX_NAME])
            )
    return calls


async def error_body(response: httpx.Response) -> str:
    """The ``error`` of the body, or its beginning."""
    raw = await beginning(response)
    try:
        found = json.loads(raw)["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        found = raw.decode(errors="replace")
    return str(found)


def refusal(status: int, error: str, model: str) -> ChatError:
    """The error that an answer other than 200 stands for. Never holds what was asked."""
    if status == 404 and "not found" in error and "model" in error:
        return ModelMissingError(f'Ollama has no model "{model}": run `hearthd personas apply --pull`')
    if status in (401, 403):
        return ChatRefusedError(
            f"Ollama's proxy lets nobody in without a token ({status}): set chat.token_file"
        )
    if _overflows(error):
        return OverflowingError(f"the prompt is longer than num_ctx of {model}")
    if status == 500 and any(words in error for words in _DIED):
        return BrokeOffError(f"Ollama's model {model} died: {_shown(error)}")
    if status == 503:
        return BusyError("Ollama has too many requests waiting")
    if status == 404:
        return ChatRefusedError("what answers there is not Ollama (404 for /api/chat): check chat.url")
    if status == 400 and "does not support tools" in error:
        return NoToolsError(f"{model} takes no tools")
    return ChatRefusedError(f"Ollama refused ({status}): {_shown(error)}")


_DIED = ("error was encountered while running the model", "unexpectedly stopped", "no longer running")
"""What the server says, with status 500, of a model that died before its first word."""


def _overflows(error: str) -> bool:
    """The two ways in which the server says that a prompt has no room: for ``truncate``, for ``shift``."""
    return "exceed_context_size_error" in error or "longer than the context length" in error


def _shown(error: str) -> str:
    return "".join(c if c.isprintable() else " " for c in error[:SHOWN_CHARACTERS])
