"""Points in time in Chinese: 明早七点, 下午三点一刻, 周一, 每天早上七点, 半小时后, 12月5号上午9点."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from hearthd.text.understand.durations_zh import durations
from hearthd.text.understand.moments import WEEKDAYS, WEEKEND, WORKDAYS, DayPart, Moment, repeats_of
from hearthd.text.understand.numbers_en import word
from hearthd.text.understand.numbers_zh import cardinals

Reading = tuple[int, Moment]

_PARTS = {
    "凌晨": DayPart.DAWN, "半夜": DayPart.NIGHT, "夜里": DayPart.NIGHT, "深夜": DayPart.NIGHT,
    "夜晚": DayPart.NIGHT,
    "清晨": DayPart.MORNING, "清早": DayPart.MORNING, "早上": DayPart.MORNING, "早晨": DayPart.MORNING,
    "上午": DayPart.MORNING, "大清早": DayPart.MORNING, "一大早": DayPart.MORNING, "一早": DayPart.MORNING,
    "中午": DayPart.NOON, "下午": DayPart.AFTERNOON, "午后": DayPart.AFTERNOON, "傍晚": DayPart.EVENING,
    "晚上": DayPart.NIGHT, "晚间": DayPart.NIGHT,
}  # fmt: skip
_DAYS = {
    "今天": 0, "今日": 0, "今儿": 0, "今儿个": 0, "明天": 1, "明日": 1, "明儿": 1, "明儿个": 1, "后天": 2,
    "后儿": 2, "大后天": 3,
}  # fmt: skip
_SHORT = {
    "今早": (0, DayPart.MORNING), "今晚": (0, DayPart.NIGHT),
    "明早": (1, DayPart.MORNING), "明晚": (1, DayPart.NIGHT), "后晚": (2, DayPart.NIGHT),
}  # fmt: skip
_WEEKDAYS = {name: number for number, name in enumerate("一二三四五六日")} | {"天": 6} | {
    str(number + 1): number for number in range(7)
}  # fmt: skip
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})")
_HALF_PAST = re.compile(r"(\d{1,2})\.5")
"""Whisper writes 三点半 so."""
_DAILY = tuple(WEEKDAYS)


def moments(tokens: Sequence[str], start: int, *, bare: bool = True) -> Iterator[Reading]:
    """Every point in time that begins at ``start``; ``bare`` is for English: a Chinese time says 点."""
    at = start + (word(tokens, start) in {"在", "于", "到", "等"})
    at += word(tokens, at) == "到" or (at > start and word(tokens, at) == "了")
    yield from _joined(tokens, at, None)


def _joined(tokens: Sequence[str], start: int, before: Moment | None) -> Iterator[Reading]:
    for end, piece in _pieces(tokens, start, before):
        moment = before.joined(piece) if before is not None else piece
        if moment is not None:
            yield end, moment
            yield from _joined(tokens, end + (word(tokens, end) == "的"), moment)


def _pieces(tokens: Sequence[str], start: int, before: Moment | None) -> Iterator[Reading]:
    for length in (3, 2):
        name = "".join(tokens[start : start + length])
        end = start + length
        if end > len(tokens):
            continue
        if name in _DAYS:
            yield end, Moment(offset=_DAYS[name])
        if name in _PARTS:
            yield end, Moment(part=_PARTS[name])
        if name in _SHORT:
            offset, part = _SHORT[name]
            yield end, Moment(offset=offset, part=part)
        if name in {"正午"}:
            yield end, Moment(hour=12, half="24")
        if name in {"午夜", "半夜零点"}:
            yield end, Moment(hour=24, half="24")
    yield from _relative(tokens, start)
    yield from _recurrence(tokens, start)
    yield from _weekday(tokens, start)
    yield from _dates(tokens, start)
    yield from clocks(tokens, start)


def _relative(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    """半小时后, 过十分钟, 三天以后."""
    passing = "".join(tokens[start : start + 2]) in {"再过", "等过"}
    at = start + (2 if passing else word(tokens, start) in {"过", "再", "等"})
    for end, seconds in durations(tokens, at):
        if "".join(tokens[end : end + 2]) in {"之后", "以后", "过后"}:
            yield end + 2, Moment(after=seconds)
        elif word(tokens, end) == "后":
            yield end + 1, Moment(after=seconds)
        elif passing or word(tokens, start) == "过":
            yield end, Moment(after=seconds)


def _recurrence(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    every = 0
    for length in (2, 1):
        if "".join(tokens[start : start + length]) in ({"每个", "每逢"} if length == 2 else {"每"}):
            every = length
            break
    at = start + every
    two, three = "".join(tokens[at : at + 2]), "".join(tokens[at : at + 3])
    if every and word(tokens, at) in {"天", "日"}:
        yield at + 1, Moment(repeats=_DAILY)
    if every and word(tokens, at) == "晚":
        yield at + 1, Moment(repeats=_DAILY, part=DayPart.NIGHT)
    if every and two in {"早上", "晚上", "早晨", "下午", "中午"}:
        yield at + 2, Moment(repeats=_DAILY, part=_PARTS[two])
    if "".join(tokens[start : start + 2]) == "天天":
        yield start + 2, Moment(repeats=_DAILY)
    for name, days in (("工作日", WORKDAYS), ("上班日", WORKDAYS), ("周末", WEEKEND)):
        if name in (two, three) and (every or name != "周末"):
            yield at + len(name), Moment(repeats=days)
    yield from _weekday_list(tokens, at, every=bool(every))


def _weekday_list(tokens: Sequence[str], start: int, *, every: bool) -> Iterator[Reading]:
    """每周二和周四, 周一到周五, 周六周日 (with 每天 after it, or 每 before)."""
    days: list[int] = []
    i = start
    while (found := _weekday_name(tokens, i, bare=bool(days))) is not None:
        i, day = found
        days.append(day)
        if word(tokens, i) in {"到", "至", "-"} and (last := _weekday_name(tokens, i + 1, bare=True)):
            end = last[0]
            days += [(day + n) % 7 for n in range((last[1] - day) % 7 + 1)]
            i = end
            yield _skip_every_day(tokens, i), Moment(repeats=repeats_of(days))
        elif every or _skip_every_day(tokens, i) > i:
            yield _skip_every_day(tokens, i), Moment(repeats=repeats_of(days))
        if word(tokens, i) in {"和", "跟", "与", "还", "以"}:
            i += 1 + (word(tokens, i) in {"还", "以"})  # 还有, 以及
        i += word(tokens, i) == "每"


def _skip_every_day(tokens: Sequence[str], end: int) -> int:
    for said in ("的每天", "每天", "都"):
        if "".join(tokens[end : end + len(said)]) == said:
            return end + len(said)
    return end


def _weekday_name(tokens: Sequence[str], start: int, *, bare: bool) -> tuple[int, int] | None:
    """周一, 星期一, 礼拜一; ``bare``: or the number alone (周一三五). The end, and 0 for Monday."""
    for name in ("星期", "礼拜", "周"):
        if "".join(tokens[start : start + len(name)]) == name:
            day = _WEEKDAYS.get(word(tokens, start + len(name)))
            return None if day is None else (start + len(name) + 1, day)
    day = _WEEKDAYS.get(word(tokens, start)) if bare else None
    if (
        day is None
        or word(tokens, start) == "天"
        or word(tokens, start + 1) in {"点", "分", "个", "小", "十"}
    ):
        return None
    return start + 1, day


def _weekday(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    at, week = start, None
    if word(tokens, start) in {"下", "这", "本"}:
        week = 1 if word(tokens, start) == "下" else 0
        at = start + 1 + (word(tokens, start + 1) == "个")
    found = _weekday_name(tokens, at, bare=False)
    if found is not None:
        yield found[0], Moment(weekday=found[1], week=week)
    if "".join(tokens[at : at + 2]) == "周末":
        yield at + 2, Moment(weekday=5, week=week)
    if week == 1 and word(tokens, at) == "周":
        yield at + 1, Moment(week=1)


def _dates(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    """12月5号, 十二月五日, 五号, 下个月一号."""
    for said, months in (("下个月", 1), ("下月", 1), ("这个月", 0), ("本月", 0)):
        if "".join(tokens[start : start + len(said)]) == said:
            for end, number in cardinals(tokens, start + len(said)):
                if number.denominator == 1 and 1 <= number <= 31 and word(tokens, end) in {"号", "日"}:
                    yield end + 1, Moment(months=months, day=int(number))
    for end, number in cardinals(tokens, start):
        if number.denominator != 1 or not 1 <= number <= 31:
            continue
        if word(tokens, end) == "月" and number <= 12:
            for after, day in cardinals(tokens, end + 1):
                if day.denominator == 1 and 1 <= day <= 31 and word(tokens, after) in {"号", "日"}:
                    yield after + 1, Moment(month=int(number), day=int(day))
        elif word(tokens, end) == "号":
            yield end + 1, Moment(day=int(number))


def clocks(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    """A time of day: 七点, 七点半, 三点一刻, 差五分七点, 7:30, 19点30分."""
    if match := _CLOCK.fullmatch(word(tokens, start)):
        hour, minute = int(match[1]), int(match[2])
        if hour <= 24 and minute <= 59:
            yield start + 1, _clock(hour, minute, zero=match[1][0] == "0")
    if (match := _HALF_PAST.fullmatch(word(tokens, start))) and int(match[1]) <= 24:
        yield start + 1, _clock(int(match[1]), 30, zero=False)
    if word(tokens, start) == "差":
        for end, minutes in _minutes(tokens, start + 1):
            for after, clock in clocks(tokens, end):
                if clock.minute == 0 and clock.hour is not None:
                    yield after, _earlier(clock, minutes)
    for end, number in cardinals(tokens, start):
        if number.denominator != 1 or not 0 <= number <= 24 or word(tokens, end) not in {"点", "时"}:
            continue
        hour, at = int(number), end + 1
        zero = word(tokens, start).startswith("0")
        yield at, _clock(hour, 0, zero)
        if word(tokens, at) in {"钟", "整"}:
            yield at + 1, _clock(hour, 0, zero)
        if word(tokens, at) == "半":
            yield at + 1, _clock(hour, 30, zero)
        if word(tokens, at) == "差":
            for after, minutes in _minutes(tokens, at + 1):
                yield after, _earlier(_clock(hour, 0, zero), minutes)
        past = at + (word(tokens, at) in {"过", "零"})
        for after, minutes in _minutes(tokens, past, bare=True):
            if (
                minutes >= 10
                or past > at
                or word(tokens, after - 1) in {"分", "刻"}
                or _two_digits(tokens, at)
            ):
                yield after, _clock(hour, minutes, zero)


def _two_digits(tokens: Sequence[str], at: int) -> bool:
    return word(tokens, at).isdigit() and len(word(tokens, at)) == 2


def _minutes(tokens: Sequence[str], start: int, *, bare: bool = False) -> Iterator[tuple[int, int]]:
    """一刻, 五分, 十五分(钟); with ``bare`` also a number alone."""
    at = start + (bare and word(tokens, start) == "零")
    for end, number in cardinals(tokens, at):
        if number.denominator != 1 or not 0 < number < 60:
            continue
        following = word(tokens, end)
        if following == "刻" and number in (1, 3):
            yield end + 1, int(number) * 15
        elif following == "分":
            yield end + 1, int(number)
            if word(tokens, end + 1) == "钟" and not bare:
                yield end + 2, int(number)
        elif bare and following not in {"点", "个", "秒", "月", "号"}:
            yield end, int(number)


def _clock(hour: int, minute: int, zero: bool) -> Moment:
    return Moment(hour=hour, minute=minute, half="24" if zero or hour > 12 or hour == 0 else "")


def _earlier(clock: Moment, minutes: int) -> Moment:
    hour, minute = divmod((clock.hour or 0) * 60 - minutes, 60)
    return replace(clock, hour=hour or 12 if not clock.half else hour % 24, minute=minute)
