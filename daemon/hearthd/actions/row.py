"""What a spoken command is: a row with its name, what it does, and what is said of that in each language.

The rows stand in one module for each family of commands; ``table`` puts them together. A further command is a
row, and its sentences in ``config/commands/``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from hearthd.actions.result import Result
from hearthd.actions.timer_deeds import TimerDeeds
from hearthd.dialogue.intent import SpokenCommand


class Speaker(Protocol):
    """What a room lets a command do with it."""

    @property
    def room(self) -> str:
        """The room's name, where what is set rings."""
        ...

    @property
    def volume(self) -> int:
        """0 to 100."""
        ...

    def set_volume(self, level: int) -> None:
        """Be so loud from now on."""
        ...

    def mute(self) -> None:
        """Close the microphone once the answer has been said."""
        ...

    def last_reply(self) -> str:
        """What was answered last; "" if nothing was."""
        ...

    def start_anew(self) -> None:
        """Begin a new conversation with the next turn."""
        ...

    async def forget_last(self) -> bool | None:
        """Forget the last turn, here and on the disk; whether there was one. None: it may still be there."""
        ...


@dataclass(frozen=True, slots=True)
class Household:
    """What commands work with."""

    speaker: Speaker
    timers: TimerDeeds | None
    """None: they are switched off."""


Perform = Callable[[Household, SpokenCommand], Result | Awaitable[Result]]
Wordings = Callable[[SpokenCommand, Result, datetime], list[str]]
"""The ways to say that it was done, given the household's time; none: nothing need be said."""


def nothing_to_do(household: Household, command: SpokenCommand) -> Result:
    """Does nothing: somebody else does it, or there is nothing to be done."""
    return Result()


def silent(command: SpokenCommand, result: Result, now: datetime) -> list[str]:
    """Says nothing."""
    return []


def always(*wordings: str) -> Wordings:
    """Says the same of everything."""
    return lambda command, result, now: list(wordings)


@dataclass(frozen=True, slots=True)
class Row:
    """One command."""

    name: str
    perform: Perform
    """Do it. Raises TimerError."""
    en: Wordings = silent
    zh: Wordings = silent
    nothing: Mapping[str, str] = field(default_factory=dict)
    """What is said in each language where there is nothing that it could mean; without it, of which kind
    nothing is set."""

    def wordings(self, language: str) -> Wordings:
        """Those of ``language``; English where there are none."""
        return self.zh if language == "zh" else self.en
