"""Pure: when something is due that people set by the clock on the wall.

A local time is kept as people said it (07:00) together with the zone's name, and turned into an instant only
when it is asked for. A fixed offset from UTC would ring an hour late from the first change of the clocks on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from hearthd.common.local_time import instant_of, local_at

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""Their names in slots, orders and what is shown; the position is ``datetime.weekday``."""
Days = frozenset[int]
ONCE: Days = frozenset()
DAILY: Days = frozenset(range(7))
_GROUPS = {"daily": DAILY, "weekdays": frozenset(range(5)), "weekends": frozenset({5, 6})}

WRONG_BY = timedelta(days=1)
"""A clock that is so far behind the last ring was wrong when that rang, or is now: what it says counts."""


def days_of(repeats: str | Iterable[str]) -> Days:
    """The weekdays that ``repeats`` names: "daily", "weekdays", "weekends", or names of weekdays.

    Raises ValueError for anything else.
    """
    names = [repeats] if isinstance(repeats, str) else list(repeats)
    days: set[int] = set()
    for name in names:
        if name in _GROUPS:
            days |= _GROUPS[name]
        elif name in WEEKDAYS:
            days.add(WEEKDAYS.index(name))
        else:
            known = ", ".join((*_GROUPS, *WEEKDAYS))
            raise ValueError(f'"{str(name)[:20]}" is no weekday: one of {known}')
    return frozenset(days)


def named(days: Days) -> str | list[str]:
    """``days`` as they are shown: "daily", or the names of the weekdays."""
    return "daily" if days == DAILY else [WEEKDAYS[day] for day in sorted(days)]


def first(at: datetime, days: Days, zone: str, now: float) -> datetime:
    """The first local time, ``at`` or a later day of ``days`` at that hour, that is due after ``now``.

    Without ``days`` it is ``at`` itself, past or not. Where the clocks are set back between two times of
    that name, the second one counts (``fold``) for who asks between them.
    """
    at = at.replace(fold=0)
    if not days:
        again = at.replace(fold=1)
        return again if instant_of(at, zone) <= now < instant_of(again, zone) else at
    for day in _days_from(max(at.date(), local_at(now, zone).date()), days):
        candidate = datetime.combine(day, at.time())
        for one in (candidate, candidate.replace(fold=1)):
            if instant_of(one, zone) > now:
                return one
    raise AssertionError("there is a next week")


def after(rung: datetime, days: Days, zone: str, now: float) -> datetime:
    """The next local time after the one that rang, on ``days`` at the same hour, due after ``now``.

    Never ``rung`` again, even if the clock was set back since: except by more than a day, see ``WRONG_BY``.
    """
    here = local_at(now, zone)
    hour = rung.time().replace(fold=0)
    begin = here.date() if here < rung - WRONG_BY else max(rung.date() + timedelta(days=1), here.date())
    for day in _days_from(begin, days):
        candidate = datetime.combine(day, hour)
        if instant_of(candidate, zone) > now:
            return candidate
    raise AssertionError("there is a next week")


def at_hour(hour: time, now: float, zone: str) -> datetime:
    """The next time that the clock shows ``hour``: today, or tomorrow."""
    return first(datetime.combine(local_at(now, zone).date(), hour), DAILY, zone, now)


def _days_from(day: date, days: Days) -> Iterable[date]:
    """The dates of ``days`` in the fortnight from ``day`` on: those of the first week may be over."""
    for ahead in range(15):
        one = day + timedelta(days=ahead)
        if one.weekday() in days:
            yield one
