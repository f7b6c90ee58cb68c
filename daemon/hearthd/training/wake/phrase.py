"""Can it be a wake word: what cannot is refused before a voice speaks, what is no good one is doubted.

Both say what to call it instead.
"""

from __future__ import annotations

import re
import unicodedata

from hearthd.common.errors import EngineError
from hearthd.training.wake.phonetics import phones
from hearthd.training.wake.texts import is_chinese

MAX_CHARACTERS = 40
FEW_SYLLABLES, MANY_SYLLABLES = 3, 10
"""Fewer are told apart badly; of more than ten the quickest voice needs more than the 1.8 s that a wake word
may take. English ones are only about counted:
the seconds that it takes have the last word (``trainer``)."""

_EVERYDAY = (
    "a|again|and|are|at|bad|be|box|can|come|computer|day|dear|do|down|fine|for|friend|give|go|good|"
    "great|hello|help|here|hey|hi|home|house|how|i|is|it|kitchen|lamp|light|lights|listen|look|love|"
    "mom|mum|dad|music|my|new|nice|no|now|of|off|ok|okay|on|one|out|phone|play|please|radio|ready|"
    "room|see|so|sorry|speaker|start|stop|talk|tell|thank|thanks|that|the|there|this|time|to|today|"
    "turn|tv|two|up|wait|want|we|weather|well|what|when|where|who|why|world|yes|you|your"
)
_EVERYDAY_CHINESE = (
    "你好|您好|大家好|早上好|晚上好|晚安|再见|拜拜|谢谢|对不起|没关系|好的|可以|不是|是的|喂|宝贝|宝宝|爸爸|妈妈|"
    "哥哥|姐姐|弟弟|妹妹|爷爷|奶奶|老公|老婆|老师|电脑|手机|电视|音乐|音箱|开灯|关灯|开门|关门|天气|今天|明天|昨天|"
    "现在|时间|什么|怎么|为什么|你好啊|过来|出去|回来|吃饭|睡觉|起床|停下|开始|等一下|不知道|知道了"
)
GREETINGS = frozenset(("hey", "hi", "hello", "ok", "okay"))
"""After one of these even "computer" is a call."""
_KEPT = re.compile(r"[^\w\s'’-]|_")
_SPOKEN = re.compile(r"[a-z0-9㐀-鿿'’\s-]*")
_VOWELS = re.compile("[aeiouYE]+")
_HAN = re.compile(r"[㐀-鿿]")
_DIGIT = re.compile(r"\d")


def checked(text: str) -> str:
    """``text`` as the voices can say it: letters, Han, digits. Raises EngineError if it is no wake word."""
    phrase = " ".join(_KEPT.sub(" ", _without_accents(text[: 10 * MAX_CHARACTERS])).split())
    if not re.search(r"[^\W\d_]", phrase):
        raise EngineError("a wake word is said: write it in English letters or Chinese characters")
    if (count := len(text.strip())) > MAX_CHARACTERS:
        raise EngineError(
            f"a wake word is 1 to {MAX_CHARACTERS} characters, three to five syllables; this has {count}"
        )
    if _SPOKEN.fullmatch(phrase.lower()) is None:
        raise EngineError(
            f'"{phrase}": the voices speak Chinese and English only; write how it sounds in English letters'
        )
    count = syllables(phrase)
    if count > MANY_SYLLABLES:
        raise EngineError(f'"{phrase}" has {count} syllables; a wake word is a name of three to five')
    if len(phrase) == 1:
        raise EngineError(f'"{phrase}" is part of many other words: make it longer, "小{phrase}小{phrase}"')
    return phrase


def doubts(phrase: str) -> list[str]:
    """What speaks against ``phrase``, and what to do about it; nothing of a good one."""
    found = []
    words = re.sub(r"[-'’]", " ", phrase.lower()).split()
    called = len(words) > 1 and words[0] in GREETINGS and syllables(phrase) > FEW_SYLLABLES
    everyday = not called and all(word in _EVERYDAY.split("|") for word in words)
    if everyday or phrase in _EVERYDAY_CHINESE.split("|"):
        found.append(
            f'"{phrase}" is said at home without anybody calling: it will wake then. '
            "A name that nobody else has is better."
        )
    elif syllables(phrase) < FEW_SYLLABLES:
        better = phrase * 2 if is_chinese(phrase) else f"hey {phrase}"
        better = "a longer name" if words[0] in GREETINGS else f'"{better}"'
        found.append(
            f'"{phrase}" is short, and easily taken for something else: {better} is told apart better.'
        )
    return found


def syllables(phrase: str) -> int:
    """About how many syllables ``phrase`` has: a Chinese character is one, so is a digit."""
    words = _HAN.sub(" ", phrase).split()
    spoken = sum(max(1, len(_VOWELS.findall(phones(word)))) for word in words if phones(word))
    return spoken + len(_HAN.findall(phrase)) + len(_DIGIT.findall(phrase))


def _without_accents(text: str) -> str:
    """``text`` with "Café" read as "Cafe"; full-width letters become plain ones."""
    apart = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(one for one in apart if not unicodedata.combining(one)))
