"""What becomes of the words that Whisper writes: simplified Chinese, and nothing it invented.

On silence, noise and music Whisper writes what stood under such sound in its training videos. Whole phrases
of that kind count as "nothing was said" however sure it is; what only begins like them ("字幕怎么关掉",
"Thanks for watching the kids") where it doubts itself, too. The other sign is a text that repeats itself,
which compresses far better than speech.
"""

from __future__ import annotations

import functools
import itertools
import re
import zlib
from collections.abc import Sequence

MAX_COMPRESSION = 2.4
"""A text that gzip shrinks further than this repeats itself (the bound that Whisper's own decoder uses)."""

SURE = -1.0
"""Mean log-likelihood of the tokens from which what only begins like an invention was said ..."""
NOBODY = 0.85
"""... unless Whisper's own probability that nobody speaks is above this. Base, int8, 32 sentences and words
in three voices each: -0.95 and more at the last attempt, 0.79 and less; what it made so of noise, hum, clicks
and breath: -1.14 and less. Of 69 other utterances one is lost ("Applause"; all patterns lost 38),
and of 504 stretches of noise none more is let through."""


def _patterns(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


_THANKS = r"thank(?:s| you)(?: so much| very much)? for (?:watching|listening|viewing)"
_SEE_YOU = r"(?:i(?:'ll| will) )?see you(?: (?:in the )?next (?:time|video|one)| soon| later)?"
_WHOLE = _patterns(
    rf"(?:{_THANKS}[ ,.!]*)+(?:(?:everyone|guys|(?:this|my|the) video)[ ,.!]*)?(?:(?:and )?{_SEE_YOU})?",
    r"(?:for (?:watching|listening|viewing)[ !.]*)+",
    r"(?:please )?(?:don't forget to )?(?:like(?:,? comment)?,? and )?subscribe(?: to (?:my|our) channel)?",
    r"(?:i(?:'ll| will) )?see you in the next (?:video|one)",
    r"(?:subtitles?|captions?|transcri(?:bed|ptions?)) by (?:the )?amara\.org(?: community)?",
    r"(?:www\.)?(?:amara|mooji|zeoranger)\.(?:org|co\.uk)",
    r"you|oh|um+|uh+|hm+|the|a|i|blank_audio",
    r"(?:[\[(♪*][^\d\])♪*]*[\])♪*]\s*)+",
    r"(?:中文)?字幕(?:由 ?)?amara\.org ?社[区區]提供",
    r"(?:中文)?字幕志愿者(?:[:： ]+[\u4e00-\u9fff]{2,4})?",
    r"(?:(?:作词|作曲|编曲|词曲|演唱)[:： ]+)+李宗盛",
    r"(?:谢谢|感谢|多谢)?(?:大家|您|你们)?的?(?:观看|收看|收听|聆听)",
    r"(?:请)?不吝点赞[ ，,]?订阅[ ，,]?转发[ ，,]?打赏支持明镜与点点栏目",
    r"(?:优优独播剧场|优独播剧场)[-—~ ]*(?:YoYo Television Series Exclusive)?",
    r"YoYo Television Series Exclusive",
    r"(?:我们)?下(?:期|集|个视频)(?:视频|节目)?(?:再见|见)",
    r"嗯+|啊+|呃+|哦+|唔+",
    r"以下是普通话的句子",
)
"""What nobody says to a speaker, to its last word."""

_LIKE = _patterns(
    *(
        r"(thank(s| you)( so much| very much)?[ ,.]*)?(for (watching|listening|viewing)[ !.]*)+",
        r"thank(s| you)( so much| very much)? for (watching|listening|viewing).*",
        r"(please )?(like|subscribe|don't forget to (like|subscribe)).*(subscribe|channel|bell|video).*",
        r"(please )?subscribe( to (my|our|the) channel)?",
        r"(subtitles?|captions?|transcri(bed|ption|pts?)|translat(ed|ion)) (by|from)\b.*",
        r"see you (in the )?next (time|video|one)",
        r"(www\.)?[\w-]+\.(com|org|net|gov|io)",
        r"(you|bye|so|oh|um+|uh+|hm+|the|a|i)",
        r"[\[(♪*].*[\])♪*]",
        r"(music|applause|laughter|silence|blank_audio|foreign|sighs?|coughs?)",
        r"(中文)?字幕[由:： ]?.*",
        r".*(字幕志愿者|字幕組|字幕组|字幕提供|字幕製作|字幕制作).*",
        r"(作词|作曲|编曲|作詞|編曲|词曲|演唱)[:： ]?.*",
        r".*(点赞|點贊|订阅|訂閱).*(转发|轉發|打赏|打賞|栏目|欄目|频道|頻道|关注|支持).*",
        r"(谢谢|感谢|多谢)?(大家|您|你们)?(的)?(观看|收看|收听)",
        r"(谢谢|感谢)(大家|您|你们)?(的)?(观看|收看|收听|聆听).*",
        r"(请)?不吝(点赞|點贊).*",
        r"(优优独播剧场|优独播剧场|YoYo Television).*",
        r"(明镜|明鏡).*(栏目|欄目).*",
        r"(我们)?下(期|次|集|个视频)(视频|节目)?(再见|见)",
        r"(嗯+|啊+|呃+|哦+|唔+)",
        r"(以下是)?(普通话|简体中文)(的句子)?",
    )
)
"""What begins, or reads, like an invention. People say such things too."""

_EDGES = " \t\n.,!?;:。，！？；：、…~-—\"'“”"


def simplified(text: str) -> str:
    """``text`` with every traditional character made simplified."""
    converted: str = _converter().convert(text)
    return converted


@functools.cache
def _converter():  # type: ignore[no-untyped-def]
    from opencc import OpenCC

    return OpenCC("t2s")


def is_invented(text: str, *, sure: bool = True) -> bool:
    """Whether ``text`` (simplified) is nothing but what Whisper writes when nobody speaks.

    ``sure``: it is, of the words, and of that somebody speaks (``SURE``, ``NOBODY``).
    """
    bare = text.strip(_EDGES)
    if not re.search(r"\w", bare):
        return True
    patterns = _WHOLE if sure else (*_WHOLE, *_LIKE)
    return any(pattern.fullmatch(bare) for pattern in patterns)


MOST_SAID = 12
"""Times that a person says one of these on end: who is not heard says "stop" again and again. Noise becomes
other words (冲冲冲冲), up to the end of the sound."""
_SAID_AGAIN = re.compile(
    r"\W*(stop|no|wait|yes|hey|help|停下?|不要?|等等?|别|喂|好|对)(?:\W*\1)*\W*", re.IGNORECASE
)


def repeats(text: str) -> bool:
    """Whether ``text`` goes round in circles."""
    said = _SAID_AGAIN.fullmatch(text)
    if said is not None and text.lower().count(said[1].lower()) <= MOST_SAID:
        return False
    raw = text.encode()
    return len(raw) / max(1, len(zlib.compress(raw))) > MAX_COMPRESSION or bool(
        re.search(r"(.{2,}?)\1{4,}", text) or re.search(r"(.)\1{9,}", text)
    )


def once(segments: Sequence[list[int]]) -> list[list[int]]:
    """``segments``, but what stands there three times or more in a row (a stuck decoder) only once."""
    runs = [(segment, len(list(same))) for segment, same in itertools.groupby(segments)]
    return [segment for segment, count in runs for _ in range(count if count < 3 else 1)]


_TWICE_WORD = re.compile(r"[㐀-鿿]|[^\W_㐀-鿿]+(?:['’][^\W_]+)?")
_TWICE_WORDS = 3


def told_twice(text: str) -> bool:
    """Whether ``text`` is one sentence of three words (or Han) and more, twice.

    People say "no, no" and "turn it off, turn it off"; so this alone proves nothing.
    """
    words = [word.lower() for word in _TWICE_WORD.findall(text)]
    half = len(words) // 2
    return half >= _TWICE_WORDS and words[:half] == words[half:]


def tidy(text: str) -> str:
    """``text`` with single spaces, and Chinese punctuation where it stands between Chinese characters."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"(?<=[㐀-鿿]) (?=[㐀-鿿])", "，", text)
    for ascii_mark, mark in zip(",.?!:;", "，。？！：；", strict=True):
        text = re.sub(rf"(?<=[㐀-鿿]){re.escape(ascii_mark)} ?(?=[㐀-鿿]|$)", mark, text)
    return text
