"""Chinese characters that sound alike: Whisper base writes 闹中 for 闹钟, 即时器 for 计时器.

Of 204 commands that were spoken in four voices, 108 were understood as it wrote them. Tones are left out, and
what southern speakers (and small models) do not tell apart is one: zh and z, ch and c, sh and s, -ng and -n.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

SAME = 0.2
"""What it costs to take a character for another one of the same sound."""
_READ_IN_TWO_WAYS = frozenset("长调都还了得着重行降乐觉传便差朝系校色会车没")
"""Characters whose second reading is as common; others have rare ones (机 as wèi) that nobody means."""
_FLAT = {"zh": "z", "ch": "c", "sh": "s"}


@cache
def sounds(character: str) -> frozenset[str]:
    """The syllables that ``character`` is read as, without tones; none if it is not Chinese."""
    from pypinyin.pinyin_dict import pinyin_dict

    readings = pinyin_dict.get(ord(character), "").split(",") if len(character) == 1 else [""]
    common = readings if character in _READ_IN_TWO_WAYS else readings[:1]
    return frozenset(_flat(reading) for reading in common if reading)


def _flat(reading: str) -> str:
    """A syllable as it is compared."""
    letters = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    plain = "".join(letter for letter in letters if "a" <= letter <= "z")
    for initial, flat in _FLAT.items():
        if plain.startswith(initial):
            plain = flat + plain[2:]
    return plain.removesuffix("g") if plain.endswith("ng") else plain


def alike(heard: str, meant: str) -> bool:
    """Whether the two characters may sound the same."""
    return heard == meant or not sounds(heard).isdisjoint(sounds(meant))


NEAR = 0.5
"""What it costs to take a character for one whose syllable is another by one letter."""


LEADING = "帮请把给定设取消删除掉关停列出查看剩有明早晚今后暂继续加减响叫醒分秒钟点半"
"""What a sound that is only near may be taken for: what commands are made of besides the things they name."""


def nearly_alike(heard: str, meant: str) -> bool:
    """Whether one letter makes the two characters sound different: 保 and 帮, 抽 and 出, 尿 and 掉."""
    return any(_one_apart(one, other) for one in sounds(heard) for other in sounds(meant))


def _one_apart(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if len(short) < 2:
        return False
    if len(short) == len(long):
        return sum(a != b for a, b in zip(short, long, strict=True)) == 1
    return len(short) + 1 == len(long) and any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


CERTAIN = frozenset(
    "一二三四五六七八九什么怎为谁哪没不吗你我他她它们的了这那喜做会能可好大小上下来去买唱听歌首人给打开放查找干"
)
"""Characters so frequent that they are heard right: who says one of them means it."""
CERTAIN_WORDS = (
    "天气", "新闻", "电影", "电视", "电话", "音乐", "使用", "谢谢", "想起", "故事", "节目", "打开", "空调",
    "播放", "现在", "最近", "自己", "知道", "多少钱", "下次", "世界", "意思", "信息",
    "取消", "删除", "删掉", "关掉", "关闭", "停止",
)  # fmt: skip
"""Words that are heard right as a whole."""


class SoundAlikes:
    """The characters of a vocabulary by their sound."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        """``vocabulary``: all that is listened for."""
        self._vocabulary = sorted(word for word in vocabulary if sounds(word))
        self._known: dict[str, tuple[tuple[str, float], ...]] = {}
        self._nearly: dict[str, tuple[tuple[str, float], ...]] = {}

    def of(self, heard: str) -> tuple[tuple[str, float], ...]:
        """What ``heard`` may have been, itself first, and what each costs."""
        if heard not in self._known:
            others = [] if heard in CERTAIN else [one for one in self._vocabulary if alike(heard, one)]
            self._known[heard] = ((heard, 0.0), *((one, SAME) for one in others if one != heard))
            if len(self._known) > _MAX_KNOWN:
                self._known.pop(next(iter(self._known)))
        return self._known[heard]

    def nearly(self, heard: str) -> tuple[tuple[str, float], ...]:
        """The same, with what sounds nearly so."""
        if heard not in self._nearly:
            near = [] if heard in CERTAIN else [one for one in LEADING if nearly_alike(heard, one)]
            same = self.of(heard)
            known = {one for one, _ in same}
            self._nearly[heard] = (*same, *((one, NEAR) for one in near if one not in known))
            if len(self._nearly) > _MAX_KNOWN:
                self._nearly.pop(next(iter(self._nearly)))
        return self._nearly[heard]

    def of_all(self, heard: Sequence[str], *, near: bool = False) -> list[Sequence[tuple[str, float]]]:
        """The same for each of a row of characters; those of ``CERTAIN_WORDS`` are what they are."""
        alike = self.nearly if near else self.of
        found: list[Sequence[tuple[str, float]]] = [alike(one) for one in heard]
        for word in CERTAIN_WORDS:
            for at in range(len(heard) - len(word) + 1):
                if list(heard[at : at + len(word)]) == list(word):
                    found[at : at + len(word)] = [((one, 0.0),) for one in word]
        return found


_MAX_KNOWN = 4000
"""Characters that are remembered: more than anybody says."""


def corrected(words: Sequence[str], terms: Iterable[str]) -> list[str]:
    """``words`` with each run of characters that sounds as one of ``terms`` written as that: 小十 is 小时."""
    found = list(words)
    for term in terms:
        for at in range(len(words) - len(term) + 1):
            part = found[at : at + len(term)]
            same = [heard == meant for heard, meant in zip(part, term, strict=True)]
            if any(same) and all(map(alike, part, term)):
                found[at : at + len(term)] = list(term)
    for at in range(len(found) - 1):
        if found[at] == "你" and found[at + 1] in "早天晚":  # 您早的闹钟
            found[at] = "明"
    for at in range(1, len(found) - 1):
        if found[at - 1].isdecimal() and found[at + 1].isdecimal():  # 48架76
            found[at] = next((sign for sign in _SIGNS if alike(found[at], sign)), found[at])
    return found


_SIGNS = "加减乘除"
