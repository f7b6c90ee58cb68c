"""Which part of a text a voice can say: a voice of Chinese and English is silent at kana, Hangul or Cyrillic.

What decides is the script of the letters. Digits, marks and spaces belong to what stands around them. Han in
a sentence of Japanese is Japanese, though each character alone could be read as Chinese: the sentence is one
if kana stand in it again and again, and not only in one quoted word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from hearthd.text.duration import spoken_length

_SCRIPTS = {
    "latin": (
        (0x41, 0x5A), (0x61, 0x7A), (0xAA, 0xAA), (0xBA, 0xBA), (0xC0, 0x2AF), (0x1E00, 0x1EFF),
        (0x2C60, 0x2C7F), (0xA720, 0xA7FF), (0xFB00, 0xFB06), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A),
    ),
    "han": (
        (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF),
        (0x20000, 0x323AF),
    ),
    "kana": ((0x3040, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F)),
    "bopomofo": ((0x3100, 0x312F), (0x31A0, 0x31BF)),
    "hangul": ((0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97F), (0xAC00, 0xD7FF)),
    "greek": ((0x370, 0x3FF), (0x1F00, 0x1FFF)),
    "cyrillic": ((0x400, 0x52F), (0x1C80, 0x1C8F), (0x2DE0, 0x2DFF), (0xA640, 0xA69F)),
}  # fmt: skip
"""Code points of the scripts that are told apart; letters of all others are "other"."""
_OF_LANGUAGE = {
    "en": {"latin"}, "zh": {"han", "bopomofo"}, "yue": {"han", "bopomofo"}, "ja": {"han", "kana"},
    "ko": {"hangul", "han"}, "ru": {"cyrillic"}, "uk": {"cyrillic"}, "bg": {"cyrillic"}, "el": {"greek"},
    "de": {"latin"}, "fr": {"latin"}, "es": {"latin"}, "it": {"latin"}, "pt": {"latin"},
}  # fmt: skip
_SIGNS_OF_FORMULAS = frozenset("αβγδεθλμπσφωΔΩΣ")
"""Greek letters that a voice of any language is given as words."""
_SENTENCE = re.compile(r".+?(?:[。！？!?…\n]+[”’」』）]*|\.(?=\s|$)|$)", re.DOTALL)
_KANA_RUN = re.compile(r"[\u3040-\u30fa\u30fc-\u30ff\uff66-\uff9f]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]{2,}")
_PARTICLE = re.compile(
    r"[\u3400-\u9fff](?:は|が|を|に|で|も|へ|から|まで|です|ます|した|して|する|ない|い|の(?=[\u3400-\u9fff]+(?:は|が|を|に|で)))"
    r"(?=[\u3400-\u9fff、。,.]|\s|$)"
)
"""What no word that Chinese quotes from Japanese looks like."""
_CHINESE_AND_ENGLISH = re.compile(r"[\x00-\x7f\u3400-\u4dbf\u4e00-\u9fff，。！？；：、“”‘’（）《》…—]+")
"""All that most chunks hold. A voice of both says it, whatever stands beside what."""
QUOTED_RUNS = 1
"""So many stretches of kana in a sentence may be words quoted in it; with more of them it is Japanese."""


class Stretch(NamedTuple):
    """A part of a text, and whether it can be said. The parts, joined, are the text."""

    text: str
    sayable: bool


def stretches(text: str, languages: Iterable[str]) -> list[Stretch]:
    """``text`` cut into what a voice of ``languages`` (ISO 639) can say and what it can't."""
    known: set[str] = set().union(*(_OF_LANGUAGE.get(language, {"latin"}) for language in languages))
    if {"latin", "han"} <= known and _CHINESE_AND_ENGLISH.fullmatch(text):
        return [Stretch(text, True)]
    marked = [(c, can) for sentence in _sentences(text) for c, can in _marked(sentence, known)]
    return [
        Stretch("".join(c for c, _ in part), can)
        for can, part in groupby(_neighbours(marked), lambda one: one[1])
    ]


def sayable(text: str, languages: Iterable[str]) -> str:
    """What of ``text`` a voice of ``languages`` can say; "" if that is nothing."""
    kept = "".join(part.text for part in stretches(text, languages) if part.sayable)
    return kept if spoken_length(kept) else ""


def unsayable_length(text: str, languages: Iterable[str]) -> float:
    """The spoken length of what a voice of ``languages`` can't say of ``text``, in units of ``duration``."""
    return sum(spoken_length(part.text) for part in stretches(text, languages) if not part.sayable)


def script_of(letter: str) -> str:
    """The script of a letter: "latin", "han", "kana" ...; "" for what is no letter."""
    code = ord(letter)
    if code < 0x80:
        return "latin" if letter.isalpha() else ""
    for script, ranges in _SCRIPTS.items():
        if any(first <= code <= last for first, last in ranges):
            return script if letter.isalpha() else ""
    return "other" if letter.isalpha() else ""


def _sentences(text: str) -> Iterator[str]:
    return (found[0] for found in _SENTENCE.finditer(text))


def _marked(sentence: str, known: set[str]) -> Iterator[tuple[str, bool | None]]:
    """Each character, and whether it can be said; None where that depends on what stands around it."""
    japanese = "kana" not in known and _is_japanese(sentence)
    for c in sentence:
        script = script_of(c)
        if not script or c in _SIGNS_OF_FORMULAS:
            yield c, None
        else:
            yield c, script in known and not (japanese and script == "han")


def _is_japanese(sentence: str) -> bool:
    """Whether the Han of ``sentence`` are Japanese."""
    runs = _KANA_RUN.findall(sentence)
    kana = sum(map(len, runs))
    han = len(_HAN.findall(sentence))
    return (len(runs) > QUOTED_RUNS and kana * 2 >= han) or _PARTICLE.search(sentence) is not None


def _neighbours(marked: list[tuple[str, bool | None]]) -> Iterator[tuple[str, bool]]:
    """What is no letter goes with the letter before it; at the beginning with the first letter."""
    last = next((can for _, can in marked if can is not None), True)
    for c, can in marked:
        last = last if can is None else can
        yield c, last
