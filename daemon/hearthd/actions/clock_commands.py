"""Time, date and weekday: the spoken commands, and what is said of them."""

from __future__ import annotations

from datetime import date, datetime

from hearthd.actions import wording_en, wording_zh
from hearthd.actions.result import Result
from hearthd.actions.row import Row, nothing_to_do
from hearthd.dialogue.intent import SpokenCommand
from hearthd.text.understand.moments import WEEKDAYS


def _time_en(command: SpokenCommand, result: Result, now: datetime) -> list[str]:
    return [f"It's {wording_en.clock(now)}."]


def _time_zh(command: SpokenCommand, result: Result, now: datetime) -> list[str]:
    return [f"现在是{wording_zh.clock(now)}。", f"{wording_zh.clock(now)}。"]


def _date_en(command: SpokenCommand, result: Result, now: datetime) -> list[str]:
    today = now.date()
    asked = command.slots.get("at")
    when = date.fromisoformat(str(asked)) if asked else today
    weekday = WEEKDAYS[when.weekday()].title()
    ahead = (when - today).days
    subject = {0: "It's", 1: "Tomorrow is", -1: "Yesterday was"}.get(
        ahead, f"{wording_en.month_day(when)} is a" if command.name == "weekday" else "That's"
    )
    if command.name == "weekday":
        return [f"{subject} {weekday}."]
    return [f"{subject} {weekday}, {wording_en.month_day(when)}, {when.year}."]


_DAYS_ZH = {-2: "前天", -1: "昨天", 0: "今天", 1: "明天", 2: "后天"}


def _date_zh(command: SpokenCommand, result: Result, now: datetime) -> list[str]:
    today = now.date()
    asked = command.slots.get("at")
    when = date.fromisoformat(str(asked)) if asked else today
    ahead = (when - today).days
    subject = _DAYS_ZH.get(ahead, f"{when.month}月{when.day}号")
    if command.name == "weekday":
        return [f"{subject}是{wording_zh.weekday(when)}。"]
    return [f"{subject}是{when.year}年{when.month}月{when.day}号，{wording_zh.weekday(when)}。"]


ROWS = (
    Row("time", nothing_to_do, _time_en, _time_zh),
    Row("date", nothing_to_do, _date_en, _date_zh),
    Row("weekday", nothing_to_do, _date_en, _date_zh),
)
