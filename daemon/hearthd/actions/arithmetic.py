"""Works out what ``text.understand.sums`` has written down: exactly, with fractions, and without ``eval``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

MAX_CHARACTERS = 200
MAX_POWER = 1000
LARGEST = 10**30
"""Nobody wants more digits read out."""
_DIGITS = 40
"""Significant digits of a root that has no end."""
_LEXEME = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|(sqrt|cbrt)|([-+*/^()]))")


class SumError(ValueError):
    """It has no answer: ``reason`` is "zero", "root", "large" or "unreadable"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Computed:
    """A number; ``exact`` unless a root without an end went into it."""

    value: Fraction
    exact: bool = True


def evaluate(expression: str) -> Computed:
    """What ``expression`` comes to. Raises SumError."""
    if len(expression) > MAX_CHARACTERS:
        raise SumError("unreadable")
    reader = _Reader(expression)
    result = reader.sum()
    if reader.rest:
        raise SumError("unreadable")
    return result


class _Reader:
    """A recursive descent: sum, product, power, operand."""

    def __init__(self, expression: str) -> None:
        self.rest = expression.strip()
        self._exact = True

    def sum(self) -> Computed:
        return Computed(self._sum(), self._exact)

    def _take(self, *wanted: str) -> str:
        found = _LEXEME.match(self.rest)
        if found is None or (wanted and found.group().strip() not in wanted):
            return ""
        self.rest = self.rest[found.end() :].strip()
        return found.group().strip()

    def _sum(self) -> Fraction:
        value = self._product()
        while sign := self._take("+", "-"):
            other = self._product()
            value = _checked(value + other if sign == "+" else value - other)
        return value

    def _product(self) -> Fraction:
        value = self._power()
        while sign := self._take("*", "/"):
            other = self._power()
            if sign == "/" and other == 0:
                raise SumError("zero")
            value = _checked(value * other if sign == "*" else value / other)
        return value

    def _power(self) -> Fraction:
        if self._take("-"):
            return -self._power()
        base = self._operand()
        if not self._take("^"):
            return base
        power = self._power()
        if power.denominator != 1 or abs(power) > MAX_POWER:
            raise SumError("large")
        if base == 0 and power < 0:
            raise SumError("zero")
        digits = max(len(str(base.numerator)), len(str(base.denominator))) - 1
        if digits * abs(power) > len(str(LARGEST)) + 1:
            raise SumError("large")
        return _checked(base ** int(power))

    def _operand(self) -> Fraction:
        if root := self._take("sqrt", "cbrt"):
            return self._root(self._operand(), 2 if root == "sqrt" else 3)
        if self._take("("):
            value = self._sum()
            if not self._take(")"):
                raise SumError("unreadable")
            return value
        number = self._take()
        if not number or not number[0].isdigit():
            raise SumError("unreadable")
        return _checked(Fraction(number))

    def _root(self, value: Fraction, degree: int) -> Fraction:
        if value < 0:
            if degree == 2:
                raise SumError("root")
            return -self._root(-value, degree)
        above, below = _whole_root(value.numerator, degree), _whole_root(value.denominator, degree)
        if above is not None and below is not None:
            return Fraction(above, below)
        self._exact = False
        with localcontext() as context:
            context.prec = _DIGITS
            number = Decimal(value.numerator) / Decimal(value.denominator)
            return Fraction(number ** (Decimal(1) / degree))


def _whole_root(number: int, degree: int) -> int | None:
    """The root of ``number`` if it is whole."""
    near = round(number ** (1 / degree))
    return next((n for n in (near - 1, near, near + 1) if n >= 0 and n**degree == number), None)


def _checked(value: Fraction) -> Fraction:
    if abs(value) > LARGEST or value.denominator > LARGEST:
        raise SumError("large")
    return value
