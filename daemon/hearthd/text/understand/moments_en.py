"""Points in time in English: "quarter past seven", "tomorrow at noon", "every weekday at 7:30"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hearthd.text.understand.durations_en import durations
from hearthd.text.understand.moments import WEEKDAYS, WEEKEND, WORKDAYS, DayPart, Moment, repeats_of
from hearthd.text.understand.numbers_en import ORDINALS, cardinals, word

Reading = tuple[int, Moment]

_WEEKDAYS = {name: number for number, day in enumerate(WEEKDAYS) for name in (day, day[:3])} | {
    "tues": 1, "wednes": 2, "thur": 3, "thurs": 3,
}  # fmt: skip
_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_MONTHS = {name: number for number, month in enumerate(_MONTH_NAMES, 1) for name in (month, month[:3])} | {
    "sept": 9
}
_PARTS = {
    "morning": DayPart.MORNING, "noon": DayPart.NOON, "lunchtime": DayPart.NOON,
    "afternoon": DayPart.AFTERNOON, "evening": DayPart.EVENING, "night": DayPart.NIGHT,
}  # fmt: skip
_AT = frozenset(["at", "by", "around", "about"])
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})")
_DAILY = tuple(WEEKDAYS)


def moments(tokens: Sequence[str], start: int, *, bare: bool = False) -> Iterator[Reading]:
    """Every point in time that begins at ``start``.

    ``bare``: a mere number may be a time ("an alarm for seven"); else it needs an "at", or more of a time.
    """
    for end, moment in _joined(tokens, start, None, bare=bare):
        if not moment.weak or moment.part is not None or bare:
            yield end, moment


def _joined(tokens: Sequence[str], start: int, before: Moment | None, *, bare: bool) -> Iterator[Reading]:
    for end, piece in _pieces(tokens, start, bare=bare):
        moment = before.joined(piece) if before is not None else piece
        if moment is not None:
            yield end, moment
            yield from _joined(tokens, end, moment, bare=bare)


def _pieces(tokens: Sequence[str], start: int, *, bare: bool) -> Iterator[Reading]:
    yield from _relative(tokens, start)
    yield from _recurrence(tokens, start)
    yield from _days(tokens, start)
    yield from _day_parts(tokens, start)
    first = word(tokens, start)
    if first in _AT or (bare and first == "for"):
        exact = start + 1 + (word(tokens, start + 1) in {"exactly", "about", "around"})
        for end, moment in clocks(tokens, exact):
            yield end, _strong(moment)
    yield from clocks(tokens, start)


def _strong(moment: Moment) -> Moment:
    return Moment(hour=moment.hour, minute=moment.minute, half=moment.half)


def _relative(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    if word(tokens, start) in {"in", "after"}:
        for end, seconds in durations(tokens, start + 1):
            yield end + (word(tokens, end) == "time"), Moment(after=seconds)
        return
    for end, seconds in durations(tokens, start):
        if tuple(tokens[end : end + 2]) == ("from", "now"):
            yield end + 2, Moment(after=seconds)


def _recurrence(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    at = start + (word(tokens, start) in {"on", "during"})
    first, second = word(tokens, at), word(tokens, at + 1)
    if first in {"daily", "nightly"}:
        yield at + 1, Moment(repeats=_DAILY)
    if first in {"weekdays", "workdays"}:
        yield at + 1, Moment(repeats=WORKDAYS)
    if first == "weekends":
        yield at + 1, Moment(repeats=WEEKEND)
    if first in {"every", "each"}:
        single = at + 1 + (second == "single")
        yield from _each(tokens, single)
    yield from _weekdays(tokens, at, plural=True)
    yield from _weekday_range(tokens, at)


def _each(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    """What stands after "every"."""
    name = word(tokens, start)
    if name == "day":
        yield start + 1, Moment(repeats=_DAILY)
        if tuple(tokens[start + 1 : start + 4]) == ("of", "the", "week"):
            yield start + 4, Moment(repeats=_DAILY)
    if name in {"morning", "afternoon", "evening", "night"}:
        yield start + 1, Moment(repeats=_DAILY, part=_PARTS[name])
    if name in {"weekday", "workday"} or (name in {"week", "work"} and word(tokens, start + 1) == "day"):
        yield start + 1 + (name in {"week", "work"}), Moment(repeats=WORKDAYS)
    if name == "weekend":
        yield start + 1, Moment(repeats=WEEKEND)
    yield from _weekdays(tokens, start, plural=False)
    yield from _weekday_range(tokens, start)


def _weekdays(tokens: Sequence[str], start: int, *, plural: bool) -> Iterator[Reading]:
    """One or several weekdays that recur: after "every", or in the plural ("on Mondays and Fridays")."""
    days: list[int] = []
    i = start
    while i < len(tokens):
        if days and tokens[i] in {"and", "on", "every", "each"}:
            i += 1
            continue
        day = _weekday(tokens[i], plural=plural)
        if day is None:
            return
        days.append(day)
        i += 1
        yield i, Moment(repeats=repeats_of(days))


def _weekday(token: str, *, plural: bool) -> int | None:
    name = token.removesuffix("s")
    if name in _WEEKDAYS and (token.endswith("s") or not plural):
        return _WEEKDAYS[name]
    return None if plural else _WEEKDAYS.get(token)


def _weekday_range(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    at = start + (word(tokens, start) == "from")
    first, last = _WEEKDAYS.get(word(tokens, at)), _WEEKDAYS.get(word(tokens, at + 2))
    between = word(tokens, at + 1)
    if between in {"to", "through", "till", "until", "-"} and first is not None and last is not None:
        yield at + 3, Moment(repeats=repeats_of([(first + n) % 7 for n in range((last - first) % 7 + 1)]))


def _days(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    at = start + (word(tokens, start) in {"on", "for"})
    at += word(tokens, at) == "later" and word(tokens, at + 1) in {"today", "tonight", "this"}
    first = word(tokens, at)
    if first in {"today", "tonight"}:
        yield at + 1, Moment(offset=0, part=DayPart.NIGHT if first == "tonight" else None)
    if first in {"tomorrow", "tomorrow's", "tmrw", "tomorow"}:
        yield at + 1, Moment(offset=1)
    the = at + (first == "the")
    if tuple(tokens[the : the + 3]) == ("day", "after", "tomorrow"):
        yield the + 3, Moment(offset=2)
    if (first, word(tokens, at + 1)) == ("next", "week"):
        yield at + 2, Moment(week=1)
    if (first, word(tokens, at + 1)) == ("this", "weekend"):
        yield at + 2, Moment(weekday=5)
    which = first in {"this", "next", "coming"}
    name = word(tokens, at + which).removesuffix("'s")
    if name in _WEEKDAYS:
        yield at + which + 1, Moment(weekday=_WEEKDAYS[name], coming=first == "next")
    yield from _dates(tokens, at)


def _dates(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    """A day of a month: "december 5th", "the fifth of december", "the 5th"."""
    month = _MONTHS.get(word(tokens, start))
    if month is not None:
        the = start + 1 + (word(tokens, start + 1) == "the")
        for end, day in _day_numbers(tokens, the):
            yield end, Moment(month=month, day=day)
        return
    the = start + (word(tokens, start) == "the")
    for end, day in _day_numbers(tokens, the):
        of = end + (word(tokens, end) == "of")
        month = _MONTHS.get(word(tokens, of))
        if month is not None:
            yield of + 1, Moment(month=month, day=day)
        elif the > start and not word(tokens, end - 1).isdigit():
            yield end, Moment(day=day)


def _day_numbers(tokens: Sequence[str], start: int) -> Iterator[tuple[int, int]]:
    """1 to 31 as an ordinal or a number."""
    first, second = word(tokens, start), word(tokens, start + 1)
    if first in ORDINALS:
        yield start + 1, ORDINALS[first]
    if first in {"twenty", "thirty"} and ORDINALS.get(second, 10) < (10 if first == "twenty" else 2):
        yield start + 2, (20 if first == "twenty" else 30) + ORDINALS[second]
    if first.isdigit() and len(first) < 3 and second in {"st", "nd", "rd", "th"} and 1 <= int(first) <= 31:
        yield start + 2, int(first)
    for end, number in cardinals(tokens, start):
        if number.denominator == 1 and 1 <= number <= 31:
            yield end, int(number)


def _day_parts(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    first, second = word(tokens, start), word(tokens, start + 1)
    if first == "this" and second in {"morning", "afternoon", "evening"}:
        yield start + 2, Moment(offset=0, part=_PARTS[second])
    if first == "in" and second == "the" and word(tokens, start + 2) in {"morning", "afternoon", "evening"}:
        yield start + 3, Moment(part=_PARTS[tokens[start + 2]])
    if first == "at" and second in {"night", "lunchtime"}:
        yield start + 2, Moment(part=_PARTS[second])
    if first in {"morning", "afternoon", "evening", "night"}:  # "tomorrow morning", "Monday night"
        yield start + 1, Moment(part=_PARTS[first])


def clocks(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    """A time of day. ``weak`` where it is nothing but a number."""
    first = word(tokens, start)
    if first in {"noon", "midday"}:
        yield start + 1, Moment(hour=12, half="24")
    if (first, word(tokens, start + 1)) in {("twelve", "noon"), ("12", "noon"), ("mid", "day")}:
        yield start + 2, Moment(hour=12, half="24")
    if first == "midnight":
        yield start + 1, Moment(hour=24, half="24")
    yield from _past_and_to(tokens, start)
    if match := _CLOCK.fullmatch(first):
        yield from _halves(tokens, start + 1, int(match[1]), int(match[2]), first[0] == "0")
    elif first.isdigit() and len(first) in (3, 4):
        hour, minute = int(first[:-2]), int(first[-2:])
        end = start + 1 + (word(tokens, start + 1) == "hours")
        yield from _halves(tokens, end, hour, minute, len(first) == 4 and first[0] == "0")
    for end, number in cardinals(tokens, start):
        hour = int(number)
        if number.denominator != 1 or not 0 <= hour <= 24 or len(word(tokens, start)) > 9:
            continue
        following = word(tokens, end)
        if following in {"o'clock", "oclock"} or tuple(tokens[end : end + 2]) == ("o", "clock"):
            yield from _halves(tokens, end + 1 + (following == "o"), hour, 0, zero=False)
            continue
        yield from _halves(tokens, end, hour, 0, first.startswith("0"), weak=True)
        for after, minute in _minutes(tokens, end):
            yield from _halves(tokens, after, hour, minute, first.startswith("0"))


def _halves(
    tokens: Sequence[str], end: int, hour: int, minute: int, zero: bool, *, weak: bool = False
) -> Iterator[Reading]:
    """The hour, with "am" or "pm" if they follow. ``zero``: it was written with one ("07:30")."""
    if hour > 24 or minute > 59:
        return
    half = word(tokens, end)
    sharp = end + 1 + (half in {"am", "pm"})
    if word(tokens, sharp - 1) in {"sharp", "exactly"}:
        yield from _halves(tokens, sharp, hour, minute, zero)
    if half in {"am", "pm"} and 1 <= hour <= 12:
        yield end + 1, Moment(hour=hour, minute=minute, half=half)
    elif half in {"am", "pm"} and 13 <= hour <= 23:
        yield end + 1, Moment(hour=hour, minute=minute, half="24")
    yield (
        end,
        Moment(hour=hour, minute=minute, half="24" if zero or hour > 12 or hour == 0 else "", weak=weak),
    )


def _minutes(tokens: Sequence[str], start: int) -> Iterator[tuple[int, int]]:
    """The minutes after a spoken hour: "thirty", "oh five", "15"."""
    at = start + (word(tokens, start) in {"oh", "o", "zero"})
    for end, number in cardinals(tokens, at):
        written = word(tokens, at)
        enough = at > start or number >= 10 or (written.isdigit() and len(written) == 2)
        if number.denominator == 1 and number < 60 and enough and word(tokens, end) not in _UNIT_WORDS:
            yield end, int(number)


_HOURS = frozenset(
    {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
)
_UNIT_WORDS = frozenset(["minutes", "minute", "seconds", "hours", "hour", "percent"])


def _past_and_to(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    """What counts from an hour: "quarter past seven", "ten to eight", the British "half seven"."""
    at = start + (word(tokens, start) == "a")
    counted: list[tuple[int, int]] = []
    if word(tokens, at) == "half":
        counted.append((at + 1, 30))
        if word(tokens, at + 1) in _HOURS and word(tokens, at + 2) not in _UNIT_WORDS:
            yield from _after_hour(tokens, at + 1, 30)
    elif word(tokens, at) == "quarter":
        counted.append((at + 1, 15))
    for end, number in cardinals(tokens, at):
        if number.denominator == 1 and 0 < number < 30:
            counted.append((end + (word(tokens, end) in {"minutes", "minute"}), int(number)))
    for end, minutes in counted:
        direction = word(tokens, end)
        if direction in {"past", "after"}:
            found = list(_after_hour(tokens, end + 1, minutes))
            yield from found
            if not found and minutes in (15, 30):
                yield end + 1, Moment(minute=minutes)
        elif direction in {"to", "before", "of", "till", "til"} and minutes != 30:
            yield from _after_hour(tokens, end + 1, -minutes)


def _after_hour(tokens: Sequence[str], start: int, minutes: int) -> Iterator[Reading]:
    """The hour at ``start``, so many minutes later."""
    named = {"noon": 12, "midday": 12, "midnight": 24}.get(word(tokens, start))
    if named is not None:
        hour, minute = divmod(named * 60 + minutes, 60)
        yield start + 1, Moment(hour=hour % 24, minute=minute, half="24")
    for end, number in cardinals(tokens, start):
        if number.denominator == 1 and 1 <= number <= 23:
            o_clock = end + (word(tokens, end) == "o'clock")
            hour, minute = divmod(int(number) * 60 + minutes, 60)
            yield from _halves(tokens, o_clock, hour or 12, minute, zero=False)
