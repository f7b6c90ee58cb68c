"""Does the transcript hold the wake phrase? The second opinion on a wake, and the way to the question.

The wake word's network takes "Hey Travis" (0.98), "A Lexus" (1.0) and "Hey Minecraft" (1.0) for its
words; the recogniser does not. But it writes the phrase as it likes: "Hay Jarves", "Hey Javis", and
before a Chinese sentence 黑炸威斯, 黑咒尔威斯, 黑Zarvis (Whisper base, eight Mandarin voices; English
voices: 28 of 28 "Hey Jarvis"). An owner who is not answered is worse off than one who is asked too
often, so this compares sounds, not letters:

* **Latin words** by their consonants, alike ones made the same, an r that no vowel follows left out:
  Jarvis, Javis, Jervis, Zarvis, "Hage Arvis" are ``jvs``; Travis is ``trvs``, Alexis ``lks`` + ``s``.
  A word of vowels (hey, hay, a, 嘿, 黑) stands for any other. Before Chinese, where Whisper guesses
  at a foreign name, the name's last consonants are enough ("Hey, Service,给我讲一个故事").
* **Chinese characters** by listed transliterations of the words that hearthd ships; an owner's own
  phrase may differ in one character of four (小智, 小志).

The phrase may stand a few words in: the audio begins 1.5 s before the phrase ended.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

LIKELY = {"hey mycroft": -3.4, "alexa": -1.85, "hey marvin": -3.4}
LIKELY_OTHERWISE = -2.4
"""A recogniser that is told what to expect gives the name's tokens this mean log-likelihood where it is said.

It depends on how well the recogniser knows the name. Whisper base on the wake stretch alone, real people and
15 voices (8 Mandarin) at two speeds, the name's tokens after its greeting: "Jarvis" -1.4 to 0 (of 30 near
misses that woke the network, "Hey Travis" and the like, one was above -2.6, "Hey, Jar of this"); "Alexa"
-1.8 to 0 but for 6 of 80 ("Alexis", "A Lexus": 1 of 16 above); "Marvin" -1.4 to 0 but for 2 of 40, one of
them -3.04 (near misses -4.1 at most); "Mycroft" -3.2 to -0.9 but for 3 of 48, where "Hey Minecraft", "Hey
Microsoft" and "Hey Michael" have -3.5 and less. "Hey my craft" is taken where it is written so: a recogniser
writes "Hey Mycroft" like that, too."""
SOUND_WEIGHT, ENOUGH = 0.5, 0.5
"""Where a network of its own judges the sound (``engines.wake_word.second_ear``), half of its log-odds is
added to how far the likelihood is above its bound, and the sum must be so much. "Hey Mycroft" by 15 voices
that the network does not know, and four recorded people: 1.0 to 6.5, where the likelihood alone missed two
voices and one person. Of 42 "Hey Minecraft", "Hey Microsoft" and "Hey Michael" none is above -0.1 (the
likelihood alone took one), of 14 "Hey my craft" 4 are. Weight and bound were chosen on the English voices:
the lowest call there has 1.9, the highest near miss -0.17."""
SOUNDS_SURE = 0.95
"""Log-odds of 2.9: 16 of the 19 calls reach it, and 1 of the 42 near misses."""

LATEST_START = 8
"""The phrase begins within so many words (or Chinese characters): 1.5 s hold no more before it."""
HEAD_CHARS = 400
"""So much of a text is looked at for the phrase, and for what is told twice: eight words are far shorter, and
a text of any length may come (typed, or of a recogniser that has gone astray)."""
MAX_CALLS = 4
"""So often the phrase is taken from the front; whoever says it more often has no other question."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_GREETING = "嘿黑黒嗨哎诶欸喂嗐海"
_GREETED = re.compile(r"(h[ae][iy](?=[a-z]{4})|ha(?=ge$))([a-z]+)")
"""A greeting that was written together with the name: "HAYZARVICE", "Hage Arvis"."""
_FILLER = re.compile(
    r"[\s,.!?;:，。！？；：、…—-]*"
    r"(?:(?:u+h*m+|u+h+|e+r+m*|h+m+|m{2,}|a+h+|well)\b|[嗯呃额唔哦噢啊]+|(?:那个|就是)(?=[\s,，、…]))?",
    re.IGNORECASE,
)

_CHINESE = {
    "hey jarvis": rf"(?:[{_GREETING}]|\bh[ae][iy]\b)\W{{0,2}}"
    # 贾 (the film's translation), and what Whisper writes for "jar": zha, zhao, zhan, zhou, jia, jiao
    "(?:[贾佳加家甲假嘉杰詹占沾毡站展战张章账帐掌照赵召罩招找昭兆周州咒皱扎炸詐诈渣乍眨札抓爪咱"
    "胶焦交娇茶查差哲折遮宅窄摘斋]|[这者着在](?=[尔儿耳二2]))"
    r"[尔儿耳爾二2]?\W?(?:[维維威为為位尾未卫微伟韦唯味魏妃非飞菲妙被]?[斯司思丝死四子士师试是]|[为為位未被的们]|音乐|-?v[a-z]*)?",
    "alexa": "[亚阿艾爱][历莉丽莱列勒][克]?[萨莎沙]|[亚阿]力克萨",
    "hey mycroft": rf"[{_GREETING}]\W{{0,2}}[麦买迈][克考科][罗洛]?[夫福]特?",
    "hey marvin": rf"[{_GREETING}]\W{{0,2}}[马玛麻][尔儿]?[文温]",
}
"""Sound-alikes by phrase. 贾维斯 alone, without a greeting, is the translation and needs none."""
_CHINESE["hey jarvis"] += "|[贾賈]维斯"

_SENTENCE_END = re.compile(r"[.!?。！？]\s*")


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The transcript holds ``phrase``, at the characters ``start`` to ``end``."""

    phrase: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Token:
    """A Latin word or one Chinese character, and where it stands."""

    text: str
    start: int
    end: int


def phrases_of(name: str, phrases: Sequence[str] = ()) -> tuple[str, ...]:
    """What is said to wake the word ``name``: the configured phrases, else the name read out."""
    return tuple(phrases) or (name.replace("_", " "),)


def confirm(text: str, phrases: Iterable[str]) -> Confirmed | None:
    """Where ``text`` holds the first of ``phrases`` that it begins with, or None."""
    text = text[:HEAD_CHARS]
    tokens = list(_tokens(text))
    for phrase in phrases:
        found = _find(text, tokens, " ".join(_plain(phrase).split()))
        if found is not None:
            return Confirmed(phrase, *found)
    return None


def was_said(text: str, likelihood: float, phrase: str, likeness: float | None = None) -> bool:
    """Whether ``phrase`` was said in a stretch of sound that holds little else.

    ``text`` is what was recognised there, ``likelihood`` the mean log-likelihood of the name's tokens,
    ``likeness`` (0 to 1) how much it sounds like the phrase to a network of its own, if there is one.
    """
    bound = LIKELY.get(" ".join(_plain(phrase).split()), LIKELY_OTHERWISE)
    if likeness is None:
        return likelihood >= bound or confirm(text, (phrase,)) is not None
    return likelihood - bound + SOUND_WEIGHT * _odds(likeness) >= ENOUGH


def was_written(text: str, phrase: str, likeness: float | None = None) -> bool:
    """The same by a recogniser that says no likelihood."""
    return confirm(text, (phrase,)) is not None or (likeness is not None and likeness >= SOUNDS_SURE)


def _odds(likeness: float) -> float:
    """Its log-odds; no evidence counts for more than a thousand to one."""
    within = min(max(likeness, 0.001), 0.999)
    return math.log(within / (1 - within))


def name_of(phrase: str) -> str:
    """``phrase`` without its greeting ("Hey Jarvis": "Jarvis"); the phrase itself if it is only one word."""
    greeting, _, name = phrase.strip().partition(" ")
    return name if name and not _sound(_plain(greeting)) else phrase.strip()


def strip(text: str, phrases: Sequence[str]) -> str:
    """The question alone; empty if there was nothing but the wake phrase.

    Taken away: the phrase (said twice, perhaps), what came before it, and the filler after it.
    """
    rest, found = text, confirm(text, phrases)
    for _ in range(MAX_CALLS):
        if found is None:
            break
        rest = _without_filler(rest[found.end :])
        found = confirm(rest, phrases)
        if found is not None and found.start > 0:
            break
    return _once(_without_filler(rest), phrases)


def _once(text: str, phrases: Sequence[str]) -> str:
    """What comes before a sentence that begins with the wake phrase again.

    Whisper sometimes tells a short utterance twice, wake phrase and all; a person who calls again
    is heard by the wake word engine, which begins a new turn.
    """
    for end in _SENTENCE_END.finditer(text, 0, HEAD_CHARS):
        again = confirm(text[end.end() : end.end() + HEAD_CHARS], phrases)
        if again is not None and again.start == 0:
            return text[: end.end()].rstrip()
    return text


def _without_filler(text: str) -> str:
    at = 0
    while (match := _FILLER.match(text, at)) is not None and match.end() > at:
        at = match.end()
    return text[at:].rstrip()


def _find(text: str, tokens: list[_Token], phrase: str) -> tuple[int, int] | None:
    if _HAN.search(phrase):
        return _find_han(tokens, "".join(token.text for token in _tokens(phrase)))
    pattern = _CHINESE.get(phrase)
    if pattern is not None:
        limit = tokens[LATEST_START].start if len(tokens) > LATEST_START else len(text)
        match = re.compile(pattern, re.IGNORECASE).search(_plain(text))
        if match is not None and match.start() < limit:
            return match.start(), match.end()
    return _find_sound(text, tokens, phrase.split())


def _find_han(tokens: list[_Token], phrase: str) -> tuple[int, int] | None:
    """``phrase`` among the tokens; of four characters or more, one may differ."""
    size = len(phrase)
    for first in range(min(LATEST_START, len(tokens) - size + 1)):
        window = tokens[first : first + size]
        wrong = sum(a != b.text for a, b in zip(phrase, window, strict=True))
        if wrong <= (1 if size >= 4 else 0):
            return window[0].start, window[-1].end
    return None


def _find_sound(text: str, tokens: list[_Token], words: list[str]) -> tuple[int, int] | None:
    """The words' sound among the tokens, which may be cut up or joined otherwise ("Jar vis")."""
    sounds = [_sound(word) for word in words]
    greeted = len(words) > 1 and not sounds[0]
    name = "".join(sounds)
    for first in range(min(LATEST_START, len(tokens))):
        for last in range(first + 1, min(first + len(words) + 2, len(tokens) + 1)):
            sound = "".join(_sound(token.text) for token in tokens[first:last])
            foreign = greeted and last < len(tokens) and _HAN.match(tokens[last].text)
            if sound != name and not (foreign and _alike_enough(sound, name)):
                continue
            start, end = tokens[first].start, tokens[last - 1].end
            if not greeted or not _sound(tokens[first].text):
                return start, end
            if first and not _sound(tokens[first - 1].text) and first + 1 <= LATEST_START:
                return tokens[first - 1].start, end
            # The greeting went unheard: called by name alone, at the very start, with a pause after it.
            if first == 0 and (text[end:].strip() == "" or text[end:].lstrip()[0] in ",.!?，。！？、"):
                return start, end
            break
    return None


def _alike_enough(sound: str, name: str) -> bool:
    return 2 <= len(sound) <= len(name) + 1 and sound[-2:] == name[-2:]


def _tokens(text: str) -> Iterator[_Token]:
    plain = _plain(text)
    for match in _WORD.finditer(plain):
        for run in re.finditer(r"[\u3400-\u9fff]|[^\u3400-\u9fff]+", match.group()):
            start = match.start() + run.start()
            joined = _GREETED.fullmatch(run.group())
            length = len(joined[1]) if joined else 0
            if joined:
                yield _Token(joined[1], start, start + length)
            yield _Token(run.group()[length:], start + length, match.start() + run.end())


def _plain(text: str) -> str:
    """Lower case, full-width letters narrow, accents off; every character keeps its place."""
    if text.isascii():
        return text.lower()
    return "".join(_plain_character(character) for character in text)


def _plain_character(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character).lower()
    return plain[0] if plain else character


_ALIKE = [(re.compile(pattern), alike) for pattern, alike in [
    (r"[’']s?$", ""), (r"[’']", ""), (r"(.)\1+", r"\1"), (r"ph", "f"), (r"dge?|dj|zh|tch|ch", "j"),
    (r"^[gz]", "j"), (r"g(?=[eiy])", "j"), (r"c(?=[eiy])", "s"), (r"ck|c|q", "k"), (r"x", "ks"), (r"z", "s"),
    (r"w", "v"), (r"r(?![aeiouy])", ""), (r"[aeiouyh]", ""),
]]  # fmt: skip


@lru_cache(maxsize=1024)
def _sound(word: str) -> str:
    """The consonants of a word as they sound; "" for a word of vowels and for a Chinese greeting.

    Any other Chinese character is a sound of its own, equal to nothing Latin. Kept, for each word is asked
    for in several windows, and the same words come again: 0.3 ms less for a question of four words.
    """
    if _HAN.search(word):
        return "" if word in _GREETING else word
    for pattern, alike in _ALIKE:
        word = pattern.sub(alike, word)
    return word
