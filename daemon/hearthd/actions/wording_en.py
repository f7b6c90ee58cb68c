"""Lengths, times and days in English, as an answer tells them. Figures are read out by ``text.normalize``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from hearthd.text.understand.moments import WEEKDAYS, WEEKEND, WORKDAYS

NEAR_DAYS = 7
"""A day within a week is told by its weekday alone."""
_YOURS = {
    "my": "your", "mine": "yours", "i": "you", "me": "you", "myself": "yourself", "our": "your", "us": "you",
    "we": "you", "i'm": "you're", "i've": "you've", "i'll": "you'll", "i'd": "you'd",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z']+")


def length(seconds: float) -> str:
    """In full: "1 hour, 20 minutes and 5 seconds"."""
    whole = max(1, round(seconds))
    days, rest = divmod(whole, 86_400)
    counted = ((days, "day"), (rest // 3600, "hour"), (rest // 60 % 60, "minute"), (rest % 60, "second"))
    return listed([f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in counted if count])


def adjective(seconds: float) -> str:
    """As it stands before a noun: "10 minute", "1 hour 30 minute"."""
    return re.sub(r"s\b", "", length(seconds)).replace(",", "").replace(" and", "")


def left(seconds: float) -> str:
    """The same, as far as anybody wants to know: no seconds beyond ten minutes, no minutes beyond a day."""
    step = 60 if seconds >= 600 else 1
    step = 3600 if seconds >= 86_400 else step
    return length(max(step, round(seconds / step) * step))


def clock(at: datetime) -> str:
    """As clocks are read: "7:30 a.m.", "noon"."""
    if (at.hour, at.minute) == (12, 0):
        return "noon"
    if (at.hour, at.minute) == (0, 0):
        return "midnight"
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes} {'a.m.' if at.hour < 12 else 'p.m.'}"


def day(when: date, today: date) -> str:
    """Which day: "today", "tomorrow", "on Monday", "on Saturday, December 5th"."""
    ahead = (when - today).days
    if ahead in (0, 1):
        return ("today", "tomorrow")[ahead]
    name = f"on {WEEKDAYS[when.weekday()].title()}"
    return name if 0 < ahead < NEAR_DAYS else f"{name}, {month_day(when)}"


def month_day(when: date) -> str:
    """As in "December 5th"."""
    ending = "th" if 10 < when.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(when.day % 10, "th")
    return f"{when:%B} {when.day}{ending}"


def moment(at: datetime, now: datetime) -> str:
    """When: "tomorrow at 7 a.m."; "in 10 minutes" if it is that soon."""
    away = (at - now).total_seconds()
    if 0 < away < 3600 and round(away) % 60 == 0:
        return f"in {length(away)}"
    if at.time() == datetime.min.time() and at.date() - now.date() == timedelta(1):
        return "at midnight"
    return f"{day(at.date(), now.date())} at {clock(at)}"


def recurrence(days: Sequence[str]) -> str:
    """How often: "every day", "every weekday", "every Tuesday and Thursday"."""
    if len(days) == len(WEEKDAYS):
        return "every day"
    if tuple(days) == WORKDAYS:
        return "every weekday"
    if tuple(days) == WEEKEND:
        return "every weekend"
    return f"every {listed([name.title() for name in days])}"


def listed(parts: Sequence[str], joining: str = "and") -> str:
    """One after the other: "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {joining} {parts[-1]}"


def yours(text: str) -> str:
    """A person's words, told back to them: "my pills" are "your pills"."""
    return _WORD.sub(lambda word: _YOURS.get(word[0].lower(), word[0]), text)
