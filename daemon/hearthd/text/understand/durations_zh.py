"""Durations in Chinese: 半小时, 一个半小时, 两分半, 一刻钟, 1小时30分钟, 三天."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from hearthd.text.understand.durations_en import LONGEST
from hearthd.text.understand.numbers_en import word
from hearthd.text.understand.numbers_zh import numbers

_UNITS = {
    "秒": 1, "秒钟": 1, "分": 60, "分钟": 60, "刻钟": 900, "小时": 3600, "钟头": 3600, "天": 86400,
    "日": 86400, "星期": 604800, "礼拜": 604800, "周": 604800, "min": 60, "minutes": 60, "h": 3600, "s": 1,
}  # fmt: skip
_HEDGES = ("差不多", "大概", "大约", "大致", "整整", "约")
"""They may stand before a duration, and change nothing."""
_HALF = Fraction(1, 2)


def durations(tokens: Sequence[str], start: int) -> Iterator[tuple[int, int]]:
    """Every duration that begins at ``start``, in seconds."""
    for hedge in _HEDGES:
        if list(tokens[start : start + len(hedge)]) == list(hedge):
            start += len(hedge)
            break
    for end, seconds, _ in _joined(tokens, start):
        whole = round(seconds)
        if 0 < whole <= LONGEST:
            yield end, whole
            if tuple(tokens[end : end + 2]) in {("左", "右"), ("上", "下")}:
                yield end + 2, whole


def _joined(tokens: Sequence[str], start: int) -> Iterator[tuple[int, Fraction, int]]:
    """Parts with ever smaller units: 一小时二十分, 一个小时零五分, 一小时又十分钟."""
    for end, seconds, unit in _parts(tokens, start):
        yield end, seconds, unit
        for at in (end, end + 1) if word(tokens, end) in {"零", "又", "加", "外"} else (end,):
            for after, more, smaller in _joined(tokens, at):
                if smaller < unit:
                    yield after, seconds + more, smaller
        if unit == 60:  # 五分三十 (seconds)
            for after, number in numbers(tokens, end):
                if 9 < number < 60 and number.denominator == 1 and not _unit(tokens, after):
                    yield after, seconds + number, 1


def _parts(tokens: Sequence[str], start: int) -> Iterator[tuple[int, Fraction, int]]:
    """One number with its unit: the end, the seconds, the unit's seconds."""
    if word(tokens, start) == "半":
        at = start + 1 + (word(tokens, start + 1) == "个")
        for end, unit in _unit(tokens, at):
            if unit != 900:
                yield end, _HALF * unit, unit
    for end, number in numbers(tokens, start):
        counted = word(tokens, end) == "个"
        at = end + counted
        for after, unit in _unit(tokens, at):
            yield after, number * unit, unit
            yield from _and_a_half(tokens, after, number, unit)
        if counted and word(tokens, at) == "钟" and word(tokens, at + 1) != "头":
            yield at + 1, number * 3600, 3600  # 两个钟
        if word(tokens, at) == "半":  # 一个半小时, 两半小时
            for after, unit in _unit(tokens, at + 1):
                if counted or unit == 86400:
                    yield after, (number + _HALF) * unit, unit


def _and_a_half(
    tokens: Sequence[str], end: int, number: Fraction, unit: int
) -> Iterator[tuple[int, Fraction, int]]:
    """两分半, 两分半钟, 一小时半, 一天半."""
    if word(tokens, end) == "半" and unit != 900:
        at = end + 1
        following = [after for after, _ in _unit(tokens, at)]
        if word(tokens, at) == "钟" and word(tokens, at + 1) != "头":
            yield at + 1, (number + _HALF) * unit, unit
        elif not following:
            yield at, (number + _HALF) * unit, unit


def _unit(tokens: Sequence[str], start: int) -> list[tuple[int, int]]:
    """The units that stand at ``start``: the end, the seconds; the longest first (分钟 before 分)."""
    found = []
    for length in (2, 1):
        name = "".join(tokens[start : start + length])
        if name in _UNITS and len(tokens) >= start + length and (length == 2 or name not in {"刻", "钟"}):
            found.append((start + length, _UNITS[name]))
    return found
