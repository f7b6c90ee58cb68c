"""Which embedded voice says what: a chunk of text -> runs, each one language, short enough to start soon.

A clause with a Chinese character in it belongs to the Chinese voice, its English words included (see
``phonemes``): one voice, one breath. Clauses without any belong to the English voice. Chinese runs begin
short and grow, because Kokoro speaks a run only when it has made all of it: while a run sounds, one
of up to twice its length can be made. The English voice is fast enough to take a sentence whole.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from hearthd.text.duration import is_han, spoken_length

MAX_CHARACTERS = 5000
"""A chunk of a reply has 50; more than this is no chunk."""
_FIRST_UNITS = 6.0
_GROWTH = 2.0
_MAX_UNITS = 40.0
"""No run is longer (8 s): cancelling waits for nothing, but memory and the listener would."""
_CLAUSE = re.compile(r".+?(?:[，。！？；：、…]+[”’」』）》]*|[,.!?;:]+[\"')”’]*(?=\s|$)|\n+|$)", re.DOTALL)
_LONG_PAUSE = re.compile(r"[。！？!?.…\n][”’」』）》\"')\s]*$")
_SHORT_PAUSE = re.compile(r"[，；：、,;:][”’」』）》\"')\s]*$")


class Run(NamedTuple):
    """``text`` in one language, and the seconds of silence that its last punctuation mark is worth."""

    text: str
    language: Literal["en", "zh"]
    pause: float


def split(text: str) -> list[Run]:
    """The runs of ``text``, each with a letter or a digit in it. Raises ValueError over 5000 characters."""
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"{len(text)} characters are no chunk of speech (at most {MAX_CHARACTERS})")
    runs: list[Run] = []
    room = _FIRST_UNITS
    pending = ""
    language: Literal["en", "zh"] = "en"
    for clause in _clauses(text):
        clause_language: Literal["en", "zh"] = "zh" if any(map(_is_said_in_chinese, clause)) else "en"
        if not spoken_length(clause):
            pending += clause
            continue
        full = clause_language == "zh" and spoken_length(pending + clause) > room
        if spoken_length(pending) and (clause_language != language or full or _LONG_PAUSE.search(pending)):
            runs.append(_run(pending, language))
            room = min(_MAX_UNITS, max(room, spoken_length(pending)) * _GROWTH)
            pending = ""
        pending += clause
        language = clause_language
    if spoken_length(pending):
        runs.append(_run(pending, language))
    return runs


def _is_said_in_chinese(character: str) -> bool:
    """Not every code point among the Han characters is one yet."""
    return is_han(character) and spoken_length(character) > 0


def _run(text: str, language: Literal["en", "zh"]) -> Run:
    pause = 0.35 if _LONG_PAUSE.search(text) else 0.15 if _SHORT_PAUSE.search(text) else 0.0
    return Run(" ".join(text.split()), language, pause)


def _clauses(text: str) -> list[str]:
    """``text`` cut behind its punctuation; what has none is cut between words before it grows too long."""
    clauses = []
    for clause in _CLAUSE.findall(text):
        rest = clause
        while spoken_length(rest) > _MAX_UNITS:
            cut = _fitting(rest)
            clauses.append(rest[:cut])
            rest = rest[cut:]
        clauses.append(rest)
    return clauses


def _fitting(text: str) -> int:
    """How many characters of ``text`` make a run of the greatest length, ending between words if they can."""
    cut = next(end for end in range(1, len(text) + 1) if spoken_length(text[:end]) >= _MAX_UNITS)
    space = text.rfind(" ", 1, cut)
    return space + 1 if space > 0 else cut
