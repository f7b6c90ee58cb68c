"""Durations in English: "an hour and a half", "ninety seconds", "1 hour 20", "three quarters of an hour"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from hearthd.text.understand.numbers_en import numbers, word

LONGEST = 366 * 86400
"""Seconds; what is longer was misheard."""

UNITS = {
    name: seconds
    for names, seconds in (
        ("second seconds sec secs s", 1),
        ("minute minutes min mins m", 60),
        ("hour hours hr hrs h our", 3600),
        ("day days", 86400),
        ("week weeks", 7 * 86400),
    )
    for name in names.split()
}
_ABBREVIATED = frozenset(["s", "m", "h"])
"""Units only right after digits ("10m")."""
HEDGES = frozenset({
    "about", "around", "like", "roughly", "approximately", "exactly", "maybe", "say", "just", "another",
})  # fmt: skip
"""They may stand before a duration, and change nothing."""
MORE = frozenset(["more", "extra", "additional"])
"""They may stand between the number and its unit ("ten more minutes")."""
_SEVERAL = {("a", "couple", "of"): 2, ("a", "couple"): 2, ("couple", "of"): 2}


def durations(tokens: Sequence[str], start: int) -> Iterator[tuple[int, int]]:
    """Every duration that begins at ``start``, in seconds."""
    seen = set()
    parts = list(_parts(tokens, start))
    if word(tokens, start) in HEDGES:
        parts += _parts(tokens, start + 1)
    for end, seconds, unit in parts:
        for reading in ((end, seconds), *_continued(tokens, end, seconds, unit)):
            whole = round(reading[1])
            if 0 < whole <= LONGEST and (reading[0], whole) not in seen:
                seen.add((reading[0], whole))
                yield reading[0], whole


def _continued(
    tokens: Sequence[str], end: int, seconds: Fraction, unit: int
) -> Iterator[tuple[int, Fraction]]:
    """``seconds`` and smaller units after it; a bare number after hours is minutes, after minutes seconds."""
    after_and = end + 1 if word(tokens, end) == "and" else end
    for after, more, smaller in _parts(tokens, after_and):
        if smaller < unit:
            yield after, seconds + more
            yield from _continued(tokens, after, seconds + more, smaller)
    if unit in (60, 3600):
        for after, number in numbers(tokens, after_and):
            if 1 < number < 60 and number.denominator == 1 and word(tokens, after) not in UNITS:
                yield after, seconds + number * (unit // 60)


def _parts(tokens: Sequence[str], start: int) -> Iterator[tuple[int, Fraction, int]]:
    """One number with its unit: the end, the seconds, the unit's seconds."""
    first = word(tokens, start)
    for after, number in numbers(tokens, start):
        end = after + (word(tokens, after) in MORE)
        name = word(tokens, end)
        if name in UNITS and (name not in _ABBREVIATED or word(tokens, end - 1)[-1:].isdigit()):
            yield from _with_a_half(tokens, end + 1, number, UNITS[name])
        if number < 1:
            yield from _of_an_hour(tokens, end, number)
    if first == "quarter":
        yield from _of_an_hour(tokens, start + 1, Fraction(1, 4))
    if first in {"a", "an", "another"} and (unit := UNITS.get(word(tokens, start + 1))):
        yield from _with_a_half(tokens, start + 2, Fraction(1), unit)
    if first in UNITS and tuple(tokens[start + 1 : start + 4]) == ("and", "a", "half"):
        yield start + 4, Fraction(3, 2) * UNITS[first], UNITS[first]
    for words, count in _SEVERAL.items():
        end = start + len(words)
        if tuple(tokens[start:end]) == words and (unit := UNITS.get(word(tokens, end))):
            yield end + 1, Fraction(count * unit), unit


def _of_an_hour(tokens: Sequence[str], end: int, part: Fraction) -> Iterator[tuple[int, Fraction, int]]:
    """The unit that ``part`` is of: "half an hour", "a quarter of an hour", "quarter hour"."""
    at = end + (word(tokens, end) == "of")
    at += word(tokens, at) in {"a", "an"}
    if unit := UNITS.get(word(tokens, at)):
        yield at + 1, part * unit, unit


def _with_a_half(
    tokens: Sequence[str], end: int, number: Fraction, unit: int
) -> Iterator[tuple[int, Fraction, int]]:
    """``number`` units, and what may follow: "and a half", "and three quarters", "and a quarter"."""
    yield end, number * unit, unit
    if word(tokens, end) == "and":
        for after, part in numbers(tokens, end + 1):
            if part < 1 and word(tokens, after) not in {"of", "a", "an", *UNITS}:
                yield after, (number + part) * unit, unit
