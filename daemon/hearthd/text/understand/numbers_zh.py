"""Numbers as Chinese speakers say them and Whisper writes them: 一百二十, 两万三, 3.5, 三分之一, 10万."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from hearthd.text.understand.numbers_en import Reading, digits, word

DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "两": 2, "俩": 2, "仨": 3, "壹": 1, "贰": 2, "叁": 3, "幺": 1,
}  # fmt: skip
_RANKS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}


def numbers(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    """Every number that begins at ``start``: whole, decimal, mixed (三又二分之一), fractions and percent."""
    if word(tokens, start) == "负":
        yield from ((end, -value) for end, value in numbers(tokens, start + 1))
        return
    if tuple(tokens[start : start + 3]) == ("百", "分", "之"):
        yield from ((end, value / 100) for end, value in numbers(tokens, start + 3))
        return
    for end, value in cardinals(tokens, start):
        yield end, value
        if word(tokens, end) == "点" and value.denominator == 1:
            yield from _decimals(tokens, end + 1, value)
        if tuple(tokens[end : end + 2]) == ("分", "之") and value:
            yield from ((after, above / value) for after, above in cardinals(tokens, end + 2))
        if word(tokens, end) == "/" and word(tokens, end + 1).isdigit() and value.denominator == 1:
            below = digits(tokens[end + 1])
            if below and value < below:
                yield end + 2, value / below


def _decimals(tokens: Sequence[str], start: int, value: Fraction) -> Iterator[Reading]:
    place, i = Fraction(1), start
    while i < len(tokens):
        token = tokens[i]
        said = str(DIGITS[token]) if token in DIGITS and token not in "两俩仨" else token
        if not (said.isascii() and said.isdigit() and len(said) <= 12):
            return
        for figure in said:
            place /= 10
            value += int(figure) * place
        i += 1
        yield i, value
        if word(tokens, i) in _MYRIADS:
            yield i + 1, value * _MYRIADS[tokens[i]]


def cardinals(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    """Every cardinal that begins at ``start``, the shortest first."""
    figure = digits(word(tokens, start))
    if figure is not None:
        yield start + 1, figure
        scale = word(tokens, start + 1)
        if scale in _MYRIADS or (scale in _RANKS and scale != "十"):
            yield start + 2, figure * (_MYRIADS | _RANKS)[scale]
        return
    yield from _characters(tokens, start)


def _characters(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    """Numbers in Chinese characters.

    ``total`` holds what 万 and 亿 closed, ``group`` what 千, 百 and 十 did, ``digit`` the last digit,
    ``rank`` the last unit: a digit that follows it at once counts tenths of it (一百五 is 150).
    """
    total, group, rank = 0, 0, 0
    digit: int | None = None
    after_zero = False
    for i in range(start, len(tokens)):
        token = tokens[i]
        if token in DIGITS:
            if digit is not None and not (digit == 0 and token not in "零〇"):
                return  # two digits in a row are no number like that
            if DIGITS[token] == 0:
                after_zero = True
                digit = 0
                if total or group:  # "一百零" is not finished
                    continue
                yield i + 1, Fraction(0)
                continue
            if total or group or not after_zero:
                digit = DIGITS[token]
                tenth = 1 if after_zero or rank < 100 else rank // 10
                yield i + 1, Fraction(total + group + digit * tenth)
                continue
            return
        if token in _RANKS:
            if rank and rank <= _RANKS[token] and rank < 10**4:
                return
            if digit in (None, 0) and token != "十":
                return
            group += (digit or 1) * _RANKS[token]
            rank = _RANKS[token]
        elif token in _MYRIADS:
            group += digit or 0
            if token == "亿" and total < _MYRIADS["亿"]:  # 一万亿
                total, group = (total + group) * _MYRIADS[token], 0
            elif token == "万" and group and total % _MYRIADS["亿"] == 0:
                total, group = total + group * _MYRIADS[token], 0
            else:
                return
            if not total:
                return
            rank = _MYRIADS[token]
        else:
            return
        digit, after_zero = None, False
        yield i + 1, Fraction(total + group)
