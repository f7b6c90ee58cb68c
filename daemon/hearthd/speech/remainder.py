"""Where in a sentence a voice was when it broke off: what is still to be said by another voice.

A clip that breaks while it sounds cannot be taken back. How far it came is only known in seconds, so
the place is found by spoken length and then moved to where a voice can start afresh: the nearest
clause if there is one close by, else the nearest beginning of a word.
"""

from __future__ import annotations

from hearthd.text.duration import is_han, spoken_length, units

CLAUSE_MARKS = frozenset(",.;:!?，。；：！？、…\n")
NEAR_UNITS = 4.0
"""A clause that begins within this (0.8 s) of the place is where the other voice starts."""


def rest_of(text: str, spoken_units: float) -> str:
    """What is left of ``text`` after about ``spoken_units`` (``text.duration``) of it; "" if nothing is."""
    best: tuple[float, int] | None = None
    reached = 0.0
    for offset, character in enumerate(text):
        if offset == 0 or _starts_word(text, offset):
            clause = offset > 0 and _after_clause(text, offset)
            distance = abs(reached - spoken_units) - (NEAR_UNITS if clause else 0.0)
            if best is None or distance < best[0]:
                best = (distance, offset)
        reached += units(character)
    if best is None or abs(reached - spoken_units) < best[0]:
        return ""  # nothing to say, or the end of the text is nearer than any beginning
    rest = text[best[1] :].strip()
    return rest if spoken_length(rest) > 0 else ""


def _starts_word(text: str, offset: int) -> bool:
    here, before = text[offset], text[offset - 1]
    if not here.isalnum():
        return False
    return is_han(here) or is_han(before) or not (before.isalnum() or before in "'’.-")


def _after_clause(text: str, offset: int) -> bool:
    before = text[:offset].rstrip(" \"'”’）)」』")
    return bool(before) and before[-1] in CLAUSE_MARKS
