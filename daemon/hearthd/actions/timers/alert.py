"""What is set: a timer, an alarm or a reminder. A plain value; ``timers`` decides what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hearthd.actions.timers.schedule import ONCE, Days

MAX_NAME = 500
"""Characters of a name, or of a reminder's text."""
MAX_SECONDS = 7 * 86_400
"""The longest timer. What lies further ahead is an alarm or a reminder."""
MAX_DAYS_AHEAD = 400
MAX_ALERTS = 100


class Kind(StrEnum):
    """What it is to people."""

    TIMER = "timer"
    """Counts seconds: ten minutes are ten minutes, whatever the clock on the wall does."""
    ALARM = "alarm"
    REMINDER = "reminder"
    """Chimes, and says its text."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One timer, alarm or reminder. Times are seconds since the epoch unless they say otherwise."""

    id: str
    kind: Kind
    created_at: float
    name: str = ""
    """What people call it; what a reminder says."""
    language: str = ""
    """In which it was set, and is said."""
    spoken: bool = False
    """A person said it: its name is what people say, and is shown only with ``publish_transcripts``."""
    room: str = ""
    """Where it was set, and rings."""
    seconds: float = 0.0
    """How long it counts, if it does: a timer, a reminder "in two hours". Grows with what is added."""
    at: datetime | None = None
    """The local time, without a zone, that comes next, if it goes by the clock."""
    zone: str = ""
    """The name of the zone that ``at`` is meant in, or in which it was set."""
    repeats: Days = ONCE
    due: float | None = None
    """When it rings; None while it is paused."""
    boot_id: str = ""
    boot_due: float | None = None
    """When it rings by ``Clock.boot`` of the machine's start ``boot_id``, if it counts (or snoozes)."""
    remaining: float | None = None
    """Seconds that were left when it was paused."""
    rang: bool = False
    """It has begun to ring for what is due."""

    @property
    def paused(self) -> bool:
        """Nothing is due until it is resumed."""
        return self.due is None
