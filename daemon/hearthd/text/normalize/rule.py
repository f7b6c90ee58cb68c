"""A rule of reading: what one kind of thing looks like, and what is said for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

BORDER = "\ue000"
"""Stands between what was said before and the text that is read now (see ``normalizer.speakable``)."""

NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
"""Pattern of a number as written, thousands separators and decimals included."""


def rule(pattern: str, say: str | Callable[[re.Match[str]], str], flags: int = 0) -> Rule:
    """A rule; ``say`` makes the words of a match, or is what to write in its place (a template)."""
    if isinstance(say, str):
        template = say
        return re.compile(pattern, flags), lambda m: m.expand(template)
    return re.compile(pattern, flags), say


def ascii_rule(pattern: str, say: str | Callable[[re.Match[str]], str]) -> Rule:
    """A rule for which a letter, digit or space is one of ASCII: beside Han a word begins and ends."""
    return rule(pattern, say, re.ASCII)


def read(rules: Iterable[Rule], text: str) -> str:
    """``text`` after every rule in turn."""
    for pattern, say in rules:
        text = pattern.sub(say, text)
    return text


def in_quotation(before: str) -> bool:
    """Whether a quotation in straight marks goes on behind ``before``; after a number a mark is an inch."""
    open_ = False
    for found in re.finditer(r'(\d?)"', before):
        open_ = not open_ and not found[1]
    return open_
