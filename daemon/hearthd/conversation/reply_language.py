"""Which language to answer in: the one asked in, without being thrown by a short or doubtful word."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?")

CERTAIN_HAN = 4
"""Han characters that settle the question by themselves."""
CERTAIN_WORDS = 4
"""English words that do."""
ENOUGH = 2
"""Either, where nothing contradicts."""


def answer_language(heard: str, detected: str, previous: str, allowed: Sequence[str]) -> str:
    """The language (ISO 639-1) to answer ``heard`` in; one of ``allowed``.

    ``detected`` is the recogniser's, ``previous`` the conversation's so far ("" at its start). What is
    written tells more than what was detected: four Han characters are Chinese, whatever English
    names stand among them, and four English words are English. Two of one kind alone settle it when
    the recogniser agrees. Anything shorter ("OK", "no", "嗯", a number) is answered in the
    conversation's language.
    """
    han = len(_HAN.findall(heard))
    words = len(_WORD.findall(heard))
    certain = ""
    if han >= words and (han >= CERTAIN_HAN or (han >= ENOUGH and not words and detected == "zh")):
        certain = "zh"
    elif words > han and (words >= CERTAIN_WORDS or (words >= ENOUGH and not han and detected == "en")):
        certain = "en"
    script = "zh" if han > words else "en" if words else ""
    for language in (certain, previous, detected, script):
        if language in allowed:
            return language
    return allowed[0]
