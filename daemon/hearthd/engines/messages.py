"""What a chat model is sent: messages, and how a prompt that is too long is shortened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class Message:
    """One message to the chat model."""

    role: Literal["system", "user", "assistant"]
    content: str


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
