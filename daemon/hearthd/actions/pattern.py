"""Sentence patterns as people write them, read into a tree.

``[please] set (a|the) timer for {seconds}``: what stands in square brackets may be missing, bars separate
choices, ``<name>`` is a part that is defined once, ``{slot}`` is filled by a parser, ``{slot=value}`` fills
it by itself.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from hearthd.text.understand.tokens import tokenize

MAX_PHRASES = 2000
"""A part with more ways to say it is no longer written out."""
MAX_CHARACTERS, MAX_NESTING = 2000, 30
"""Of a pattern, and of its brackets. The longest shipped one has 200 and 4."""

_LEXEME = re.compile(
    r"[\[\]()|]|<(?P<part>[a-z_]+)>|\{(?P<slot>[a-z_]+)(?:=(?P<value>[^{}]*))?\}|[^\[\]()|<>{}]+"
)


class PatternError(Exception):
    """A pattern cannot be read; the message names it and the mend."""


@dataclass(frozen=True, slots=True)
class Words:
    """These words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamedPart:
    """Whatever the part of that name is."""

    name: str


@dataclass(frozen=True, slots=True)
class Slot:
    """What the parser of that name takes."""

    name: str


@dataclass(frozen=True, slots=True)
class Fill:
    """Takes nothing, and fills a slot."""

    name: str
    value: object


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these; an empty one may be missing."""

    choices: tuple[tuple[Item, ...], ...]


Item = Words | NamedPart | Slot | Fill | Choice


def read(pattern: str) -> Choice:
    """The tree of ``pattern``. Raises PatternError."""
    if len(pattern) > MAX_CHARACTERS:
        raise PatternError(f'"{pattern[:60]}...": longer than {MAX_CHARACTERS} characters: make it several')
    lexemes = list(_LEXEME.finditer(pattern))
    if "".join(found.group() for found in lexemes) != pattern:
        raise PatternError(f'"{pattern}": a bracket that is not closed, or an unknown sign in it')
    if "?" in pattern:
        raise PatternError(f'"{pattern}": what may be missing stands in square brackets, without "?"')
    tree, end = _choice(pattern, lexemes, 0, MAX_NESTING)
    if end != len(lexemes):
        raise PatternError(f'"{pattern}": one "{lexemes[end].group()}" too many')
    return tree


def _choice(pattern: str, lexemes: Sequence[re.Match[str]], at: int, levels: int) -> tuple[Choice, int]:
    """What stands up to a closing bracket or the end, which is returned, too; ``levels`` may be in it."""
    if levels < 0:
        raise PatternError(f'"{pattern[:60]}...": brackets in more than {MAX_NESTING} others')
    choices: list[tuple[Item, ...]] = []
    items: list[Item] = []
    while at < len(lexemes) and (said := lexemes[at].group()) not in {")", "]"}:
        lexeme = lexemes[at]
        at += 1
        if said == "|":
            choices.append(tuple(items))
            items = []
        elif said in {"(", "["}:
            inner, at = _choice(pattern, lexemes, at, levels - 1)
            if at >= len(lexemes) or lexemes[at].group() != (")" if said == "(" else "]"):
                raise PatternError(f'"{pattern}": a "{said}" that is not closed')
            at += 1
            items.append(Choice((*inner.choices, ())) if said == "[" else inner)
        elif lexeme["part"]:
            items.append(NamedPart(lexeme["part"]))
        elif lexeme["slot"]:
            value = lexeme["value"]
            items.append(Slot(lexeme["slot"]) if value is None else Fill(lexeme["slot"], _constant(value)))
        elif words := _words(said):
            items.append(Words(words))
    return Choice((*choices, tuple(items))), at


@cache
def _words(said: str) -> tuple[str, ...]:
    return tuple(token.text for token in tokenize(said, whole=False))


def _constant(written: str) -> object:
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return written


def phrases(tree: Choice, part: Callable[[str], Choice]) -> list[tuple[str, ...]] | None:
    """Everything that can be said for ``tree``; None if a slot is in it, or it is too much.

    ``part``: the tree of a part.
    """
    try:
        return _phrases(tree, part)
    except (_NotOnlyWordsError, RecursionError):
        return None


def may_be_missing(item: Item, part: Callable[[str], Choice]) -> bool:
    """Whether ``item`` can be said without a word. ``part``: the tree of a part."""
    match item:
        case Fill():
            return True
        case NamedPart(name):
            return may_be_missing(part(name), part)
        case Choice(choices):
            return any(all(may_be_missing(inner, part) for inner in choice) for choice in choices)
    return False


class _NotOnlyWordsError(Exception):
    pass


def _phrases(item: Item, part: Callable[[str], Choice]) -> list[tuple[str, ...]]:
    match item:
        case Words(words):
            return [words]
        case NamedPart(name):
            return _phrases(part(name), part)
        case Choice(choices):
            found: dict[tuple[str, ...], None] = {}
            for choice in choices:
                each = [_phrases(inner, part) for inner in choice]
                for said in itertools.product(*each):
                    found[tuple(itertools.chain.from_iterable(said))] = None
                    if len(found) > MAX_PHRASES:
                        raise _NotOnlyWordsError
            return list(found)
    raise _NotOnlyWordsError
