"""How long a text takes to say, without saying it.

The unit is one Chinese syllable, about 0.2 s. A Han character, a kana, a hangul syllable and a digit
count one; a letter of an alphabet 0.28 (an English word of five letters is about 0.28 s at an
everyday 175 words a minute); everything else nothing.
"""

from __future__ import annotations

from functools import lru_cache

SECONDS_PER_UNIT = 0.2
"""Seconds of speech to a unit, at a voice's normal speed."""

SLOWEST_UNIT = 0.27
"""The same of a slow voice: how long a clip may become of which only the beginning has been made. Who reckons
with less claims that more of it was heard than was."""

RUNAWAY_FACTOR = 3.0
RUNAWAY_SECONDS = 3.0
"""Three times as slow as anybody speaks, and something for a text of one word."""

LETTER = 0.28
"""Units of one letter of an alphabet."""

_SYLLABLES = (
    (0x3040, 0x30FF),  # kana
    (0x3400, 0x4DBF),  # Han, extension A
    (0x4E00, 0x9FFF),  # Han
    (0xAC00, 0xD7A3),  # hangul
    (0xF900, 0xFAFF),  # Han, compatibility
    (0x20000, 0x323AF),  # Han, extensions B and later
)


def is_han(character: str) -> bool:
    """Whether ``character`` is written without spaces between words (Han, kana, hangul)."""
    code = ord(character)
    return code >= 0x3040 and any(first <= code <= last for first, last in _SYLLABLES)


@lru_cache(maxsize=8192)
def units(character: str) -> float:
    """The spoken length of one character, in units; kept, for a reply asks for it often."""
    if character.isalpha():
        return 1.0 if is_han(character) else LETTER
    return 1.0 if character.isalnum() else 0.0


def spoken_length(text: str) -> float:
    """The spoken length of ``text``, in units; 0 means that there is nothing to say."""
    return sum(map(units, text))


def longest_seconds(text: str, speed: float) -> float:
    """The longest that ``text`` can take at ``speed``; more is a model that repeats itself."""
    return RUNAWAY_SECONDS + RUNAWAY_FACTOR * spoken_length(text) * SECONDS_PER_UNIT / min(speed, 1.0)


def text_language(text: str, language: str) -> str:
    """The language whose voice can say ``text``: "zh" says English words too, "en" knows no Han.

    ``language`` is the answer for a text of neither.
    """
    if any(is_han(character) for character in text):
        return "zh"
    if any(character.isalpha() for character in text):
        return "en"
    return language
