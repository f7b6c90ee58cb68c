"""Roman numerals, and the names that they follow."""

from __future__ import annotations

REGENTS = (
    "Louis Henry Edward George Elizabeth Charles William James Richard Paul Benedict Pius Napoleon Nicholas "
    "Catherine Alexander Frederick Philip Ramses Leo Francis Gregory Innocent Ivan Ptolemy Clement Urban "
    "Otto Wilhelm Friedrich Felipe Carlos Christian Harald Margrethe Mary Constantine Justinian Darius Xerxes"
).replace(" ", "|")
"""Pattern of names after which the numeral is an ordinal: Louis the fourteenth."""

NUMBERED = (
    "Chapter Part Act Volume Section Book War Type Phase Class Level Stage Bowl Fantasy Rocky Apollo Article "
    "Appendix Scene Grade Title Mark Psalm Episode Season Division Rank Group Table Figure Unit Quest Wars"
).replace(" ", "|")
"""Pattern of words after which even one letter is a numeral: Chapter I."""

_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def roman(text: str) -> int:
    """The value of the numeral ``text``, in capitals."""
    total = 0
    for c, following in zip(text, text[1:] + " ", strict=True):
        value = _VALUES[c]
        total += -value if _VALUES.get(following, 0) > value else value
    return total
