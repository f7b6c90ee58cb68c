"""A rule of reading: what one kind of thing looks like, and what is said for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Rule(NamedTuple):
    """A pattern and what makes the words of a match."""

    pattern: re.Pattern[str]
    say: Callable[[re.Match[str]], str]
    digitless: bool
    """Whether it may match where there is no digit at all."""


BORDER = "\ue000"
"""Stands between what was said before and the text that is read now (see ``normalizer.speakable``)."""

NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
"""Pattern of a number as written, thousands separators and decimals included."""

_DIGIT = re.compile(r"\d")


def rule(
    pattern: str,
    say: str | Callable[[re.Match[str]], str],
    *,
    digitless: bool = False,
    flags: int = 0,
) -> Rule:
    """A rule; ``say`` makes the words of a match, or is what to write in its place (a template)."""
    if isinstance(say, str):
        template = say
        return Rule(re.compile(pattern, flags), lambda m: m.expand(template), digitless)
    return Rule(re.compile(pattern, flags), say, digitless)


def ascii_rule(pattern: str, say: str | Callable[[re.Match[str]], str], *, digitless: bool = False) -> Rule:
    """A rule for which a letter, digit or space is one of ASCII: beside Han a word begins and ends."""
    return rule(pattern, say, digitless=digitless, flags=re.ASCII)


def read(rules: Sequence[Rule], text: str) -> str:
    """``text`` after every rule in turn.

    Most chunks of a reply hold no digit and most rules are for numbers: 39 of 217 English ones can match
    without, which saves 0.2 ms a chunk. No rule makes a digit.
    """
    digits = _DIGIT.search(text) is not None
    for pattern, say, digitless in rules:
        if digits or digitless:
            text = pattern.sub(say, text)
    return text


def in_quotation(before: str) -> bool:
    """Whether a quotation in straight marks goes on behind ``before``; after a number a mark is an inch."""
    open_ = False
    for found in re.finditer(r'(\d?)"', before):
        open_ = not open_ and not found[1]
    return open_
