"""Whether words heard over a reply are the reply itself: what the canceller left of the speaker's own voice.

A recogniser makes of such residue a garbled part of what was being said: "canning them across the
mountains" of "merchants carried them across the mountains", "河水呼染片成了肌" of "河水忽然变成了金色". So
the words are laid beside what was sounding around that time, at the place where they fit best, and the
letters (or Han) that differ are counted. Of 41 transcripts of residue (four voices) 30 fall below the
bounds here. Of 28 short questions and requests two do beside most parts of that reply ("Louder please"),
four beside the likest one; a person taken for the speaker has to speak for longer, or once more.
"""

from __future__ import annotations

import re

from hearthd.text.duration import SECONDS_PER_UNIT, is_han, units

BEFORE_SECONDS, AFTER_SECONDS = 6.0, 1.0
"""What of the reply may be heard at a moment: the stretch that is judged lasts up to 3 s, the echo and the
pauses come on top."""
LETTERS_DIFFER = 0.47
"""The share of letters that may differ: chance alone leaves 0.5 to 0.65 at the best of 80 places."""
FEW_LETTERS = 8
FEW_DIFFER = 0.25
"""The same of fewer letters than that, which fit anywhere by chance."""
HAN_DIFFER = 0.5
"""The same of Han, of which chance leaves 0.67 to 1."""

_UNIT = re.compile(r"[^\W_]")
_WORD = re.compile(r"[㐀-鿿]|[^\W_㐀-鿿]+")


def nearby(text: str, position: int) -> str:
    """What of ``text`` may be heard when its first ``position`` characters have sounded."""
    back = _reach(text[:position][::-1], BEFORE_SECONDS)
    return text[position - back : position + _reach(text[position:], AFTER_SECONDS)]


def is_own(heard: str, nearby: str) -> bool:
    """Whether ``heard`` is what a recogniser may make of a part of ``nearby``."""
    said = "".join(_UNIT.findall(heard.lower()))
    if not said:
        return False
    han = any(map(is_han, said))
    bound = HAN_DIFFER if han else LETTERS_DIFFER if len(said) >= FEW_LETTERS else FEW_DIFFER
    own = "".join(_UNIT.findall(nearby.lower()))
    if len(said) - len(own) > bound * len(said):  # so many letters more must differ
        return False
    return _edits(said, own) <= bound * len(said)


def stands_in(heard: str, nearby: str) -> bool:
    """Whether the very words of ``heard`` stand in ``nearby``, in this order."""
    words, own = _WORD.findall(heard.lower()), _WORD.findall(nearby.lower())
    places = range(len(own) - len(words) + 1)
    return bool(words) and any(own[first : first + len(words)] == words for first in places)


def _reach(text: str, seconds: float) -> int:
    """How many characters from the beginning of ``text`` are spoken in ``seconds``."""
    left = seconds / SECONDS_PER_UNIT
    for count, character in enumerate(text):
        left -= units(character)
        if left < 0:
            return count
    return len(text)


def _edits(said: str, own: str) -> int:
    """The fewest edits that turn ``said`` into some part of ``own`` (Sellers, 1980)."""
    row = [0] * (len(own) + 1)
    for number, one in enumerate(said, 1):
        before, row[0] = row[0], number
        for column, other in enumerate(own, 1):
            before, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, before + (one != other)),
            )
    return min(row)
