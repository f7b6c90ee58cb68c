"""A point in time as it is said ("tomorrow at seven", 周一早上七点), and which one that is.

What was said is a ``Moment``; ``resolve`` finds the next one after now. Where words leave open which half of
the day is meant, the ``Habit`` of what is asked decides: nobody wants to be woken at seven in the evening.
Dates and times are the household's own: naive, or in the zone of ``now``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WORKDAYS, WEEKEND = WEEKDAYS[:5], WEEKDAYS[5:]
DAY = 86400
MONTHS_AHEAD = 97
"""The 29th of February may be eight years away."""


class DayPart(StrEnum):
    """A part of the day."""

    DAWN = "dawn"
    """Between midnight and morning (凌晨)."""
    MORNING = "morning"
    NOON = "noon"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    NIGHT = "night"


BEGINS = {
    DayPart.MORNING: time(9), DayPart.NOON: time(12), DayPart.AFTERNOON: time(15), DayPart.EVENING: time(18),
    DayPart.NIGHT: time(20),
}  # fmt: skip
"""When a part of the day is meant without a time ("remind me tomorrow morning"): what phones take."""
DEFAULT_TIME = time(9)
"""When only a day is named ("remind me on Friday")."""


class Habit(StrEnum):
    """Which half of the day "seven" means."""

    NEXT = "next"
    """Whichever comes first."""
    WAKE = "wake"
    """The morning: somebody is woken."""
    ALARM = "alarm"
    """Whichever comes first today; the morning of another day."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was said of a point in time; None is what was not said."""

    after: int | None = None
    """Seconds from now."""
    offset: int | None = None
    """Days from today."""
    weekday: int | None = None
    """0 is Monday."""
    week: int | None = None
    """0 this week, 1 the next (of the weekday, or seven days from today); None: the next such day."""
    coming: bool = False
    """The weekday is said with "next": not today."""
    months: int | None = None
    """Months from this one, of the day."""
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    """0 to 24; with ``half`` "" and 1 to 12 either half of the day."""
    minute: int | None = None
    half: str = ""
    """"am", "pm" or "24": the hour is one of 24."""
    part: DayPart | None = None
    repeats: tuple[str, ...] = ()
    """The weekdays on which it recurs; all seven: daily."""
    weak: bool = False
    """Nothing but a number was said, which is a time only after a word such as "at"."""

    @property
    def dated(self) -> bool:
        """A day was said."""
        return not (self.offset is self.weekday is self.day is self.week is None)

    @property
    def timed(self) -> bool:
        """A time was said, not only a day."""
        return self.after is not None or self.hour is not None or self.minute is not None

    def joined(self, other: Moment) -> Moment | None:
        """Both in one, or None where they contradict each other."""
        mine, theirs = _given(self), _given(other)
        if not mine or not theirs:
            return self if mine else other
        if mine.keys() & theirs.keys():
            return None
        if {"after"} & (mine.keys() | theirs.keys()):
            after = self.after if self.after is not None else other.after
            if after is None or after % DAY or self.dated or other.dated:
                return None
            days = {**mine, **theirs, "offset": after // DAY}  # "in two days at ten"
            days.pop("after")
            return Moment(**days)
        if self.week is not None and other.week is None and other.weekday is not None:
            return replace(self, weekday=other.weekday)  # "next week on Monday"
        if self.weekday is not None and self.week is None and not self.coming and other.week is not None:
            return replace(self, week=other.week)
        if (self.dated or self.repeats) and (other.dated or other.repeats):
            return None
        return replace(self, **theirs)


def _given(moment: Moment) -> dict[str, Any]:
    empty = Moment()
    return {
        name: getattr(moment, name)
        for name in Moment.__slots__
        if getattr(moment, name) != getattr(empty, name)
    }


def repeats_of(days: Sequence[int]) -> tuple[str, ...]:
    """The weekdays of these numbers, in the order of the week."""
    return tuple(WEEKDAYS[day] for day in sorted(set(days)))


def resolve(moment: Moment, now: datetime, habit: Habit = Habit.NEXT) -> datetime | None:
    """The next time that ``moment`` means after ``now``; None if there is none (the 31st of February)."""
    now = now.replace(microsecond=0)
    if moment.after is not None:
        return _later(now, moment.after)
    if moment.hour is None and moment.minute is not None:
        return _at_minute(moment, now)
    if moment.offset == 0 and moment.hour is None and moment.part is None:
        return None  # "today" alone is no time
    times = _times(moment, habit)
    days = list(_days(moment, now))
    found = [at for day in days for clock in times if (at := _on(day, clock, now)) is not None and at > now]
    if not found and moment.offset is not None:  # "today at eight", said at nine
        found = [_on(days[0] + timedelta(1), clock, now) or now for clock in times]
    return min(found, default=None)


def _later(now: datetime, seconds: int) -> datetime:
    if now.tzinfo is None:
        return now + timedelta(seconds=seconds)
    return (now.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(now.tzinfo)


def _at_minute(moment: Moment, now: datetime) -> datetime | None:
    """Of whichever hour comes next ("at half past")."""
    if moment.dated or moment.part or moment.repeats:
        return None
    at = now.replace(minute=moment.minute or 0, second=0)
    return at if at > now else at + timedelta(hours=1)


def _on(day: datetime, minutes: int, now: datetime) -> datetime | None:
    days, minutes = divmod(minutes, 24 * 60)
    try:
        return (day + timedelta(days)).replace(
            hour=minutes // 60, minute=minutes % 60, second=0, tzinfo=now.tzinfo
        )
    except OverflowError:
        return None


def _days(moment: Moment, now: datetime) -> list[datetime]:
    """The days that it may be, the earliest first; midnight of each."""
    today = now.replace(hour=0, minute=0, second=0)
    following = [today + timedelta(n) for n in range(-1, 15)]
    if moment.repeats:
        return [day for day in following[1:] if WEEKDAYS[day.weekday()] in moment.repeats]
    if moment.offset is not None:
        return [today + timedelta(moment.offset)]
    if moment.weekday is not None:
        if moment.week is not None:
            monday = today - timedelta(today.weekday())
            return [monday + timedelta(7 * moment.week + moment.weekday)]
        first = 2 if moment.coming else 0
        return [day for day in following[1 + first :] if day.weekday() == moment.weekday]
    if moment.week is not None:
        return [today + timedelta(7 * moment.week)]
    if moment.day is not None:
        dates = _dates(moment.month, moment.day, today)
        if moment.months is None:
            return dates
        wanted = today.year * 12 + today.month + moment.months
        return [date for date in dates if date.year * 12 + date.month == wanted]
    return following  # yesterday's night may last until now


def _dates(month: int | None, day: int, today: datetime) -> list[datetime]:
    found = []
    for number in range(13 if month is None else MONTHS_AHEAD):
        months = today.year * 12 + today.month - 1 + number
        year, this = divmod(months, 12)
        if month in (None, this + 1):
            try:
                found.append(today.replace(year=year, month=this + 1, day=day))
            except ValueError:
                continue
    return found


def _times(moment: Moment, habit: Habit) -> list[int]:
    """The minutes since midnight that it may be (beyond 24 hours: of the day after)."""
    part = moment.part
    if moment.hour is None:
        at = BEGINS.get(part, DEFAULT_TIME) if part else DEFAULT_TIME
        return [at.hour * 60]
    hours = _hours(moment.hour, moment.half, part)
    if len(hours) > 1 and not (habit is Habit.WAKE and hours[0] < 4):
        if habit is Habit.WAKE:
            hours = hours[:1]
        elif moment.repeats or (moment.dated and moment.offset != 0):
            hours = _by_day(hours, habit)
    return [hour * 60 + (moment.minute or 0) for hour in hours]


def _by_day(hours: list[int], habit: Habit) -> list[int]:
    """Which of both halves of another day: an alarm rings in the morning, a reminder comes in daylight."""
    earliest = 4 if habit is Habit.ALARM else 7
    return hours[:1] if hours[0] >= earliest else hours[1:]


def _hours(hour: int, half: str, part: DayPart | None) -> list[int]:
    """The hours of the day that ``hour`` may be, counted on beyond midnight."""
    if half == "24" or hour > 12 or hour == 0:
        return [24 if hour == 0 and part in (DayPart.EVENING, DayPart.NIGHT) else hour]
    low = hour % 12
    if half:
        return [low + 12 * (half == "pm")]
    match part:
        case DayPart.DAWN:
            return [low]
        case DayPart.MORNING:
            return [low if hour != 12 else 12]
        case DayPart.NOON:
            return [hour if hour >= 10 else hour + 12]
        case DayPart.AFTERNOON:
            return [low + 12]
        case DayPart.EVENING | DayPart.NIGHT:
            return [low + 12] if low >= 5 else [low + 24]
        case None:
            return [12, 24] if hour == 12 else [low, low + 12]
