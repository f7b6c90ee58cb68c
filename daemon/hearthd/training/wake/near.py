"""What nearly sounds like a wake word and is not it: parts of it, and real words that are alike.

A head that has heard only its own word beside sentences takes "service" for "jarvis". English words come
from hibari's pronouncing dictionary (the American one, 90,000 words), Chinese syllables from characters in
common use.
"""

from __future__ import annotations

import functools
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files

import numpy as np

from hearthd.training.wake.phonetics import likeness

TOO_ALIKE = 0.85
"""A near phrase that sounds so much like the phrase would be one."""
ALIKE = 16
"""So many real words stand in for each word of the phrase, the likest ones."""
SHARED_LETTERS = 0.5
"""Words that share fewer of their letters are not laid side by side: that takes longer."""

_CHARACTERS = (
    "大明红天心东西花雨山水火车门书月光星海风马牛鸟飞走来去高低开关安平里外小少笑校叫教交桥要药"
    "知之只指制这着者出处书树说事是时十次词四字子自坐做再在才错从度都读路绿女你尼年念那难爱艾哎"
    "同学音乐月云元远用有又右猫毛麦买妹没帮宝报百白北被不步部布皮片朋夫服福父飞分放发反他她它她"
    "太听停头土拉老乐了离里力历连两亮零刘六龙楼哥个歌给跟更公工古国过课可口快哭看康客和喝河黑嘿"
    "很红后湖话画欢黄回会家加见件今金近进九久就居局七气起前钱亲请秋球区去全西习洗下夏先现香想向"
    "新心星行姓兄休雪迅智支站张长找照真正中种重周主住助准桌吃茶查常场唱车成城吹春少社谁深生声师"
    "人日认肉如入让热弱早怎贼增走组最昨左村存三色森扫思送苏岁孙所二儿而耳一衣医以已意因音英影应"
)
_WORD = re.compile("[a-z]{2,14}")
_HAN = re.compile(r"[㐀-鿿]")
_UNIT = re.compile(r"[㐀-鿿]|[^\s㐀-鿿]+")


def near_phrases(phrase: str, count: int, rng: np.random.Generator) -> list[str]:
    """Up to ``count`` phrases that sound like ``phrase`` and are not it: half of them the likest ones."""
    found = {one: likeness(phrase, one) for one in map(str.strip, _made(phrase, rng)) if one}
    ranked = sorted((one for one, like in found.items() if like < TOO_ALIKE), key=lambda o: (-found[o], o))
    nearest, others = ranked[: count // 2], ranked[count // 2 :]
    chosen = rng.permutation(len(others))[: count - len(nearest)]
    return nearest + [others[number] for number in sorted(chosen)]


def _made(phrase: str, rng: np.random.Generator) -> Iterator[str]:
    units = _UNIT.findall(phrase)
    for number, unit in enumerate(units):
        before, after = units[:number], units[number + 1 :]
        yield _joined(before)
        yield _joined(after)
        alike = _characters(unit) if _HAN.match(unit) else _words(unit.lower())
        for other in [*alike, *map(str, rng.choice(alike, size=min(2, len(alike)), replace=False))]:
            yield _joined([*before, other, *after])
            yield other
        if len(units) > 1 and len(alike) > 1:
            yield _joined([*before, *map(str, rng.choice(alike, size=2, replace=False)), *after])


def _joined(units: list[str]) -> str:
    joined = " ".join(units)
    return re.sub(r"(?<=[㐀-鿿]) (?=[㐀-鿿])", "", joined)


def _words(word: str) -> list[str]:
    """Real English words that sound like ``word``, the likest first."""
    letters = Counter(word)
    candidates = (
        other
        for other in _dictionary()
        if abs(len(other) - len(word)) <= 2
        and (letters & Counter(other)).total() >= SHARED_LETTERS * max(len(word), len(other))
    )
    alike = {other: _mutual(word, other) for other in candidates if other != word}
    ranked = sorted(alike, key=lambda other: (-alike[other], other))
    return [other for other in ranked[: 4 * ALIKE] if likeness(word, other) < TOO_ALIKE][:ALIKE]


def _characters(character: str) -> list[str]:
    """Common characters whose syllable sounds like that of ``character``, the likest first; any tone."""
    alike = {other: _mutual(character, other) for other in dict.fromkeys(_CHARACTERS)}
    ranked = sorted(alike, key=lambda other: (-alike[other], other))
    return [other for other in ranked if alike[other] < TOO_ALIKE][:ALIKE]


def _mutual(one: str, other: str) -> float:
    return (likeness(one, other) + likeness(other, one)) / 2


@functools.cache
def _dictionary() -> tuple[str, ...]:
    """Lower-case words; none where hibari brings no such file."""
    try:
        packed = files("hibari").joinpath("assets/lexicon_us_gold.json.gz").read_bytes()
        return tuple(sorted(word for word in json.loads(gzip.decompress(packed)) if _WORD.fullmatch(word)))
    except (OSError, ValueError, ModuleNotFoundError):
        return ()
