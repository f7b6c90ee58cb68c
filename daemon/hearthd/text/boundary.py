"""What a run of punctuation ends: nothing, a clause, a sentence, a line or a paragraph."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from hearthd.text.abbreviation import is_abbreviation, list_marker
from hearthd.text.duration import is_han


class Strength(IntEnum):
    """How good a place to cut is; the first four only where nothing better comes."""

    WORD = 0
    ENUMERATION = 1
    PREPOSITION = 2
    CONJUNCTION = 3
    CLAUSE = 4
    SENTENCE = 5
    LINE = 6
    PARAGRAPH = 7


PAUSE = {
    Strength.WORD: 0.0,
    Strength.ENUMERATION: 0.1,
    Strength.PREPOSITION: 0.0,
    Strength.CONJUNCTION: 0.1,
    Strength.CLAUSE: 0.2,
    Strength.SENTENCE: 0.4,
    Strength.LINE: 0.5,
    Strength.PARAGRAPH: 0.7,
}
"""Seconds of silence after each."""

LONG_CLAUSE = 0.3
"""Seconds of silence after a colon, a semicolon, an ellipsis or a dash."""

ENDERS = "。！？｡.!?…"
CLAUSES = "，；：,;:—–"
CLOSERS = "”’」』）】》〉〕)]}»›'\""
_PLACE = re.compile(r"\S\s+[A-Z]\w+$")
"""Before a comma and a capital: "in Atlanta, Georgia" goes on."""

_FROM_NUMBER = re.compile(
    r"(?i)(?:[\d%‰°℃\"'″′]|\d\s?(?:[a-zµ²³/]{1,6}|[ap]\.\s?m)\.?|\d[\u4e00-\u9fff]{1,2}|半)\s*$"
)
_FROM_NAME = re.compile(
    r"(?:\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
    r"(?:\s\d{1,2}(?:st|nd|rd|th)?)?|(?:周|星期|礼拜)[一二三四五六日天])\s*$"
)
"""Before a dash: from this number or day to the next."""
_HAN_ENDERS = "。！？｡"
_HAN_CLAUSES = "，；：—"


@dataclass(frozen=True, slots=True)
class Boundary:
    """An end: how strong, and the seconds of silence that belong there."""

    strength: Strength
    pause: float


_CLAUSE = Boundary(Strength.CLAUSE, PAUSE[Strength.CLAUSE])
_LONG = Boundary(Strength.CLAUSE, LONG_CLAUSE)
_SENTENCE = Boundary(Strength.SENTENCE, PAUSE[Strength.SENTENCE])


def boundary(before: str, run: str, following: str) -> Boundary | None:
    """What ``run`` ends, standing between ``before`` and the character ``following`` ("" at the end).

    A run is marks and closing quotes or brackets, then white space; either part may be missing.
    """
    marks = run.rstrip()
    ends = _marks_end(before, marks, following, spaced=len(marks) < len(run) or not following)
    lines = run.count("\n")
    if not lines:
        return ends
    if ends is None and marks.endswith((".", ")")) and list_marker(before) is not None:
        return None
    strength = Strength.PARAGRAPH if lines > 1 else Strength.LINE
    return Boundary(strength, PAUSE[strength])


def _marks_end(before: str, marks: str, following: str, *, spaced: bool) -> Boundary | None:
    """What the marks end, line breaks left aside."""
    bare = marks.rstrip(CLOSERS) if len(marks) > 1 else marks
    closed = len(bare) < len(marks)
    if any(mark in _HAN_ENDERS for mark in bare):
        return _SENTENCE
    last = before[-1:]
    beside_han = bool(last and is_han(last)) or bool(following and is_han(following))
    if bare.count(".") > 2 or "…" in bare:
        return _LONG if spaced or beside_han or following.isalpha() else None
    if any(mark in ".!?" for mark in bare):
        return _ascii_end(before, bare, following, loose=spaced or beside_han, closed=closed, spaced=spaced)
    if bare == "," and following.isupper() and _PLACE.search(before):
        return None
    if bare in ("–", "—") and _is_range(before, following):
        return None
    return _clause_end(last, bare, following, loose=spaced or beside_han, spaced=spaced)


def _is_range(before: str, following: str) -> bool:
    """Whether a dash between them says from … to …."""
    tail = before[-16:]
    if following.isdigit() or following in "$€£¥￥第-−":
        return bool(following) and _FROM_NUMBER.search(tail) is not None
    return (following.isupper() or following in "周星礼上下晚早中次") and bool(
        _FROM_NAME.search(tail) or (is_han(following) and _FROM_NUMBER.search(tail))
    )


def _ascii_end(
    before: str, bare: str, following: str, *, loose: bool, closed: bool, spaced: bool
) -> Boundary | None:
    """Whether an ASCII full stop, question or exclamation mark ends a sentence."""
    if not loose:
        return None
    if bare != ".":
        return None if closed and following.islower() else _SENTENCE
    if not spaced and not is_han(before[-1:] or " ") and before[-1:].isdigit():
        return None
    if list_marker(before) is not None and following:
        return None
    if following and (is_abbreviation(before, following) or (following.islower() and following.isascii())):
        return None
    return _SENTENCE


def _clause_end(last: str, bare: str, following: str, *, loose: bool, spaced: bool) -> Boundary | None:
    """Whether a comma, colon, semicolon or dash ends a clause."""
    mark = bare[:1]
    if last.isdigit() and following.isdigit() and (not spaced or mark == ","):
        return None
    if mark == "–" or (mark == "—" and len(bare) == 1):
        return _LONG if spaced or mark == "—" else None
    if mark in _HAN_CLAUSES or loose:
        return _CLAUSE if mark in "，," else _LONG
    return None
