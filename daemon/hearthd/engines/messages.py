"""What a chat model is sent, and what comes back: messages, and the events of a reply."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model wants a tool to be called, and its result told in a message before it goes on."""

    name: str
    arguments: Mapping[str, Any]
    id: str = ""
    """Which call a result belongs to, where the server numbers them."""

    @property
    def same(self) -> str:
        """The same text for every call of that name with these arguments."""
        return f"{self.name} {json.dumps(dict(self.arguments), sort_keys=True, default=str)}"


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the reply's text, as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Answering:
    """Which model answers: it stands before the first text, and says so where a stand-in takes over."""

    model: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What a reply cost, as the engine counted it: after its last text."""

    prompt_bytes: int
    """UTF-8 bytes of the messages' contents and the tools that were sent."""
    prompt_tokens: int
    """Tokens of the whole prompt, cached or not."""
    reply_tokens: int
    cut: bool
    """The reply was cut at its greatest length."""
    cached_tokens: int | None = None
    """Tokens of the prompt that were in the cache, where the engine tells."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """All text so far was thought aloud: it is no part of the reply, and what has not sounded must not."""


@dataclass(frozen=True, slots=True)
class Acted:
    """Something was done, or was tried: the only proof that a reply may claim it."""

    name: str
    """The command's or the tool's name."""
    arguments: Mapping[str, Any]
    """With what, as JSON takes it."""
    result: str
    """What came of it, in a word or a sentence."""
    by: Literal["command", "home_assistant", "model"]
    done: bool
    """Whether it took effect, or told what was asked."""
    ms: float
    """How long it took."""
    looks: bool = False
    """It only looked something up: no proof of a deed."""


@dataclass(frozen=True, slots=True)
class Paused:
    """Nothing more is written for a while: a tool is at work. What stands so far is to be said."""


Notice = Answering | Usage | Withdrawn | Acted | Paused
"""What is told of a reply beside it; nobody hears it."""

ReplyEvent = Text | ToolCall | Notice
"""What a reply is a stream of."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to the chat model."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    calls: tuple[ToolCall, ...] = ()
    """The tools that the assistant called in this message."""
    answers: ToolCall | None = None
    """The call whose result a message of the role "tool" holds."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as it is described to the model: ``parameters`` is a JSON schema of an object."""

    name: str
    description: str
    parameters: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The form that Ollama and OpenAI's servers share."""
        function = {"name": self.name, "description": self.description, "parameters": dict(self.parameters)}
        return {"type": "function", "function": function}


def bytes_sent(messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> int:
    """UTF-8 bytes of what a prompt is made of: the messages' contents and the tools, as JSON."""
    offered = sum(len(json.dumps(tool.as_json(), ensure_ascii=False).encode()) for tool in tools)
    return offered + sum(len(message.content.encode()) for message in messages)


async def texts(reply: AsyncGenerator[ReplyEvent, None]) -> AsyncGenerator[str, None]:
    """Only what is said of a reply. Closing it closes the reply."""
    async with aclosing(reply):
        async for event in reply:
            if isinstance(event, Text):
                yield event.text


class _HasRole(Protocol):
    @property
    def role(self) -> str: ...


M = TypeVar("M", bound=_HasRole)


def halve(messages: Sequence[M]) -> list[M]:
    """The same prompt with the older half of its turns left out: system messages and the question stay.

    For a server that counted more tokens than it has room for. A prompt without turns stays as it is.
    """
    system = [message for message in messages if message.role == "system"]
    turns = [message for message in messages[:-1] if message.role != "system"]
    kept = turns[(len(turns) + 1) // 2 :]
    while kept and kept[0].role != "user":
        kept = kept[1:]
    return [*system, *kept, *messages[-1:]]
