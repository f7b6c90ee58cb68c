"""The words of an utterance, as the recogniser or a person writes them: tokens to compare.

A token is a word in small letters, a Han character, a number as written ("7:30", "1,250") or a sign that
means something between numbers. Punctuation is dropped; that one stood there is kept (``after_pause``).
Contractions are taken apart ("what's" is "what is"), and hesitations are left out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_CHARACTERS = 300
"""Nobody says more in one breath; what is longer is no command, and nothing is spent on it."""


@dataclass(frozen=True, slots=True)
class Token:
    """``text`` as compared; it stands at the characters ``start`` to ``end`` of the utterance."""

    text: str
    start: int
    end: int
    after_pause: bool = False
    """A punctuation mark stands before it."""


_TOKEN = re.compile(
    r"(?P<meridiem>(?<=\d)\s*[ap]\.?m\b\.?|\b[ap]\.\s?m\b\.?)"
    r"|(?P<number>\d{1,2}:\d{2}(?::\d{2})?(?!\d)|\d+(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?)"
    r"|(?P<han>[\u3400-\u9fff\uf900-\ufaff〇])"
    r"|(?P<word>[^\W\d_\u3400-\u9fff\uf900-\ufaff〇]+(?:['’][^\W\d_]+)?)"
    r"|(?P<sign>[^\w\s])|(?P<other>_)"
)
_CONTRACTIONS = {
    "nevermind": "never mind", "gonna": "going to", "wanna": "want to", "gimme": "give me",
    "gotta": "have got to",
    "tmrw": "tomorrow", "u": "you",
    "lemme": "let me", "cannot": "can not", "okay": "ok", "pls": "please", "thx": "thanks",
    "lets": "let us", "whats": "what is", "dont": "do not", "cant": "can not", "im": "i am",
    "everyday": "every day", "alright": "all right", "anymore": "any more",
    "let's": "let us", "can't": "can not", "won't": "will not", "shan't": "shall not",
}  # fmt: skip
_ENDINGS = (
    ("n't", "not"), ("'re", "are"), ("'ve", "have"), ("'ll", "will"), ("'d", "would"), ("'m", "am"),
)  # fmt: skip
_IS = frozenset({
    "what", "where", "when", "who", "how", "that", "it", "there", "here", "he", "she", "which", "timer",
    "alarm", "time", "day", "date",
})  # fmt: skip
"""Words after which 's is "is"; after others it is a genitive ("today's")."""
_ALIKE = {"啥": "什么", "咱": "我", "俺": "我", "您": "你", "甭": "不用"}
"""Characters that are other words for the same."""
_HESITATION = re.compile(r"u+h*m+|u+h+|e+r+m*|h+m+|m{2,}|[嗯呃唔欸诶]")
_PARTICLES = "额啊呀哦噢喔哎唉嘛呐咯啦哈"
"""Left out at the end of a clause, where they mean nothing."""
_SIGNS = {"×": "*", "✕": "*", "∗": "*", "–": "-", "—": "-", "⁄": "/", "∕": "/", "&": "and"}
_APART = {"-": "−", "/": "÷"}
"""With a space before it, it means to subtract or to divide; without ("9/11", "555-1234") perhaps not."""
_MEANINGFUL = "+-−*/÷=^%°√²³$€£¥@#<>"
"""Signs that are kept; all others are punctuation."""


def tokenize(text: str, *, whole: bool = True) -> list[Token]:
    """The tokens of ``text``; none if it is longer than ``MAX_CHARACTERS``.

    ``whole``: it is all that was said, so that a particle at its end means nothing.
    """
    if len(text) > MAX_CHARACTERS:
        return []
    plain = _plain(text)
    tokens: list[Token] = []
    pause, end = False, -1
    for match in _TOKEN.finditer(plain):
        kind, said, start = match.lastgroup, match.group(), match.start()
        joined = start == end
        end = match.end()
        if kind == "sign":
            sign = _SIGNS.get(said, said)
            between_words = sign == "-" and _touches_letters(plain, match)
            if sign in _APART and not joined and not between_words:
                sign = _APART[sign]
            if sign not in _MEANINGFUL and sign != "and":
                pause = pause or sign not in "'\"’‘“”"
            elif not between_words:
                tokens.append(Token(sign, start, end, pause))
                pause = False
            continue
        if kind in {"word", "han"}:
            if _HESITATION.fullmatch(said):
                continue
            words = list(_ALIKE.get(said, said)) if kind == "han" else _words(said)
        else:
            words = ["am" if said.strip()[0] == "a" else "pm"] if kind == "meridiem" else [said]
        for word in words:
            tokens.append(Token(word, start, end, pause))
            pause = False
    return [token for i, token in enumerate(tokens) if not (whole and _is_particle(tokens, i))]


def texts(text: str) -> list[str]:
    """Only the words of ``tokenize``."""
    return [token.text for token in tokenize(text)]


def _plain(text: str) -> str:
    """Small letters, full-width characters narrow; every character keeps its place."""
    return "".join(map(_plain_character, text))


def _plain_character(character: str) -> str:
    if character in "’‘":
        return "'"
    if character in "²³":  # superscripts mean a power
        return character
    plain = unicodedata.normalize("NFKC", character).lower()
    return plain if len(plain) == 1 else character.lower()[:1] or character


def _touches_letters(plain: str, match: re.Match[str]) -> bool:
    """Whether the sign joins words ("twenty-five", "10-minute")."""
    before, after = plain[: match.start()][-1:], plain[match.end() :][:1]
    return before.isalpha() or after.isalpha()


def _words(said: str) -> list[str]:
    if said in _CONTRACTIONS:
        return _CONTRACTIONS[said].split()
    for ending, word in _ENDINGS:
        if said.endswith(ending) and len(said) > len(ending):
            return [said.removesuffix(ending), word]
    if said.endswith("'s") and said[:-2] in _IS:
        return [said[:-2], "is"]
    return [said]


def _is_particle(tokens: list[Token], index: int) -> bool:
    last = index + 1 == len(tokens) or tokens[index + 1].after_pause
    return last and tokens[index].text in _PARTICLES and len(tokens) > 1
