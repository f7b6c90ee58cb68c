"""What came of a command: what its answer tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """How it went."""

    DONE = "done"
    NONE = "none"
    """There is nothing that it could mean."""
    WHICH = "which"
    """It may mean one of several: ``items``."""
    ASK = "ask"
    """Something was not said: ``missing``."""
    OVER = "over"
    """It has rung already; nothing is left to do."""
    REFUSED = "refused"
    """It cannot be: ``reason``."""


class Reason(StrEnum):
    """Why it cannot be."""

    OFF = "off"
    """Timers are switched off in the configuration."""
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    TOO_FAR = "too_far"
    ZERO = "zero"
    """A division by zero."""
    ROOT = "root"
    """The root of a negative number."""
    TOO_LARGE = "too_large"
    DISK = "disk"
    """The disk cannot be written."""
    IMPOSSIBLE = "impossible"
    """Whatever else."""


@dataclass(frozen=True, slots=True)
class Item:
    """A timer, an alarm or a reminder, as answers tell of it."""

    kind: str
    """A timer, an alarm or a reminder."""
    name: str = ""
    """What it is called; a reminder's text."""
    seconds: float = 0.0
    """How long it was set for, if it counts."""
    left: float = 0.0
    """Seconds until it rings."""
    at: datetime | None = None
    """The local time at which it rings."""
    repeats: tuple[str, ...] = ()
    """The weekdays on which it recurs."""
    paused: bool = False
    ringing: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a command."""

    outcome: Outcome = Outcome.DONE
    items: tuple[Item, ...] = ()
    missing: str = ""
    """The slot that must be asked for: "seconds", "at", "text"."""
    reason: Reason | None = None
    level: int | None = None
    """The volume that was set."""
    text: str = ""
    """What is to be said again."""
