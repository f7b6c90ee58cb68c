"""What a few words said over a reply mean: go on, be quiet, or an interruption.

People who listen say "mm-hm", "对对", "yeah right" without wanting the floor; these must not end a reply.
"stop" and "闭嘴" want silence and nothing else: no answer, no turn. "no wait" and "等一下" call: who says
that has more to say.
"""

from __future__ import annotations

import itertools
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
    "thatllbeall okstop okaystop nostop stopreading stopthat stopnow "
    "停 停下 停下来 停止 停一下 别说了 不要说了 闭嘴 够了 安静 别讲了 停吧 住口 好了停 行了 请停 请停下 "
    "别念了 不要念了 别读了 不要读了 不要讲了 别再说了 别再念了"
)
_MISHEARD = _known(
    "挺 亭 庭 婷 天 听 听我 听过 听一下 听下 鼻嘴 必嘴 闭罪 比嘴 beasley easily 购了 勾了 cola gola"
)
"""What Whisper writes for "停", "闭嘴", "够了" said shortly over a reply. Without one they are what they say:
"听过" answers a question."""
_DISMISSALS = _known(
    "nevermind forgetit forgetaboutit cancel cancelthat cancelit nothanks nothankyou "
    "算了 算啦 取消 不用 不用了 不用啦 不必了 不需要了 不要了 不问了 当我没说 不说了"
)
"""Said to it they take back what was asked, said over a reply they end it: no answer is wanted."""
_NOTHING_MORE = _known(
    "forgetthat notnow nothing itsnothing nomatter itdoesntmatter itsokay itsok itsfine thatsall thatsit "
    "leaveit 没事 没事了 没什么 没关系 就这样 就这样吧"
)
"""The same, but over a reply they may be meant for somebody else."""
_POLITE = _known(
    "no nah please oh ah well actually sorry just thanks 不 不要 请 哎 唉 那 那就 还是 吧 啊 好了 谢谢"
)
"""May stand around them."""
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
MOST_ON_END = 3
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
    if _made_of(words, _STOPS | _MISHEARD | _DISMISSALS):
        return Overheard.STOP
    if len(words) == 1 and len(words[0]) == 1 and not words[0].isascii():
        return Overheard.CALL if words[0] in _CALLS else Overheard.NOTHING
    if _stops(words, _STOPS | _MISHEARD | _DISMISSALS):
        return Overheard.STOP
    if _made_of(words, _BACKCHANNELS):
        return Overheard.NOTHING
    return Overheard.CALL if _made_of(words, _CALLS | _BACKCHANNELS) else Overheard.INTERRUPTION


def wants_silence(text: str) -> bool:
    """Whether ``text``, said to the speaker and not over it, wants it to be quiet and nothing else.

    "stop", and "never mind", "算了": what was asked before is taken back. Whole phrases only; any text.
    """
    words = _words(text)
    return 0 < len(words) <= MAX_WORDS and _stops(words, _STOPS | _DISMISSALS | _NOTHING_MORE)


def _stops(words: list[str], stops: frozenset[str]) -> bool:
    """Whether the words are one of ``stops``, with nothing but what may stand around it.

    "no, stop" and "okay stop": the stop is what counts; "stop the kitchen light" is a request.
    """
    around = _BACKCHANNELS | _POLITE
    if "".join(words) in stops:
        return True
    if _made_of(words, stops | around):
        return not _made_of(words, around)
    phrases = ((first, last) for first in range(len(words)) for last in range(first + 2, len(words) + 1))
    return any(
        "".join(words[first:last]) in stops and _made_of([*words[:first], *words[last:]], stops | around)
        for first, last in phrases
    )


def _words(text: str) -> list[str]:
    """The words; one that is said on end ("stop stop stop …") counts as often as it may be one by one."""
    words = [word.replace("'", "") for word in _WORD.findall(text.lower().replace("-", ""))]
    runs = [list(run) for _, run in itertools.groupby(words)]
    return [word for run in runs for word in run[:MOST_ON_END]]


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
