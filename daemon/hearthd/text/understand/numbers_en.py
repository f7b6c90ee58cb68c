"""Numbers as English speakers say them and Whisper writes them: "two hundred and fifty", "3.5", "1,250"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

Reading = tuple[int, Fraction]

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
ONES = {word: value for value, word in enumerate(_ONES)}
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
TENS = {word: value * 10 for value, word in enumerate(_TENS, 2)} | {"fourty": 40}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_FRACTIONS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4,
    "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "eighth": 8, "eighths": 8, "tenth": 10, "tenths": 10,
}  # fmt: skip
_HALF = Fraction(1, 2)
_DIGITS = re.compile(r"\d{1,15}(?:\.\d{1,12})?|\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,12})?")
_ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth",
    "nineteenth",
)  # fmt: skip
ORDINALS = {word: value for value, word in enumerate(_ORDINALS, 1)} | {"twentieth": 20, "thirtieth": 30}


def digits(token: str) -> Fraction | None:
    """The number that ``token`` writes in digits, if it does."""
    return Fraction(token.replace(",", "")) if _DIGITS.fullmatch(token) else None


def word(tokens: Sequence[str], index: int) -> str:
    """The token at ``index``, "" beyond the end."""
    return tokens[index] if index < len(tokens) else ""


def numbers(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    """Every number that begins at ``start``: whole, decimal, mixed ("two and a half") and fractions."""
    for end, value in cardinals(tokens, start):
        yield end, value
        yield from _continued(tokens, end, value)
    yield from _fractions(tokens, start)


def _continued(tokens: Sequence[str], end: int, value: Fraction) -> Iterator[Reading]:
    """``value`` with what may follow a whole number: "point five", "and a half", "1/2"."""
    if word(tokens, end) == "point":
        yield from _decimals(tokens, end + 1, value)
    if value.denominator == 1 and word(tokens, end) == "and":
        yield from ((after, value + part) for after, part in _fractions(tokens, end + 1))
    if value.denominator == 1 and word(tokens, end) == "½":
        yield end + 1, value + _HALF
    if value.denominator == 1 and word(tokens, end + 1) == "/":
        yield from ((after, value + part) for after, part in _fractions(tokens, end) if part < 1)


def _decimals(tokens: Sequence[str], start: int, value: Fraction) -> Iterator[Reading]:
    """The digits after "point", one by one or as a whole ("three point five", "3 point 25")."""
    place, i = Fraction(1), start
    while (digit := _digit(word(tokens, i))) is not None:
        for figure in digit:
            place /= 10
            value += int(figure) * place
        i += 1
        yield i, value


def _digit(token: str) -> str | None:
    if token.isascii() and token.isdigit() and len(token) <= 12:
        return token
    if token in {"oh", "o"}:
        return "0"
    return str(ONES[token]) if ONES.get(token, 10) < 10 else None


def _fractions(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    """Fractions: "half", "a half", "a quarter", "three quarters", "1/2", "½"."""
    first = word(tokens, start)
    if first == "½":
        yield start + 1, _HALF
    if first == "half":
        yield start + 1, _HALF
    if first in {"a", "an", "one"} and (below := _FRACTIONS.get(word(tokens, start + 1))):
        yield start + 2, Fraction(1, below)
    above = digits(first) if digits(first) is not None else Fraction(ONES.get(first, 0))
    if above and above.denominator == 1:
        below_word = word(tokens, start + 1)
        if ((above > 1 and below_word.endswith("s")) or above == 1) and below_word in _FRACTIONS:
            yield start + 2, above / _FRACTIONS[below_word]
        divisor = digits(word(tokens, start + 2))
        if below_word == "/" and divisor and divisor.denominator == 1:
            yield start + 3, above / divisor


def cardinals(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    """Every cardinal that begins at ``start``, the shortest first."""
    total, group, i = Fraction(0), Fraction(0), start
    room = 10**18
    """What comes next must be smaller: "twenty" leaves room for a digit, "hundred" for two."""
    if word(tokens, i) in {"a", "an"} and word(tokens, i + 1) in _SCALES:
        group, i, room = Fraction(1), i + 1, 1
    while i < len(tokens):
        token, at = tokens[i], i
        if token == "and" and i > start and room > 1 and total + group >= 100:
            at += 1
            token = word(tokens, at)
        figure = digits(token)
        small = figure if figure is not None else _small(token)
        if small is not None and (i == start or (small.denominator == 1 and 0 < small < room)):
            group, i = group + small, at + 1
            room = 10 if token in TENS else 1
            if figure is not None and figure.denominator != 1:
                yield i, total + group
                if word(tokens, i) in _SCALES:
                    yield i + 1, group * _SCALES[tokens[i]]
                return
        elif token in _SCALES and at == i and group:
            scale = _SCALES[token]
            if scale == 100:
                if group >= 100:
                    return
                group, room = group * 100, 100
            else:
                if total and total % (scale * 1000):
                    return
                total, group, room = total + group * scale, Fraction(0), 1000
            i += 1
        else:
            return
        yield i, total + group


def _small(token: str) -> Fraction | None:
    value = ONES.get(token, TENS.get(token))
    return None if value is None else Fraction(value)
