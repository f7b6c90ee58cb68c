"""Sums and conversions: the spoken commands, and what is said of them."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from hearthd.actions.arithmetic import SumError, evaluate
from hearthd.actions.result import Outcome, Reason, Result
from hearthd.actions.row import Household, Row
from hearthd.actions.units import UNITS, Unit, convert
from hearthd.dialogue.intent import SpokenCommand

_REASONS = {"zero": Reason.ZERO, "root": Reason.ROOT, "large": Reason.TOO_LARGE}


def computed(household: Household, command: SpokenCommand) -> Result:
    """What a sum or a conversion comes to, as ``text``; refused where it comes to nothing."""
    sum_text, conversion_text = _WORDS.get(command.language, _WORDS["en"])
    try:
        if command.name == "calculate":
            found = evaluate(str(command.slots["expression"]))
            text, exact = figures(found.value)
            return Result(text=sum_text(text, exact=exact and found.exact))
        value = Fraction(str(command.slots["value"]))
        unit, into = UNITS[str(command.slots["unit"])], UNITS[str(command.slots["to_unit"])]
        text, exact = figures(convert(value, unit, into))
        return Result(text=conversion_text(figures(value)[0], unit, text, into, exact=exact))
    except SumError as error:
        return Result(Outcome.REFUSED, reason=_REASONS.get(error.reason, Reason.IMPOSSIBLE))
    except (ValueError, KeyError, ZeroDivisionError):
        return Result(Outcome.REFUSED, reason=Reason.IMPOSSIBLE)


def figures(value: Fraction) -> tuple[str, bool]:
    """``value`` in figures, and whether they are exact: no more of them than anybody wants to hear."""
    if value.denominator == 1:
        return f"{value.numerator:,}" if abs(value) >= 10_000 else str(value.numerator), True
    places = 2
    if abs(value) >= 100:
        places = 1
    while abs(value) < Fraction(1, 10 ** (places - 1)) and places < 12:
        places += 1
    rounded = Fraction(round(value * 10**places), 10**places)
    if value.denominator in (2, 4, 5, 8, 10, 20, 25, 40, 50, 100, 125, 200, 250, 500, 1000):
        rounded, places = value, 3  # it ends soon: told whole
    text = f"{float(rounded):,.{places}f}" if abs(rounded) >= 10_000 else f"{float(rounded):.{places}f}"
    return text.rstrip("0").rstrip("."), rounded == value


def _sum_en(text: str, *, exact: bool) -> str:
    """What a sum comes to."""
    return f"That's {'' if exact else 'about '}{text}."


def _conversion_en(value: str, unit: Unit, text: str, into: Unit, *, exact: bool) -> str:
    """What a conversion comes to."""
    said = f"{value} {_counted(value, unit)}"
    verb = "is" if value in {"1", "-1"} or unit.measures == "temperature" else "are"
    return f"{said} {verb} {'' if exact else 'about '}{text} {_counted(text, into)}."


def _counted(figures: str, unit: Unit) -> str:
    return unit.name if figures in {"1", "-1"} and unit.measures != "temperature" else unit.plural


def _sum_zh(text: str, *, exact: bool) -> str:
    """What a sum comes to."""
    return f"{'等于' if exact else '大约等于'}{text}。"


def _conversion_zh(value: str, unit: Unit, text: str, into: Unit, *, exact: bool) -> str:
    """What a conversion comes to."""
    return f"{value}{unit.chinese}{'是' if exact else '大约是'}{text}{into.chinese}。"


_WORDS = {"en": (_sum_en, _conversion_en), "zh": (_sum_zh, _conversion_zh)}


def _as_computed(command: SpokenCommand, result: Result, now: datetime) -> list[str]:
    return [result.text]


ROWS = (
    Row("calculate", computed, _as_computed, _as_computed),
    Row("convert", computed, _as_computed, _as_computed),
)
