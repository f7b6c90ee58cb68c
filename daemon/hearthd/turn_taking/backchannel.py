"""What a few words said over a reply mean: go on, be quiet, or an interruption.

People who listen say "mm-hm", "对对", "yeah right" without wanting the floor; these must not end a reply.
"stop" and "闭嘴" want silence and nothing else: no answer, no turn. "no wait" and "等一下" call: who says
that has more to say.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Overheard(StrEnum):
    """What the words want."""

    NOTHING = "nothing"
    """Listening on: a backchannel, or no words at all."""
    STOP = "stop"
    CALL = "call"
    """An interruption by the few words that are nothing else: they are believed, doubtful or not."""
    INTERRUPTION = "interruption"


def _known(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BACKCHANNELS = _known(
    "mm mhm mmhm mmhmm hm hmm mmm um uh uhhuh huh ah oh ooh aha yeah yep yes yup ya right ok okay sure "
    "true wow nice cool great good fine indeed exactly really gotcha isee ofcourse gotit allright alright "
    "嗯 恩 唔 哦 噢 喔 啊 呃 哎 诶 欸 唉 呀 哈 对 是 是的 是啊 是吗 好 好的 好吧 行 可以 没错 对的 对啊 对呀 "
    "真的 真的吗 明白 明白了 知道了 懂了 这样啊 原来如此 不错 当然"
)
_STOPS = _known(
    "stop quiet silence enough shutup bequiet hush stopit stoptalking stopplease pleasestop thatsenough "
    "thatllbeall okstop okaystop nostop "
    # What Whisper writes for "停", "闭嘴", "够了" said shortly over a reply.
    "挺 亭 庭 婷 天 听 听我 听过 听一下 听下 鼻嘴 必嘴 闭罪 比嘴 beasley easily 购了 勾了 cola gola "
    "停 停下 停止 停一下 别说了 不要说了 闭嘴 够了 安静 别讲了 停吧 住口 好了停 行了 请停 请停下"
)
_CALLS = _known(
    "no nono wait nowait waitwait hello hey why but sorry excuseme holdon waitaminute onemoment listen "
    "喂 不 谁 啥 等 别 等等 等一下 等一等 等下 不是 不对 部队 不要 不行 你好 您好 为什么 可是 但是 慢着 "
    "先别说 听我说"
)
"""("部队" is "不对" misheard.) Not "what" and "什么": Whisper makes them of "哦". A single character that is
none of these ("追" for "对", "恶" for "哦") is a hum misheard."""
_WORD = re.compile(r"[a-z']+|[\u4e00-\u9fff]+|\d+")
MAX_WORDS = 6
"""More words than that are no backchannel, whichever they are."""
MAX_UNITS = 12
"""A longer run of Chinese characters is not taken apart."""


def overheard(text: str) -> Overheard:
    """What ``text``, said over a reply, means. Any text; punctuation and case do not matter."""
    words = _words(text)
    if not words:
        return Overheard.NOTHING
    if "".join(words).isdigit():  # what Whisper makes of a hum: "3, 2, 3" of "对对对"
        return Overheard.NOTHING
    if len(words) > MAX_WORDS:
        return Overheard.INTERRUPTION
    if _made_of(words, _STOPS):
        return Overheard.STOP
    if len(words) == 1 and len(words[0]) == 1 and not words[0].isascii():
        return Overheard.CALL if words[0] in _CALLS else Overheard.NOTHING
    # "no, stop" and "okay stop": the stop is what counts; "stop the kitchen light" is a request.
    wants_silence = any(word in _STOPS for word in words) or any(
        stop in "".join(words) for stop in ("停", "闭嘴")
    )
    if wants_silence and _made_of(words, _STOPS | _BACKCHANNELS | {"no", "please", "不", "不要", "请"}):
        return Overheard.STOP
    if _made_of(words, _BACKCHANNELS):
        return Overheard.NOTHING
    return Overheard.CALL if _made_of(words, _CALLS | _BACKCHANNELS) else Overheard.INTERRUPTION


def _words(text: str) -> list[str]:
    return [word.replace("'", "") for word in _WORD.findall(text.lower().replace("-", ""))]


def _made_of(words: list[str], known: frozenset[str]) -> bool:
    """Whether the words, joined or one by one, are all among ``known`` ("对对对" is "对" three times)."""
    return "".join(words) in known or all(word in known or _taken_apart(word, known) for word in words)


def _taken_apart(word: str, known: frozenset[str]) -> bool:
    """Whether a Chinese run is made of known words, or an English hum of known hums ("mmmmhmmm")."""
    if len(word) > MAX_UNITS:
        return False
    if word.isascii():
        return re.fullmatch(r"(m+|h+m+|u+h+|a+h+|o+h+)+", word) is not None and "mm" in known
    return any(
        word[:size] in known and (size == len(word) or _taken_apart(word[size:], known))
        for size in range(1, len(word) + 1)
    )
