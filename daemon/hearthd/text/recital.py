"""A model's instructions, said back word for word: no answer.

Small models read sentences of their prompt aloud ("Answer in one or two short sentences."). What a prompt
tells them of the world ("The bins are collected on Tuesday.") may be an answer, and stays.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from collections.abc import Iterable

_ENDS = frozenset(".!?。！？\n")
_STARTS = _ENDS | frozenset(",，:：;；")
"""Behind these a sentence, or what may be one, begins."""
_WHOLE = re.compile(r"[.!?。！？\n]+")
_CLAUSE = re.compile(r"[,，:：;；]+")
_INSTRUCTS = re.compile(
    r"\b(?:you|your|yourself)\b|[你您]"
    r"|(?:^|[,，:：;；])\W*(?:please\s+)?(?:always|never|do\s+not|don't|answer|reply|respond|speak|say|write|use|keep|stay|be"
    r"|avoid|remember)\b"
    r"|(?:^|[,，:：;；])\W*(?:请|不要|别|始终|总是|先|用.*回答)",
    re.IGNORECASE,
)
"""Speaks to the model, not of something."""
MOST_HELD = 500
"""Characters that wait to be told from an instruction, with all the marks and spaces between its letters."""
_FIRST = re.compile(r"^\W*(?:(?:what|that|and|please|always)\b|请)", re.IGNORECASE)
"""May be left out where an instruction is said back."""
_QUOTED = re.compile(r"[\"“「『][^\"”」』]*[\"”」』]|(?<!\w)'[^'\n]*'(?!\w)")
"""What a prompt has its model say."""
LEAST_LATIN, LEAST_HAN = 12, 5
"""Letters of what counts as said back: "Answer in one", 用中文回答. Less may be anything."""


class RecitalFilter:
    """Leaves out of a reply what ends as a sentence and is an instruction, or how one begins.

    Feed it the reply in any pieces. Only what may still become such is held back.
    """

    def __init__(self, told: Iterable[str]) -> None:
        """``told``: the texts that hold the instructions: a prompt, and whatever is added to it."""
        self._told = sorted({key for text in told for key in _instructions(text)})
        self._held = self._key = ""
        self._passing = False
        """Inside what is certainly no instruction."""
        self._last = ""
        """The last character of that: behind a time ("14:05 Answer in English.") a sentence may begin."""

    def feed(self, piece: str) -> str:
        """What of the reply is certain now."""
        if not self._told:
            return piece
        return "".join(map(self._next, piece))

    def flush(self) -> str:
        """The reply is over: what is left of it."""
        held, said = self._held, self._is_told()
        self._held = self._key = ""
        return "" if said else held

    def _next(self, character: str) -> str:
        if self._passing:
            after_number = character == " " and self._last.isdigit()
            self._passing, self._last = character not in _STARTS and not after_number, character
            return character
        if not self._key and not character.isalnum():
            return character
        self._held += character
        self._key += _key(character)
        if character in _ENDS:
            return self.flush()
        return "" if self._may_be_told() and len(self._held) <= MOST_HELD else self._let_go()

    def _let_go(self) -> str:
        """What is held is no instruction, but may hold the beginning of one."""
        held, self._held, self._key = self._held, "", ""
        start = next((at for at, character in enumerate(held, 1) if character in _STARTS), len(held))
        self._passing, self._last = held[start - 1] not in _STARTS, held[start - 1]
        return held[:start] + "".join(map(self._next, held[start:]))

    def _is_told(self) -> bool:
        least = LEAST_LATIN if self._key.isascii() else LEAST_HAN
        return len(self._key) >= least and self._may_be_told()

    def _may_be_told(self) -> bool:
        at = bisect_left(self._told, self._key)
        return at < len(self._told) and self._told[at].startswith(self._key)


@functools.lru_cache(maxsize=64)
def _instructions(text: str) -> frozenset[str]:
    """The keys of the sentences that instruct, and of what stands in them behind a comma or a colon.

    Of each also without a first word like "what": "What the family tells you is true: use it." was said so.
    Kept: a prompt is the same for every reply.
    """
    keys = set()
    for sentence in _WHOLE.split(_QUOTED.sub("\n", text)):
        starts = [0, *(mark.end() for mark in _CLAUSE.finditer(sentence))]
        for clause in (sentence[start:] for start in starts):
            if _INSTRUCTS.search(clause):
                keys |= {_key(clause), _key(_FIRST.sub("", clause))}
    return frozenset(keys)


def _key(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
