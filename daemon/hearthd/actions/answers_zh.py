"""The answers in Chinese."""

from __future__ import annotations

from datetime import date, datetime

from hearthd.actions.result import Item, Outcome, Reason, Result
from hearthd.actions.units import Unit
from hearthd.actions.wording_zh import clock, day, left, length, listed, moment, recurrence, weekday, yours
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


def wordings(command: SpokenCommand, result: Result, now: datetime) -> list[str]:
    """The ways to say what came of ``command``; none: nothing need be said."""
    kind = command.name.partition("_")[0]
    match result.outcome:
        case Outcome.REFUSED:
            return [_REFUSED[result.reason or Reason.IMPOSSIBLE]]
        case Outcome.ASK:
            missing = "when" if kind == "reminder" and result.missing == "at" else result.missing
            return [_ASKED[missing]]
        case Outcome.WHICH:
            return [f"{listed([called(item, now) for item in result.items], '还是')}？"]
        case Outcome.NONE:
            return _nothing(command)
        case Outcome.OVER:
            return ["它已经响过了。", "那个已经到时间了。"]
    if kind in _KINDS or command.name == "snooze":
        return _about_items(command, result.items, now)
    return _about_talk(command, result, now)


def called(item: Item, now: datetime) -> str:
    """泡面计时器, 10分钟的计时器, 明天早上7点的闹钟."""
    kind = _KINDS[item.kind]
    if item.kind == "timer":
        return f"{item.name.removesuffix(kind)}{kind}" if item.name else f"{length(item.seconds)}的{kind}"
    if item.kind == "reminder":
        return f"{yours(item.name)}的提醒" if item.name else "提醒"
    return f"{item.name.removesuffix(kind)}{kind}" if item.name else f"{_when(item, now)}的{kind}"


def _when(item: Item, now: datetime) -> str:
    if item.at is None:
        return f"{left(item.left)}后"
    return f"{recurrence(item.repeats)}{clock(item.at)}" if item.repeats else moment(item.at, now)


def _nothing(command: SpokenCommand) -> list[str]:
    kind = _KINDS.get(command.name.partition("_")[0], "")
    if command.name == "snooze":
        return ["现在没有在响的。"]
    if command.name == "repeat":
        return ["我还没说过什么。"]
    if command.name == "forget_last":
        return ["没有什么可忘的。"]
    name = command.slots.get("name") or (command.slots.get("text") if kind == "提醒" else None)
    if name:
        return [f"没有{yours(str(name)).removesuffix(kind)}{'的' if kind == '提醒' else ''}{kind}。"]
    return [f"现在没有{kind}。", f"没有设{kind}。"]


def _about_items(command: SpokenCommand, items: tuple[Item, ...], now: datetime) -> list[str]:
    if not items:
        return ["好的。"]
    one = items[0]
    match command.name:
        case "timer_set" if one.name:
            return [
                f"{called(one, now)}，{length(one.seconds)}，开始计时。",
                f"好的，{called(one, now)}定了{length(one.seconds)}。",
            ]
        case "timer_set":
            return [f"好的，{length(one.seconds)}，开始计时。", f"{length(one.seconds)}的计时器定好了。"]
        case "timer_query" | "timer_list":
            return [_lefts(items, now)]
        case "timer_add":
            return [f"加好了，还剩{left(one.left)}。", f"好的，现在还剩{left(one.left)}。"]
        case "timer_subtract":
            return [f"减好了，还剩{left(one.left)}。", f"好的，现在还剩{left(one.left)}。"]
        case "timer_pause":
            return [f"暂停了，还剩{left(one.left)}。"] if len(items) == 1 else ["都暂停了。"]
        case "timer_resume":
            return [f"继续计时，还剩{left(one.left)}。"] if len(items) == 1 else ["都继续了。"]
        case "alarm_set":
            return _alarm_set(one, now)
        case "alarm_list" | "reminder_list":
            return [_listed(items, now)]
        case "reminder_set":
            when = _when(one, now)
            if not one.name:
                return [f"好的，{when}提醒你。", f"{when}我会提醒你。"]
            return [f"好的，{when}提醒你{yours(one.name)}。", f"{when}我会提醒你{yours(one.name)}。"]
        case "snooze":
            return [f"好的，{length(one.left)}后再响。", f"再等{length(one.left)}。"]
    return _cancelled(items, now)


def _lefts(items: tuple[Item, ...], now: datetime) -> str:
    if len(items) == 1:
        return f"{_state(items[0], called(items[0], now) if items[0].name else '')}。"
    return f"有{len(items)}个计时器：{'；'.join(_state(item, called(item, now)) for item in items)}。"


def _state(item: Item, name: str) -> str:
    if item.ringing:
        return f"{name or '它'}正在响"
    return f"{name}暂停了，还剩{left(item.left)}" if item.paused else f"{name}还剩{left(item.left)}"


def _alarm_set(alarm: Item, now: datetime) -> list[str]:
    if alarm.at is None:
        return [f"好的，{length(alarm.left)}后叫你。"]
    if alarm.repeats:
        when = f"{recurrence(alarm.repeats)}{clock(alarm.at)}"
        first = day(alarm.at.date(), now.date())
        return [f"闹钟定好了，{when}，{first}开始。", f"好的，{when}叫你，从{first}开始。"]
    when = moment(alarm.at, now)
    return [f"闹钟定好了，{when}。", f"好的，{when}叫你。"]


def _listed(items: tuple[Item, ...], now: datetime) -> str:
    each = [f"{_when(item, now)}{yours(item.name) if item.name else ''}" for item in items]
    return f"有{len(items)}个{_KINDS[items[0].kind]}：{'；'.join(each)}。"


def _cancelled(items: tuple[Item, ...], now: datetime) -> list[str]:
    if len(items) > 1:
        return [f"{len(items)}个{_KINDS[items[0].kind]}都取消了。"]
    return [f"{called(items[0], now)}取消了。", f"好的，取消了{called(items[0], now)}。"]


def _about_talk(command: SpokenCommand, result: Result, now: datetime) -> list[str]:
    match command.name:
        case "time":
            return [f"现在是{clock(now)}。", f"{clock(now)}。"]
        case "date" | "weekday":
            return [_date(command, now.date())]
        case "volume_set" | "volume_up" | "volume_down":
            return [f"音量{result.level}%。", f"好的，音量{result.level}%。"]
        case "mute":
            return ["我的麦克风关了，要再打开，请按音箱上的按钮或者用家里的应用。"]
        case "repeat" | "calculate" | "convert":
            return [result.text]
        case "new_conversation":
            return ["好的，我们重新开始。", "好，新的对话。"]
        case "forget_last":
            return ["好的，忘掉了。", "已经忘了。"]
        case "never_mind":
            return ["好的。", "好。"]
    return []


def _date(command: SpokenCommand, today: date) -> str:
    asked = command.slots.get("at")
    when = date.fromisoformat(str(asked)) if asked else today
    ahead = (when - today).days
    subject = {0: "今天", 1: "明天", 2: "后天"}.get(ahead, f"{when.month}月{when.day}号")
    if command.name == "weekday":
        return f"{subject}是{weekday(when)}。"
    return f"{subject}是{when.year}年{when.month}月{when.day}号，{weekday(when)}。"


def sum_text(text: str, *, exact: bool) -> str:
    """What a sum comes to."""
    return f"{'等于' if exact else '大约等于'}{text}。"


def conversion_text(value: str, unit: Unit, text: str, into: Unit, *, exact: bool) -> str:
    """What a conversion comes to."""
    return f"{value}{unit.chinese}{'是' if exact else '大约是'}{text}{into.chinese}。"
