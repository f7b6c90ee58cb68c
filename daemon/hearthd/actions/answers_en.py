"""The answers in English."""

from __future__ import annotations

from datetime import date, datetime

from hearthd.actions.result import Item, Outcome, Reason, Result
from hearthd.actions.units import Unit
from hearthd.actions.wording_en import (
    adjective,
    clock,
    day,
    left,
    length,
    listed,
    moment,
    month_day,
    recurrence,
    yours,
)
from hearthd.dialogue.intent import SpokenCommand
from hearthd.text.understand.moments import WEEKDAYS

_REFUSED = {
    Reason.OFF: "Timers are switched off in my configuration.",
    Reason.TOO_LONG: "That's too long for a timer. A week is the longest I can do.",
    Reason.TOO_MANY: "There are too many set already. Cancel some first.",
    Reason.TOO_FAR: "That's too far ahead. A year is the furthest I can do.",
    Reason.ZERO: "Nothing can be divided by zero.",
    Reason.ROOT: "Negative numbers have no square root.",
    Reason.TOO_LARGE: "That number is too big to say.",
    Reason.DISK: "I'm not sure that it's gone: my disk doesn't answer.",
    Reason.IMPOSSIBLE: "I can't do that.",
}
_ASKED = {
    "seconds": "For how long?",
    "at": "For what time?",
    "when": "When shall I remind you?",
    "text": "What shall I remind you of?",
}
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


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
            return [_which(result.items, now)]
        case Outcome.NONE:
            return _nothing(command)
        case Outcome.OVER:
            return ["It has rung already.", "That one has already gone off."]
    if kind in {"timer", "alarm", "reminder"} or command.name == "snooze":
        return _about_items(command, result.items, now)
    return _about_talk(command, result, now)


def _which(items: tuple[Item, ...], now: datetime) -> str:
    named = listed([called(item, now) for item in items], "or")
    return f"{named[:1].upper()}{named[1:]}?"


def called(item: Item, now: datetime) -> str:
    """What an answer calls it, as in "the pasta timer"."""
    if item.kind == "timer":
        named = item.name or adjective(item.seconds)
        return f"the {named.removesuffix(' timer')} timer"
    if item.kind == "reminder":
        return f"the reminder: {yours(item.name)}" if item.name else "the reminder"
    if item.name:
        return f"the {item.name.removesuffix(' alarm')} alarm"
    return f"the alarm {_for(_when(item, now))}"


def _for(when: str) -> str:
    """``when`` as it stands after "alarm"."""
    return when if when.startswith("in ") else f"for {when.removeprefix('on ')}"


def _when(item: Item, now: datetime) -> str:
    if item.at is None:
        return f"in {left(item.left)}"
    if item.repeats:
        return f"{recurrence(item.repeats)} at {clock(item.at)}"
    return moment(item.at, now)


def _nothing(command: SpokenCommand) -> list[str]:
    kind = command.name.partition("_")[0]
    if command.name == "snooze":
        return ["Nothing is ringing."]
    if command.name == "repeat":
        return ["I haven't said anything yet."]
    if command.name == "forget_last":
        return ["There is nothing to forget."]
    name = command.slots.get("name") or (command.slots.get("text") if kind == "reminder" else None)
    if name:
        return [f"There is no {kind} called {yours(str(name))}."]
    return [f"There is no {kind} set.", f"No {kind}s are set."]


def _about_items(command: SpokenCommand, items: tuple[Item, ...], now: datetime) -> list[str]:
    if not items:
        return ["OK."]
    one = items[0]
    match command.name:
        case "timer_set" if one.name:
            name = one.name.removesuffix(" timer").capitalize()
            return [
                f"{name} timer, {length(one.seconds)}, starting now.",
                f"{name} timer set for {length(one.seconds)}.",
            ]
        case "timer_set":
            return [
                f"{length(one.seconds)}, starting now.".capitalize(),
                f"Timer set for {length(one.seconds)}.",
            ]
        case "timer_query" | "timer_list":
            return [_lefts(items)]
        case "timer_add":
            return [f"Added. {_left(one)}.", f"OK, {_left(one)} now."]
        case "timer_subtract":
            return [f"Done. {_left(one)}.", f"OK, {_left(one)} now."]
        case "timer_pause":
            return (
                [f"Paused{_others(items)}, with {left(one.left)} left."]
                if len(items) == 1
                else ["All paused."]
            )
        case "timer_resume":
            return [f"Going on. {_left(one)}."] if len(items) == 1 else ["All going on."]
        case "alarm_set":
            return _alarm_set(one, now)
        case "alarm_list" | "reminder_list":
            return [_listed(items, now)]
        case "reminder_set":
            when = _when(one, now)
            if not one.name:
                return [f"I'll remind you {when}.", f"OK, a reminder {when}."]
            begin = f"{when[:1].upper()}{when[1:]}"
            return [
                f"I'll remind you {when}: {yours(one.name)}.",
                f"{begin} I'll remind you: {yours(one.name)}.",
            ]
        case "snooze":
            return [f"Snoozing for {length(one.left)}.", f"OK, {length(one.left)} more."]
    return _cancelled(command, items, now)


def _others(items: tuple[Item, ...]) -> str:
    return "" if len(items) == 1 else f" {len(items)} of them"


def _left(item: Item) -> str:
    return f"{left(item.left)} left"


def _lefts(items: tuple[Item, ...]) -> str:
    if len(items) == 1:
        return f"{_state(items[0], '')}."
    each = [
        f"the {item.name.removesuffix(' timer') or adjective(item.seconds)} timer {_state(item, 'has ')}"
        for item in items
    ]
    return f"{count(len(items), 'timer').capitalize()}: {'; '.join(each)}."


def _state(item: Item, verb: str) -> str:
    if item.ringing:
        return "is ringing now" if verb else "It's ringing now"
    if item.paused:
        return f"is paused with {_left(item)}" if verb else f"Paused, with {_left(item)}"
    name = item.name.removesuffix(" timer")
    return f"{verb}{_left(item)}" if verb else f"{_left(item)}{f' on the {name} timer' if name else ''}"


def _alarm_set(alarm: Item, now: datetime) -> list[str]:
    if alarm.at is None:
        return [f"Alarm set, in {length(alarm.left)}."]
    if alarm.repeats:
        first = day(alarm.at.date(), now.date())
        when = f"{recurrence(alarm.repeats)} at {clock(alarm.at)}"
        return [f"Alarm set {_for(when)}, first {first}.", f"I'll wake you {when}, first {first}."]
    when = moment(alarm.at, now)
    return [f"Alarm set {_for(when)}.", f"OK, I'll ring {when}."]


def _listed(items: tuple[Item, ...], now: datetime) -> str:
    kind = items[0].kind
    each = []
    for item in items:
        when = _when(item, now)
        each.append(f"{when}{': ' if kind == 'reminder' else ', '}{yours(item.name)}" if item.name else when)
    return f"{count(len(items), kind).capitalize()}: {'; '.join(each)}."


def _cancelled(command: SpokenCommand, items: tuple[Item, ...], now: datetime) -> list[str]:
    if len(items) > 1:
        return [
            f"{count(len(items), items[0].kind).capitalize()} cancelled.",
            f"All {len(items)} {items[0].kind}s are cancelled.",
        ]
    if items[0].kind == "reminder" and items[0].name:
        return [f"I won't remind you any more: {yours(items[0].name)}."]
    name = called(items[0], now)
    return [f"I've cancelled {name}.", f"{name[:1].upper()}{name[1:]} is cancelled."]


def count(number: int, noun: str) -> str:
    """So many of them: "one timer", "12 alarms"."""
    said = _COUNTS[number] if number < len(_COUNTS) else str(number)
    return f"{said} {noun}{'' if number == 1 else 's'}"


def _about_talk(command: SpokenCommand, result: Result, now: datetime) -> list[str]:
    match command.name:
        case "time":
            return [f"It's {clock(now)}."]
        case "date" | "weekday":
            return [_date(command, now.date())]
        case "volume_set" | "volume_up" | "volume_down":
            return [f"{result.level} percent.", f"Volume {result.level} percent."]
        case "mute":
            return ["My microphone is off now. Switch it on again at the speaker or in your home's app."]
        case "repeat" | "calculate" | "convert":
            return [result.text]
        case "new_conversation":
            return ["All right, let's start over.", "OK, a new conversation."]
        case "forget_last":
            return ["Forgotten.", "It's forgotten."]
        case "never_mind":
            return ["OK.", "All right."]
    return []


def _date(command: SpokenCommand, today: date) -> str:
    asked = command.slots.get("at")
    when = date.fromisoformat(str(asked)) if asked else today
    weekday = WEEKDAYS[when.weekday()].title()
    ahead = (when - today).days
    subject = {0: "It's", 1: "Tomorrow is"}.get(
        ahead, f"{month_day(when)} is a" if command.name == "weekday" else "That's"
    )
    if command.name == "weekday":
        return f"{subject} {weekday}."
    return f"{subject} {weekday}, {month_day(when)}, {when.year}."


def sum_text(text: str, *, exact: bool) -> str:
    """What a sum comes to."""
    return f"That's {'' if exact else 'about '}{text}."


def conversion_text(value: str, unit: Unit, text: str, into: Unit, *, exact: bool) -> str:
    """What a conversion comes to."""
    said = f"{value} {_counted(value, unit)}"
    verb = "is" if value in {"1", "-1"} or unit.measures == "temperature" else "are"
    return f"{said} {verb} {'' if exact else 'about '}{text} {_counted(text, into)}."


def _counted(figures: str, unit: Unit) -> str:
    return unit.name if figures in {"1", "-1"} and unit.measures != "temperature" else unit.plural
