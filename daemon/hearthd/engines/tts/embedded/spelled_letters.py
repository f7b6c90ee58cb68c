"""How letters sound that are said one by one: "the U S B port", "A I", "plan A".

``normalize.acronym`` writes an acronym's letters apart. hibari's G2P then takes every "A" for the article and
every "I" for the pronoun, and stresses each letter as a word of its own. So a run of letters is handed
to it together with its phonemes: one word, the stress on its last letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hearthd.text.normalize.acronym import is_spelled

_RUN = re.compile(r"\b(?:[AP] M(?= I [a-z])|[A-Z](?: [A-Z])+)\b(?:['’]s\b)?")
_CALLED = re.compile(
    r"(?i:\b(?:plan|grade|type|vitamin|group|class|section|team|option|level|gate|track|hepatitis|exhibit|unit"
    r"|side|letter|block)) (A)\b(?! [a-z]+ (?:of|for)\b)"
)
"""Things that have a letter for a name: their A is no article."""
_AMBIGUOUS = {"A": "ˈA", "I": "ˈI"}


class SpellingG2P:
    """hibari's G2P for text with spelled letters in it. ``g2p`` is its own."""

    def __init__(self, g2p: Callable[[str], str]) -> None:
        self._g2p = g2p

    def __call__(self, text: str) -> str:
        """The phonemes of ``text``; a letter alone is its name."""
        if len(text) == 1 and text.isalpha():
            return self._name(text.upper())
        text = _RUN.sub(lambda found: self._run(found[0]), text)
        return self._g2p(_CALLED.sub(lambda found: found[0][:-1] + self._link("A"), text))

    def _run(self, letters: str) -> str:
        """A run of letters; the article that some begin with is none of them."""
        rest = letters.removeprefix("A ")
        if rest == letters or is_spelled(_bare(letters).replace(" ", "")):
            return self._link(letters)
        return "A " + (self._link(rest) if " " in rest else rest)

    def _link(self, letters: str) -> str:
        """``letters`` with their phonemes, as the G2P takes them."""
        *sounds, last = [self._name(letter) for letter in _bare(letters).split()]
        said = "".join(sound.replace("ˈ", "ˌ") for sound in sounds) + last
        if letters != _bare(letters):
            said += "ᵻz" if last[-1] in "sʧ" else "s" if last[-1] in "fk" else "z"
        return f"[{letters}](/{said}/)"

    def _name(self, letter: str) -> str:
        return _AMBIGUOUS.get(letter) or self._g2p(letter)


def _bare(letters: str) -> str:
    """``letters`` without the mark of the plural."""
    return letters[:-2] if letters[-2:] in ("'s", "’s") else letters
