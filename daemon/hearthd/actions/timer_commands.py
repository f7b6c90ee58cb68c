"""Timers, alarms and reminders: the spoken commands, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hearthd.actions import answers_en as en
from hearthd.actions import answers_zh as zh
from hearthd.actions.result import Item, Outcome, Reason, Result
from hearthd.actions.row import Household, Perform, Row, Wordings
from hearthd.actions.timer_deeds import TimerDeeds
from hearthd.actions.timers.alert import Kind
from hearthd.actions.wording_en import length, yours
from hearthd.actions.wording_zh import length as length_zh
from hearthd.actions.wording_zh import yours as yours_zh
from hearthd.dialogue.intent import SpokenCommand


def _kept(deed: Callable[[TimerDeeds, SpokenCommand], Result]) -> Perform:
    """``deed``, where timers are not switched off."""

    def perform(household: Household, command: SpokenCommand) -> Result:
        timers = household.timers
        return Result(Outcome.REFUSED, reason=Reason.OFF) if timers is None else deed(timers, command)

    return perform


def _set(kind: Kind) -> Perform:
    return _kept(lambda deeds, command: deeds.set(kind, command))


def _told(kind: Kind) -> Perform:
    return _kept(lambda deeds, command: deeds.tell(kind, command))


def _cancelled(kind: Kind) -> Perform:
    return _kept(lambda deeds, command: deeds.cancel(kind, command))


def _added(deeds: TimerDeeds, command: SpokenCommand, sign: int) -> Result:
    by = sign * float(command.slots.get("seconds", 0))
    return deeds.change(
        Kind.TIMER, command, lambda deeds, alert, _: deeds.timers.add(alert.id, by), amount=True
    )


_paused = _kept(
    lambda deeds, command: deeds.change(
        Kind.TIMER, command, lambda deeds, alert, _: deeds.timers.pause(alert.id)
    )
)
_resumed = _kept(
    lambda deeds, command: deeds.change(
        Kind.TIMER, command, lambda deeds, alert, _: deeds.timers.resume(alert.id)
    )
)


def _of_items(words: Callable[[tuple[Item, ...], datetime], list[str]], done: str) -> Wordings:
    """``words`` of what it was done to; ``done`` if there is nothing to tell of."""
    return lambda command, result, now: words(result.items, now) if result.items else [done]


def _en(words: Callable[[tuple[Item, ...], datetime], list[str]]) -> Wordings:
    return _of_items(words, "OK.")


def _zh(words: Callable[[tuple[Item, ...], datetime], list[str]]) -> Wordings:
    return _of_items(words, "好的。")


def _timer_set_en(items: tuple[Item, ...], now: datetime) -> list[str]:
    one = items[0]
    if not one.name:
        return [f"{length(one.seconds)}, starting now.".capitalize(), f"Timer set for {length(one.seconds)}."]
    name = one.name.removesuffix(" timer").capitalize()
    return [
        f"{name} timer, {length(one.seconds)}, starting now.",
        f"{name} timer set for {length(one.seconds)}.",
    ]


def _timer_set_zh(items: tuple[Item, ...], now: datetime) -> list[str]:
    one = items[0]
    long = length_zh(one.seconds)
    if not one.name:
        return [f"好的，{long}，开始计时。", f"{long}的计时器定好了。"]
    return [f"{zh.called(one, now)}，{long}，开始计时。", f"好的，{zh.called(one, now)}定了{long}。"]


def _reminder_set_en(items: tuple[Item, ...], now: datetime) -> list[str]:
    one, when = items[0], en.time_of(items[0], now)
    if not one.name:
        return [f"I'll remind you {when}.", f"OK, a reminder {when}."]
    begin = f"{when[:1].upper()}{when[1:]}"
    return [f"I'll remind you {when}: {yours(one.name)}.", f"{begin} I'll remind you: {yours(one.name)}."]


def _reminder_set_zh(items: tuple[Item, ...], now: datetime) -> list[str]:
    what, when = yours_zh(items[0].name) if items[0].name else "", zh.time_of(items[0], now)
    return [f"好的，{when}提醒你{what}。", f"{when}我会提醒你{what}。"]


_TIMES = (
    _en(lambda items, now: [en.times_of(items, now)]),
    _zh(lambda items, now: [zh.times_of(items, now)]),
)
_LEFTS = (_en(lambda items, now: [en.lefts(items)]), _zh(lambda items, now: [zh.lefts(items, now)]))
_GONE = (_en(en.cancelled), _zh(zh.cancelled))

TIMERS = (
    Row("timer_set", _set(Kind.TIMER), _en(_timer_set_en), _zh(_timer_set_zh)),
    Row("timer_query", _told(Kind.TIMER), *_LEFTS),
    Row("timer_list", _told(Kind.TIMER), *_LEFTS),
    Row(
        "timer_add",
        _kept(lambda deeds, command: _added(deeds, command, 1)),
        _en(lambda items, _: [f"Added. {en.left_of(items[0])}.", f"OK, {en.left_of(items[0])} now."]),
        _zh(lambda items, _: [f"加好了，{zh.left_of(items[0])}。", f"好的，现在{zh.left_of(items[0])}。"]),
    ),
    Row(
        "timer_subtract",
        _kept(lambda deeds, command: _added(deeds, command, -1)),
        _en(lambda items, _: [f"Done. {en.left_of(items[0])}.", f"OK, {en.left_of(items[0])} now."]),
        _zh(lambda items, _: [f"减好了，{zh.left_of(items[0])}。", f"好的，现在{zh.left_of(items[0])}。"]),
    ),
    Row(
        "timer_pause",
        _paused,
        _en(
            lambda items, _: [
                f"Paused, with {en.left_of(items[0])}." if len(items) == 1 else "All paused.",
            ]
        ),
        _zh(lambda items, _: [f"暂停了，{zh.left_of(items[0])}。" if len(items) == 1 else "都暂停了。"]),
    ),
    Row(
        "timer_resume",
        _resumed,
        _en(lambda items, _: [f"Going on. {en.left_of(items[0])}." if len(items) == 1 else "All going on."]),
        _zh(lambda items, _: [f"继续计时，{zh.left_of(items[0])}。" if len(items) == 1 else "都继续了。"]),
    ),
    Row("timer_cancel", _cancelled(Kind.TIMER), *_GONE),
)
ALARMS = (
    Row(
        "alarm_set",
        _set(Kind.ALARM),
        _en(lambda items, now: en.alarm_set(items[0], now)),
        _zh(lambda items, now: zh.alarm_set(items[0], now)),
    ),
    Row("alarm_list", _told(Kind.ALARM), *_TIMES),
    Row("alarm_cancel", _cancelled(Kind.ALARM), *_GONE),
    Row(
        "snooze",
        _kept(TimerDeeds.snooze),
        _en(
            lambda items, _: [f"Snoozing for {length(items[0].left)}.", f"OK, {length(items[0].left)} more."]
        ),
        _zh(
            lambda items, _: [
                f"好的，{length_zh(items[0].left)}后再响。",
                f"再等{length_zh(items[0].left)}。",
            ]
        ),
        nothing={"en": "Nothing is ringing.", "zh": "现在没有在响的。"},
    ),
)
REMINDERS = (
    Row("reminder_set", _set(Kind.REMINDER), _en(_reminder_set_en), _zh(_reminder_set_zh)),
    Row("reminder_list", _told(Kind.REMINDER), *_TIMES),
    Row("reminder_cancel", _cancelled(Kind.REMINDER), *_GONE),
)
