"""The words that answer a command: from the command and what came of it, in its language.

Pure. Several wordings are equally good and take turns by ``seed``, so that none grates; what matters (which
one, how long, when) is in all of them.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from hearthd.actions import answers_en, answers_zh
from hearthd.actions.arithmetic import SumError, evaluate
from hearthd.actions.result import Outcome, Reason, Result
from hearthd.actions.units import UNITS, convert
from hearthd.dialogue.intent import SpokenCommand

_SAID = {"en": answers_en, "zh": answers_zh}
_REASONS = {"zero": Reason.ZERO, "root": Reason.ROOT, "large": Reason.TOO_LARGE}


def answer(command: SpokenCommand, result: Result, now: datetime, seed: int = 0) -> str:
    """What is said; "" if nothing need be. ``now`` is the household's time, without a zone."""
    words = _SAID.get(command.language, answers_en)
    wordings = words.wordings(command, result, now)
    text = wordings[seed % len(wordings)] if wordings else ""
    return text.replace("m..", "m.")  # "at 7 a.m." ends a sentence by itself


def computed(command: SpokenCommand) -> Result:
    """What a sum or a conversion comes to, as ``text``; refused where it comes to nothing."""
    words = _SAID.get(command.language, answers_en)
    try:
        if command.name == "calculate":
            found = evaluate(str(command.slots["expression"]))
            text, exact = figures(found.value)
            return Result(text=words.sum_text(text, exact=exact and found.exact))
        value = Fraction(str(command.slots["value"]))
        unit, into = UNITS[str(command.slots["unit"])], UNITS[str(command.slots["to_unit"])]
        text, exact = figures(convert(value, unit, into))
        return Result(text=words.conversion_text(figures(value)[0], unit, text, into, exact=exact))
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
