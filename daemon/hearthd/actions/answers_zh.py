"""The answers in Chinese."""

from __future__ import annotations

from datetime import datetime

from hearthd.actions.result import Item, Outcome, Reason, Result
from hearthd.actions.wording_zh import clock, day, left, length, listed, moment, recurrence, yours
from hearthd.dialogue.intent import SpokenCommand

_KINDS = {"timer": "计时器", "alarm": "闹钟", "reminder": "提醒"}
_REFUSED = {
    Reason.OFF: "计时功能在设置里关掉了。",
    Reason.TOO_LONG: "时间太长了，计时器最多一个星期。",
    Reason.TOO_MANY: "已经设得太多了，先取消几个吧。",
    Reason.TOO_FAR: "时间太远了，最多一年以后。",
    Reason.ZERO: "零不能做除数。",
    Reason.ROOT: "负数没有平方根。",
    Reason.TOO_LARGE: "这个数太大了，我说不出来。",
    Reason.DISK: "不能确定已经忘掉了，磁盘没有回应。",
    Reason.IMPOSSIBLE: "这个我做不到。",
}
_ASKED = {
    "seconds": "要多长时间？",
    "at": "定在几点？",
    "when": "什么时候提醒你？",
    "text": "提醒你什么？",
}


def unfinished(command: SpokenCommand, result: Result, now: datetime) -> list[str]:
    """The ways to say that ``command`` was not done, or not yet."""
    kind = command.name.partition("_")[0]
    match result.outcome:
        case Outcome.ASK:
            missing = "when" if kind == "reminder" and result.missing == "at" else result.missing
            return [_ASKED[missing]]
        case Outcome.WHICH:
            return [f"{listed([called(item, now) for item in result.items], '还是')}？"]
        case Outcome.NONE:
            return _nothing(command)
        case Outcome.OVER:
            return ["它已经响过了。", "那个已经到时间了。"]
    return [_REFUSED[result.reason or Reason.IMPOSSIBLE]]


def called(item: Item, now: datetime) -> str:
    """泡面计时器, 10分钟的计时器, 明天早上7点的闹钟."""
    kind = _KINDS[item.kind]
    if item.kind == "timer":
        return f"{item.name.removesuffix(kind)}{kind}" if item.name else f"{length(item.seconds)}的{kind}"
    if item.kind == "reminder":
        return f"{yours(item.name)}的提醒" if item.name else "提醒"
    return f"{item.name.removesuffix(kind)}{kind}" if item.name else f"{time_of(item, now)}的{kind}"


def time_of(item: Item, now: datetime) -> str:
    """When it rings, as it stands in a sentence."""
    if item.at is None:
        return f"{left(item.left)}后"
    return f"{recurrence(item.repeats)}{clock(item.at)}" if item.repeats else moment(item.at, now)


def _nothing(command: SpokenCommand) -> list[str]:
    kind = _KINDS.get(command.name.partition("_")[0], "")
    name = command.slots.get("name") or (command.slots.get("text") if kind == "提醒" else None)
    if name:
        return [f"没有{yours(str(name)).removesuffix(kind)}{'的' if kind == '提醒' else ''}{kind}。"]
    if command.slots.keys() & {"at", "repeats"}:
        return [f"没有这样的{kind}。"]
    return [f"现在没有{kind}。", f"没有设{kind}。"]


def left_of(item: Item) -> str:
    """还剩5分钟."""
    return f"还剩{left(item.left)}"


def lefts(items: tuple[Item, ...], now: datetime) -> str:
    """How long is left on each."""
    if len(items) == 1:
        return f"{_state(items[0], called(items[0], now) if items[0].name else '')}。"
    return f"有{len(items)}个计时器：{'；'.join(_state(item, called(item, now)) for item in items)}。"


def _state(item: Item, name: str) -> str:
    if item.ringing:
        return f"{name or '它'}正在响"
    return f"{name}暂停了，还剩{left(item.left)}" if item.paused else f"{name}还剩{left(item.left)}"


def alarm_set(alarm: Item, now: datetime) -> list[str]:
    """The ways to say that an alarm is set."""
    if alarm.at is None:
        return [f"好的，{length(alarm.left)}后叫你。"]
    if alarm.repeats:
        when = f"{recurrence(alarm.repeats)}{clock(alarm.at)}"
        first = day(alarm.at.date(), now.date())
        return [f"闹钟定好了，{when}，{first}开始。", f"好的，{when}叫你，从{first}开始。"]
    when = moment(alarm.at, now)
    return [f"闹钟定好了，{when}。", f"好的，{when}叫你。"]


def times_of(items: tuple[Item, ...], now: datetime) -> str:
    """When each of them rings."""
    each = [f"{time_of(item, now)}{yours(item.name) if item.name else ''}" for item in items]
    return f"有{len(items)}个{_KINDS[items[0].kind]}：{'；'.join(each)}。"


def cancelled(items: tuple[Item, ...], now: datetime) -> list[str]:
    """The ways to say that they are cancelled."""
    if len(items) > 1:
        return [f"{len(items)}个{_KINDS[items[0].kind]}都取消了。"]
    return [f"{called(items[0], now)}取消了。", f"好的，取消了{called(items[0], now)}。"]
