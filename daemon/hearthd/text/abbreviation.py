"""Which full stops end nothing: those of abbreviations, initials, list markers and names like U.S.

A missed end only makes a chunk longer; a wrong one makes the speaker drop its voice in mid-sentence.
So whatever could be an abbreviation is taken for one, but where the next word shows otherwise.
"""

from __future__ import annotations

import re


def words(text: str) -> frozenset[str]:
    """The set of the words that ``text`` lists."""
    return frozenset(text.split())


_ALWAYS = words(
    "dr mr mrs ms mx prof st mt ft gen sen rep gov capt sgt lt col cmdr rev hon pres supt fig figs vol "
    "vols ch sec eq nos approx est dept univ assn vs cf viz e.g i.e eg ie al pp ed eds trans tel ext ave "
    "blvd rd apt inc ltd co corp bros jr sr messrs mme mlle op cit ibid ca tsp tsps tbsp tbsps tbs oz lb lbs "
    "qt qts pkg sq cu fl acct"
)
"""Never the end of a sentence, whatever follows (lower case, without the last full stop)."""

_BEFORE_NUMBER = words("no p jan feb mar apr jun jul aug sep sept oct nov dec art par min max avg ver rm")
"""Abbreviations where a number follows, words (or the end of a sentence) where it does not."""

_BEFORE_CAPITAL_ENDS = frozenset(["etc", "a.m", "p.m", "am", "pm"])
"""The end of a sentence where a capital follows."""

_LAST_WORD = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.)+[^\W\d_]{1,2}$|[^\W\d_]+$")
_LIST_MARKER = re.compile(r"(?:\A|\n|[.!?:;][^\S\n]|[。！？：；])[^\S\n]*\(?(\d{1,2}|[A-Za-z])\Z")


def list_marker(before: str) -> int | None:
    """The number of the list marker that ``before`` ends with ("1" of "1. Open"), or None.

    A marker stands at the start of a line or of a chunk, or after other punctuation; a letter counts 0.
    """
    found = _LIST_MARKER.search(before) if before[-1:].isalnum() else None
    if found is None:
        return None
    return int(found[1]) if found[1].isdigit() else 0


def is_abbreviation(before: str, following: str) -> bool:
    """Whether the full stop between ``before`` and the word that starts with ``following`` is one's."""
    found = _LAST_WORD.search(before[-24:])
    if found is None:
        return False
    word = found[0]
    lower = word.lower()
    if lower in _ALWAYS:
        return True
    if lower in _BEFORE_NUMBER and following.isdigit():
        return True
    if lower in _BEFORE_CAPITAL_ENDS:
        return not following.isupper()
    if "." in word:
        return True
    return len(word) == 1 and word.isupper() and not (word == "I" and before[:-1].strip())
