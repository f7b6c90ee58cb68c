"""Commands for timers, alarms and reminders: ``timer/set``, ``timer_cancel/set``, ``snooze/set``.

``timer/set`` takes a JSON object. A reason never quotes what was sent: only our own fields' names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

MAX_NAME = 500
"""Characters of a name or a reminder's text."""
MAX_SECONDS = 604_800
"""A week: what lies further ahead has a date."""
MAX_SNOOZE_MINUTES = 120
Repeat = Literal[
    "daily", "weekdays", "weekends",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
]  # fmt: skip
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_MINUTES = re.compile(r"\d{1,3}", re.ASCII)


class BadTimerError(ValueError):
    """It is no such command; the text says why."""


@dataclass(frozen=True, slots=True)
class TimerWish:
    """A timer, an alarm or a reminder that is to be set."""

    kind: Literal["timer", "alarm", "reminder"]
    name: str = field(default="", repr=False)
    """What it is called, or what the reminder says."""
    seconds: float = 0.0
    """How long it counts; 0: it goes by the clock."""
    at: datetime | time | None = None
    """A local time (with a zone: an instant), or an hour that comes next."""
    repeats: tuple[str, ...] = ()
    language: str = ""
    room: str = ""
    """Where it rings: a room, a group or "all"; empty: in the room whose topic it came on."""


class _TimerJson(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["timer", "alarm", "reminder"] = "timer"
    name: Annotated[str, Field(max_length=MAX_NAME)] = ""
    text: Annotated[str, Field(max_length=MAX_NAME)] = ""
    seconds: Annotated[float, Field(gt=0, le=MAX_SECONDS, allow_inf_nan=False)] | None = None
    at: Annotated[str, Field(max_length=40)] | None = None
    repeats: Repeat | Annotated[list[Repeat], Field(max_length=7)] = []
    language: Literal["en", "zh", ""] = ""
    room: Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,32}$")] = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind == "timer" and (self.seconds is None or self.at is not None):
            raise ValueError("a timer needs seconds, and no at")
        if self.kind == "alarm" and (self.at is None or self.seconds is not None):
            raise ValueError("an alarm needs at, and no seconds")
        if self.kind == "reminder" and not (self.text or self.name).strip():
            raise ValueError("a reminder needs a text")
        if (self.at is None) == (self.seconds is None):
            raise ValueError("a reminder needs at or seconds, and not both")
        if self.repeats and self.at is None:
            raise ValueError("only what has an at repeats")
        return self


def parse_timer(text: str) -> TimerWish:
    """The wish that a JSON object states. Raises BadTimerError."""
    try:
        wanted = _TimerJson.model_validate_json(text)
    except ValidationError as error:
        raise BadTimerError(_reason(error)) from None
    repeats = [wanted.repeats] if isinstance(wanted.repeats, str) else wanted.repeats
    return TimerWish(
        kind=wanted.kind,
        name=(wanted.text or wanted.name) if wanted.kind == "reminder" else (wanted.name or wanted.text),
        seconds=wanted.seconds or 0.0,
        at=None if wanted.at is None else _moment(wanted.at),
        repeats=tuple(repeats),
        language=wanted.language,
        room=wanted.room,
    )


def parse_which(text: str) -> str:
    """Which one is meant: an id, a name, or "all". Raises BadTimerError."""
    which = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not which or len(which) > MAX_NAME:
        raise BadTimerError("neither an id nor a name nor all")
    return which


def parse_snooze(text: str) -> float:
    """For how many seconds; 0: as long as usual ("PRESS"). Raises BadTimerError."""
    written = text.strip()
    if written.upper() == "PRESS":
        return 0.0
    if not _MINUTES.fullmatch(written) or not 1 <= int(written) <= MAX_SNOOZE_MINUTES:
        raise BadTimerError(f"neither PRESS nor whole minutes from 1 to {MAX_SNOOZE_MINUTES}")
    return int(written) * 60.0


def _moment(text: str) -> datetime | time:
    written = text.strip()
    if clock := _CLOCK.fullmatch(written):
        try:
            return time(int(clock[1]), int(clock[2]), int(clock[3] or 0))
        except ValueError:
            raise BadTimerError("at: no such hour") from None
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        expected = 'at: neither an hour ("07:00") nor a date with one ("2027-01-31T07:00")'
        raise BadTimerError(expected) from None


def _reason(error: ValidationError) -> str:
    """The first mistake, by the name of its field, without what was sent."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = str(first["loc"][0]) if first["loc"] else ""
    known = where in _TimerJson.model_fields
    if first["type"] == "json_invalid":
        return 'not a JSON object such as {"kind": "timer", "seconds": 600, "name": "pasta"}'
    if first["type"] == "extra_forbidden":
        return f"it has a field that is none of {', '.join(_TimerJson.model_fields)}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if known else message
