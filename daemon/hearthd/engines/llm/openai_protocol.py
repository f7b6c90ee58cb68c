"""``/v1/chat/completions`` as vLLM, llama.cpp's server, LM Studio and their like speak it.

What is sent (``as_sent``, ``alternating``), what a line of the answer says (``read_event``), and what a
refusal means: an error with a name, or that this server speaks another dialect (``Dialect.learn``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hearthd.common.errors import (
    BrokeOffError,
    BusyError,
    ChatError,
    ChatRefusedError,
    ModelMissingError,
    OverflowingError,
)
from hearthd.engines.messages import Message, ToolCall, Usage
from hearthd.text.written_call import MAX_ARGUMENTS, arguments_of

MAX_CALLS = 16
"""Of tools in one reply; a model that calls more has lost its way."""
SHOWN_CHARACTERS = 200
"""Of what the server says, in our own errors."""


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


def alternating(messages: Sequence[Message]) -> list[Message]:
    """The same for a server that takes user and assistant in turn only, from user to user.

    chatglm.cpp drops system messages without a word and refuses an even number of the others; templates of
    Gemma and Mistral refuse both. What system messages say stands before the first question.
    """
    told = "\n\n".join(m.content for m in messages if m.role == "system")
    merged: list[Message] = []
    for message in messages:
        if message.role == "system":
            continue
        role: Literal["user", "assistant"] = "assistant" if message.role == "assistant" else "user"
        if merged and merged[-1].role == role:
            merged[-1] = Message(role, f"{merged[-1].content}\n{message.content}".strip())
        elif merged or role == "user":
            merged.append(Message(role, message.content))
    if merged and merged[-1].role == "assistant":
        merged.append(Message("user", ""))
    first = merged[0].content if merged else ""
    return [Message("user", f"{told}\n\n{first}".strip()), *merged[1:]]


@dataclass(slots=True)
class Dialect:
    """What a server takes, as far as it has been found out."""

    thinking_switch: bool = True
    """``chat_template_kwargs``: by it vLLM and llama.cpp leave out the thoughts."""
    usage: bool = True
    """``stream_options``: it counts tokens."""
    tools: bool = True
    system: bool = True
    """Messages of the role "system", and others in any order."""

    def learn(self, status: int, error: str) -> bool:
        """Whether a refusal taught something new, so that the request is worth sending again."""
        if status not in (400, 422, 500, 501):
            return False
        error = error.lower()
        before = (self.thinking_switch, self.usage, self.tools, self.system)
        unknown = any(words in error for words in _UNKNOWN)
        named = "chat_template_kwargs" in error or "stream_options" in error
        if "chat_template_kwargs" in error or "enable_thinking" in error or (unknown and not named):
            self.thinking_switch = False
        if "stream_options" in error or (unknown and not named):
            self.usage = False
        if "tool" in error:
            self.tools = False
        if any(words in error for words in _ORDER):
            self.system = False
        return (self.thinking_switch, self.usage, self.tools, self.system) != before


_UNKNOWN = ("extra inputs", "extra_forbidden", "unrecognized", "unknown field", "unexpected keyword")
_ORDER = ("invalid history size", "system role", "must alternate", "role 'system'", 'role "system"')
"""chatglm.cpp; the templates of Gemma ("System role not supported") and Mistral ("roles must alternate")."""


class CallFragments:
    """The tool calls of one reply, which come in pieces: ``feed`` each delta, then take ``calls``.

    Pieces belong together by their index; only the first has an id, some servers send none, some no index.
    """

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._ids: dict[int, str] = {}
        self._arguments: dict[int, str] = {}

    def feed(self, delta: dict[str, Any]) -> None:
        """Take over what a delta adds; what is no piece of a call is left out."""
        found = delta.get("tool_calls")
        for piece in found if isinstance(found, list) else []:
            if not isinstance(piece, dict):
                continue
            function = piece.get("function")
            function = function if isinstance(function, dict) else {}
            number = piece.get("index")
            if number is None:
                number = self._unnumbered(piece, function)
            if not isinstance(number, int) or not 0 <= number < MAX_CALLS:
                continue
            if isinstance(piece.get("id"), str) and piece["id"]:
                self._ids[number] = piece["id"]
            if isinstance(function.get("name"), str) and function["name"]:
                self._names[number] = function["name"]
            if isinstance(function.get("arguments"), str):
                whole = self._arguments.get(number, "") + function["arguments"]
                self._arguments[number] = whole[: MAX_ARGUMENTS + 1]

    def _unnumbered(self, piece: dict[str, Any], function: dict[str, Any]) -> int:
        """Which call a piece without an index belongs to: a new one if it has a name and another id."""
        last = max(self._names, default=0)
        if not function.get("name") or not self._names:
            return last
        same = piece.get("id") and piece.get("id") == self._ids.get(last)
        return last if same else last + 1

    def calls(self) -> list[ToolCall]:
        """The calls that are whole; arguments that are no JSON object are none."""
        return [
            ToolCall(
                name, arguments_of(self._arguments.get(number, "")), self._ids.get(number, f"call_{number}")
            )
            for number, name in sorted(self._names.items())
        ]


def read_event(line: bytes) -> dict[str, Any] | None:
    """The object of a line of the stream; None for what is none (comments that keep it open, "event: …").

    ``[DONE]`` is ``{"done": True}``. Raises ValueError or RecursionError for a line that says nothing.
    """
    if not line.startswith(b"data:"):
        return None
    data = line[5:].strip()
    if data == b"[DONE]":
        return {"done": True}
    event = json.loads(data)
    if not isinstance(event, dict):
        raise ValueError("no object")
    return event


def first_choice(event: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The delta of an event's first choice, and why the reply ends there; nothing where it has no choice."""
    choices = event.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        return {}, ""
    delta, reason = choice.get("delta"), choice.get("finish_reason")
    return (delta if isinstance(delta, dict) else {}), (reason if isinstance(reason, str) else "")


def usage(event: dict[str, Any], sent: int, *, cut: bool) -> Usage | None:
    """What an event says of the tokens: OpenAI's ``usage``, else llama.cpp's ``timings``."""
    counted, timings = event.get("usage"), event.get("timings")
    if isinstance(counted, dict):
        details = counted.get("prompt_tokens_details")
        cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
        prompt, reply = _count(counted.get("prompt_tokens")), _count(counted.get("completion_tokens"))
    elif isinstance(timings, dict):
        new, cached = _count(timings.get("prompt_n")), _count(timings.get("cache_n", 0))
        prompt = None if new is None or cached is None else new + cached
        reply = _count(timings.get("predicted_n"))
    else:
        return None
    if prompt is None or reply is None:
        return None
    return Usage(sent, prompt, reply, cut, cached)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None


def refusal(status: int, error: str, model: str, where: str) -> ChatError:
    """The error that a refusal stands for; 200: in the middle of a stream. Never holds what was asked."""
    low = error.lower()
    if any(words in low for words in _TOO_LONG):
        return OverflowingError(f"the prompt is longer than the context of {model} at {where}")
    if status in (401, 403):
        return ChatRefusedError(f"{where} wants a token, or another one ({status}): set chat.token_file")
    if status == 404 and "model" in low:
        return ModelMissingError(f'the server at {where} has no model "{model}": set chat.model')
    if status in (404, 405):
        return ChatRefusedError(f"what answers at {where} knows no /v1/chat/completions ({status})")
    if status in (429, 503):
        return BusyError(f"the server at {where} is busy, or loads its model ({status})")
    shown = "".join(c if c.isprintable() else " " for c in error[:SHOWN_CHARACTERS])
    if status == 200:
        return BrokeOffError(f"the server at {where} broke the reply off: {shown}")
    return ChatRefusedError(f"the server at {where} refused ({status}): {shown}")


_TOO_LONG = (
    "exceed_context_size_error",  # llama.cpp
    "maximum context length",  # vLLM
    "context_length_exceeded",  # OpenAI
    "exceeds the available context",
    "greater than the context length",  # LM Studio
    "context the overflows",
)
