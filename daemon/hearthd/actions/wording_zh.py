"""Lengths, times and days in Chinese, as an answer tells them. Figures are read out by ``text.normalize``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from hearthd.actions.wording_en import NEAR_DAYS
from hearthd.text.understand.moments import WEEKDAYS, WEEKEND, WORKDAYS

_DAYS = ("今天", "明天", "后天")
_WEEK = "一二三四五六日"
_PARTS = ((5, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
"""Until which hour, and what the hours before it are called."""


def length(seconds: float) -> str:
    """1小时20分钟, 两分钟 as 2分钟."""
    whole = max(1, round(seconds))
    days, rest = divmod(whole, 86_400)
    hours, minutes, second = rest // 3600, rest // 60 % 60, rest % 60
    if (days, hours, minutes, second) == (0, 0, 30, 0):
        return "半小时"
    if hours and minutes == 30 and not second and not days:
        return f"{hours}个半小时"
    counted = ((days, "天"), (hours, "小时"), (minutes, "分钟"), (second, "秒"))
    return "".join(f"{count}{unit}" for count, unit in counted if count)


def left(seconds: float) -> str:
    """The same, as far as anybody wants to know: no seconds beyond ten minutes, no minutes beyond a day."""
    step = 60 if seconds >= 600 else 1
    step = 3600 if seconds >= 86_400 else step
    return length(max(step, round(seconds / step) * step))


def clock(at: datetime) -> str:
    """早上7点, 下午3点半, 晚上8点05分."""
    part = next(name for until, name in _PARTS if at.hour < until)
    hour = at.hour if at.hour <= 12 else at.hour - 12
    minutes = "半" if at.minute == 30 else f"{at.minute:02}分" if at.minute else ""
    return f"{part}{hour}点{minutes}"


def weekday(when: date) -> str:
    """星期六."""
    return f"星期{_WEEK[when.weekday()]}"


def day(when: date, today: date) -> str:
    """明天, 星期六, 12月5号星期六."""
    ahead = (when - today).days
    if 0 <= ahead < len(_DAYS):
        return _DAYS[ahead]
    return weekday(when) if 0 < ahead < NEAR_DAYS else f"{when.month}月{when.day}号{weekday(when)}"


def moment(at: datetime, now: datetime) -> str:
    """明天早上7点; 10分钟后 if it is that soon."""
    away = (at - now).total_seconds()
    if 0 < away < 3600 and round(away) % 60 == 0:
        return f"{length(away)}后"
    return f"{day(at.date(), now.date())}{clock(at)}"


def recurrence(days: Sequence[str]) -> str:
    """每天, 工作日, 每周二和周四."""
    if len(days) == len(WEEKDAYS):
        return "每天"
    if tuple(days) == WORKDAYS:
        return "每个工作日"
    if tuple(days) == WEEKEND:
        return "每个周末"
    return f"每{listed(['周' + _WEEK[WEEKDAYS.index(name)] for name in days])}"


def listed(parts: Sequence[str], joining: str = "和") -> str:
    """甲、乙和丙."""
    return "、".join(parts[:-1]) + (joining if len(parts) > 1 else "") + "".join(parts[-1:])


def yours(text: str) -> str:
    """A person's words, told back to them: 我妈妈 is 你妈妈."""
    return text.replace("我们", "你们").replace("我", "你").replace("咱们", "你们")
