"""How far a transcript is from what was said: words of English, characters of Chinese."""

from __future__ import annotations

import re
from collections.abc import Sequence

import cn2an  # type: ignore[import-untyped]
from num2words import num2words  # type: ignore[import-untyped]

from hearthd.engines.asr.transcript_text import simplified


def words(text: str) -> list[str]:
    """``text`` as it is scored: lower case, simplified, numbers in words, one Han character a word."""
    text = re.sub(r"(\d+)(:00)?( ?[ap]\.?m\.?)?", r"\1", simplified(text).lower())
    if re.search("[一-鿿]", text):
        text = cn2an.transform(text, "an2cn")
    text = re.sub(r"\d+", lambda found: f" {num2words(int(found[0])).replace('-', ' ')} ", text)
    return re.findall(r"[一-鿿]|[a-z']+", text)


def errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """The least number of insertions, deletions and substitutions that make one the other."""
    row = list(range(len(heard) + 1))
    for above, word in enumerate(said, 1):
        previous, row = row, [above]
        for column, other in enumerate(heard, 1):
            row.append(min(previous[column] + 1, row[-1] + 1, previous[column - 1] + (word != other)))
    return row[-1]


def error_rate(said: str, heard: str) -> float:
    """Errors a word."""
    expected = words(said)
    return errors(expected, words(heard)) / max(1, len(expected))
