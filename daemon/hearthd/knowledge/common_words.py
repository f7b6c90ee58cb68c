"""How many of a question's words a text has, rare ones counting more; Chinese and English."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

_STOP = frozenset(
    re.findall(
        r"\w+",
        "the a an and or to of in on at for with it i do how what when where who why can me my our we you are"
        " was his her them they that this does did must much many long is be tell please about from have has",
    )
)


def common_words(question: str, texts: Sequence[str]) -> list[float]:
    """For each text, the share (0 to 1) of the question's words that is in it; rare words count more."""
    words = [set(words_of(text)) for text in texts]
    seen = Counter(word for each in words for word in each)
    weights = {word: math.log(1 + len(texts) / (1 + seen[word])) for word in set(words_of(question))}
    whole = sum(weights.values()) or 1.0
    return [sum(weight for word, weight in weights.items() if word in each) / whole for each in words]


def words_of(text: str) -> list[str]:
    """English words by their first five letters (plays, played), Chinese by pairs of characters."""
    lowered = text.lower()
    found = [word[:5] for word in re.findall(r"[a-z0-9]{3,}", lowered) if word not in _STOP]
    for run in re.findall(r"[\u4e00-\u9fff]+", lowered):
        found += [run[at : at + 2] for at in range(len(run) - 1)]
    return found
