"""One chunk of plain text as a voice can say it: numbers, signs and capitals in words.

``speakable`` decides for each stretch which language it is read in (in a Chinese reply English words
stay English, the numbers beside them are Chinese; an English sentence quoted in it is read as English)
and hands it to ``rules_en`` or ``rules_zh``.

Why our own rules, and not a library. "Right": share of this project's first 900 golden pairs
(tests/text/golden) that it reads as they do, differences of taste (an "and", 两 for 二) and punctuation
left aside:

=============  =======  =======  ====================  ==============================================
package        licence  size     import, then memory   what it does here
=============  =======  =======  ====================  ==============================================
wetext 0.1.8   Apache   48 MB    0.6 s, 42 MB          right: Chinese 70 %, English 56 %, mixed 59 %;
                                                       misses v2.0.1, 1990s, Louis XIV, cents, capitals;
                                                       5 ms a sentence
cn2an 0.5      MIT      0.2 MB   0.2 s, 8 MB           words of a number only: no context, no 两
num2words 0.5  LGPL     0.6 MB   0.14 s, 5 MB          words of a number only: forty lines replace it
these modules  ours     0.06 MB  0.1 s, on the first   all of them; 0.1 to 1 ms a sentence
                                 digit
=============  =======  =======  ====================  ==============================================

None of them streams; a chunk is a clause at least, so nothing has to. The hard part is not the words
of a number but what the number is (a year, a count, a telephone), and that is context in two scripts.
"""

from __future__ import annotations

import re

from hearthd.text.duration import is_han
from hearthd.text.normalize import numbers_en, numbers_zh
from hearthd.text.normalize.rule import BORDER
from hearthd.text.normalize.written import one_spelling

_PLAIN = re.compile(r"[^\d%°#&@+=*/\\<>|~_^$€£¥²³√π℃±×÷≤≥≠≈A-Z.‰∞→↑↓∠△⊥∫∈⁻α-ωΩΔ-]*")
_PIECE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]+")
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ÿ]+(?:['-][A-Za-zÀ-ÿ]+)*")
_ADDRESS = re.compile(r"[\w-]*[A-Za-z0-9][.@/:]+[A-Za-z0-9][\w./:@-]*")
_MEASURED = re.compile(
    r"\d\s?[A-Za-z]{1,4}(?:/[a-z]+)?(?![A-Za-z])"
    r"|\b[A-Za-z]{1,2}(?=\s?[=+^])|(?<=[=+^])[A-Za-z]{1,2}\b|(?<=[=+^]\s)[A-Za-z]{1,2}\b"
)
"""A number and its unit, or the names in a formula: no word of either language."""
_MODEL = re.compile(r"(?<=[A-Za-z])(-?\d+(?:\.\d+)?)-(?=\d+(?:\.\d+)?[A-Za-z])")
"""The hyphen in the name of a product: Qwen2.5-7B."""
_QUOTED_WORDS = 3
"""So many English words in a row, not all of them names, are a quotation, its numbers English."""

CONTEXT_CHARS = 40
"""How much of what came before is looked at."""
_NUMBER_SOON = re.compile(r"\D{0,12}\d")
_ENDLESS = re.compile(r"\d{25,}|\d{1,3}(?:,\d{3}){7,}")
"""More digits than any rule knows: read first, for each rule would look at every one for the rest of all."""
_LIST_MARKER = re.compile(r"(?m)^\s*\(?(\d{1,2})(?:[.)、]|）)\s*(?=\D)")


def speakable(text: str, language: str, *, before: str = "") -> str:
    """``text`` (a clause or more) in words only, to be said in a reply whose language is "en" or "zh".

    ``before``: what the reply said just before it, as it was written. A chunk ends at a colon, and what
    the number after it is (a telephone, a year, a price) was told by the word in front of the colon.

    The result has no digits, signs, quotation marks or line breaks; "" if there is nothing to say.
    """
    read_digits = numbers_zh.digits if language == "zh" else numbers_en.digits
    text = _ENDLESS.sub(lambda m: read_digits(m[0]), text)
    text = _LIST_MARKER.sub(r"\1, ", one_spelling(text))
    if before and _NUMBER_SOON.match(text):
        context = one_spelling(before[-CONTEXT_CHARS:].rpartition("\n\n")[2])
        border = _words(context + BORDER + text, language).rpartition(BORDER)
        if border[1]:
            return _tidy(border[2])
    return _tidy(_words(text, language))


def _words(text: str, language: str) -> str:
    """``text`` in words, its punctuation and spaces still as they come."""
    text = _MODEL.sub(r"\1, ", text)
    return "".join(_read(zone, zone_text) for zone, zone_text in _zones(text, language))


def prepare() -> None:
    """Compile the rules of both languages now (0.1 to 0.2 s, 1 MB), so that no reply waits for it."""
    for language in ("en", "zh"):
        speakable("1", language)


def language_runs(text: str) -> list[tuple[str, str]]:
    """``text`` cut by script into ("zh" | "en", text), for voices that speak one language.

    Spaces and punctuation stay with what is before them, opening quotes and brackets with what follows.
    The texts, joined, are ``text``.
    """
    runs: list[tuple[str, str]] = []
    neutral = ""
    for c in text:
        if not c.isalpha():
            neutral += c
            continue
        language = "zh" if is_han(c) else "en"
        opening = len(neutral) - len(neutral.rstrip("“‘「『《（([{\"'¿¡")) if neutral else 0
        keep, neutral = (neutral[:-opening], neutral[-opening:]) if opening else (neutral, "")
        if runs and runs[-1][0] == language:
            runs[-1] = (language, runs[-1][1] + keep + neutral + c)
        else:
            if runs:
                runs[-1] = (runs[-1][0], runs[-1][1] + keep)
                keep = ""
            runs.append((language, keep + neutral + c))
        neutral = ""
    if neutral and runs:
        runs[-1] = (runs[-1][0], runs[-1][1] + neutral)
    elif neutral.strip():
        runs.append(("en", neutral))
    return runs


def _read(language: str, text: str) -> str:
    """A stretch of one language in words."""
    if _PLAIN.fullmatch(text):
        return text
    if language == "zh":
        from hearthd.text.normalize.rules_zh import read_chinese

        return read_chinese(text)
    from hearthd.text.normalize.rules_en import read_english

    return read_english(text)


def _zones(text: str, language: str) -> list[tuple[str, str]]:
    """``text`` cut by the language that its numbers and signs are read in."""
    zones: list[tuple[str, str]] = []

    def add(zone: str, piece: str) -> None:
        if zones and zones[-1][0] == zone:
            zones[-1] = (zone, zones[-1][1] + piece)
        elif piece:
            zones.append((zone, piece))

    end = 0
    for han in [*_PIECE.finditer(text), None]:
        between = text[end : han.start() if han else len(text)]
        after_han, before_han = end > 0, han is not None
        if _is_english(between, language, beside_han=after_han or before_han):
            first = re.match(r"[-\d.,:%]*\d[%℃]?" if after_han else r"(?!)", between)
            last = re.search(r"[$¥€£]?\d[-\d.,:/]*$" if before_han else r"(?!)", between)
            start, stop = first.end() if first else 0, last.start() if last else len(between)
            add("zh", between[:start])
            add("en", between[start:stop])
            add("zh", between[max(start, stop) :])
        else:
            add("zh", between)
        if han:
            add("zh", han[0])
            end = han.end()
    return zones


def _is_english(between: str, language: str, *, beside_han: bool) -> bool:
    """Whether what stands between two stretches of Han is read as English."""
    found = _LATIN_WORD.findall(_MEASURED.sub("", _ADDRESS.sub("x", between)))
    if language == "en":
        return bool(found) or not beside_han or " " in between.strip(" ") or not re.search(r"\d", between)
    return len(found) >= _QUOTED_WORDS and any(len(word) > 1 and word.islower() for word in found)


def _tidy(text: str) -> str:
    """``text`` with the punctuation that a voice understands, and single spaces."""
    text = re.sub(r"(?<=[^\W_])[^\S\n]*\n+\s*", _stop, text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"[“”\"「」『』《》〈〉«»\[\]{}`]|(?<!\w)'|'(?!\w)", "", text)
    text = re.sub(r"[©®™]|(?<=[.。!?！？])\s*[:：]", "", text)
    text = re.sub(r"\s*[（(]\s*([^（）()]*?)\s*[）)]\s*", _aside, text)
    text = re.sub(r"[（()）]", " ", text)
    text = re.sub(r"\s*——\s*|(?<=[\u3400-\u9fff])\s*[—–]\s*", "，", text)
    text = re.sub(r"\s*—\s*|\s[-–]+\s", ", ", text)
    text = re.sub(r"[•·●■–−](?!\w)|(?<!\w)-+(?!\w)", " ", text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(
        r"(?<=[\u3400-\u9fff，。！？；：、]) (?=[\u3400-\u9fff，。！？；：、])| (?=[，。！？；：、,.!?;:…])",
        "",
        text,
    )
    text = re.sub(r"(?<=[，。！？；：、]) ", "", text)
    text = re.sub(r"(?<=[\u3400-\u9fff]),\s*", "，", text)
    text = re.sub(r"([,，、])(?:\s*[,，、])+", r"\1", text)
    text = re.sub(r"[,.](?=[，。！？；：])|(?<=[a-z])\.(?=[\u3400-\u9fff])", "", text)
    text = re.sub(
        r"[,，、]+(?=[,，。.!！?？;；:：])(?!\.\w)|(?<=[。！？；：，])[,，]+|(?<=[.!?;:,])\s*[,，]+", "", text
    )
    return text.strip().lstrip(" ,.;:!?，。；：！？、…-–—~").rstrip(" ")


def _stop(m: re.Match[str]) -> str:
    """What a line break says that no punctuation stands before."""
    return "。" if is_han(m.string[m.start() - 1]) else ". "


def _aside(m: re.Match[str]) -> str:
    """What stands in brackets, between commas."""
    around = m.string[max(0, m.start() - 1) : m.end() + 1]
    comma = "，" if any(map(is_han, around)) else ", "
    return comma + m[1] + (comma if m.end() < len(m.string) else "")
