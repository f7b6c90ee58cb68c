"""What happens to timers, alarms and reminders that are due (events), and what is done about it (commands).

Like ``events``, and part of them: a due one is an ``alert``, known by its id alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hearthd.dialogue.events import Command, Event


class Over(StrEnum):
    """How a ring ended."""

    STOPPED = "stopped"
    SNOOZED = "snoozed"
    TIMEOUT = "timeout"
    """It rang for as long as it may, and nobody came."""
    SAID = "said"
    """A reminder that was said as often as it is."""
    CANCELLED = "cancelled"
    MISSED = "missed"
    """It fell due while the speaker was off; people were told."""


# --- events -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RingDue(Event):
    """An alert is due: ring it, as soon as it has its turn."""

    alert_id: str


@dataclass(frozen=True, slots=True)
class RingGone(Event):
    """An alert is no longer due: it was cancelled, or put off."""

    alert_id: str


@dataclass(frozen=True, slots=True)
class RingSaid(Event):
    """A reminder was said as often as it is. ``number`` is that of its ``Ring``."""

    number: int


@dataclass(frozen=True, slots=True)
class SnoozeRequested(Event):
    """Ring again later: a button, an automation, or the words for it said over the ring."""

    seconds: float = 0.0
    """How much later; 0: as usual."""


# --- commands ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ring(Command):
    """Begin to ring the alert; what sounds of it has this ``number``, counted together with the turns."""

    number: int
    alert_id: str


@dataclass(frozen=True, slots=True)
class Silence(Command):
    """Nothing of that ring sounds any more."""

    number: int


@dataclass(frozen=True, slots=True)
class Duck(Command):
    """Ring on quietly (``on``), or as before."""

    on: bool


@dataclass(frozen=True, slots=True)
class RingOver(Command):
    """The alert has had its ring."""

    alert_id: str
    how: Over
    seconds: float = 0.0
    """How much later a snoozed one rings again; 0: as usual."""
