"""The answers in English."""

from __future__ import annotations

from datetime import datetime

from hearthd.actions.result import Item, Outcome, Reason, Result
from hearthd.actions.wording_en import (
    adjective,
    clock,
    day,
    left,
    length,
    listed,
    moment,
    recurrence,
    yours,
)
from hearthd.dialogue.intent import SpokenCommand

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


def unfinished(command: SpokenCommand, result: Result, now: datetime) -> list[str]:
    """The ways to say that ``command`` was not done, or not yet."""
    kind = command.name.partition("_")[0]
    match result.outcome:
        case Outcome.ASK:
            missing = "when" if kind == "reminder" and result.missing == "at" else result.missing
            return [_ASKED[missing]]
        case Outcome.WHICH:
            return [_which(result.items, now)]
        case Outcome.NONE:
            return _nothing(command)
        case Outcome.OVER:
            return ["It has rung already.", "That one has already gone off."]
    return [_REFUSED[result.reason or Reason.IMPOSSIBLE]]


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
    return f"the alarm {_for(time_of(item, now))}"


def _for(when: str) -> str:
    """``when`` as it stands after "alarm"."""
    return when if when.startswith("in ") else f"for {when.removeprefix('on ')}"


def time_of(item: Item, now: datetime) -> str:
    """When it rings, as it stands in a sentence."""
    if item.at is None:
        return f"in {left(item.left)}"
    if item.repeats:
        return f"{recurrence(item.repeats)} at {clock(item.at)}"
    return moment(item.at, now)


def _nothing(command: SpokenCommand) -> list[str]:
    kind = command.name.partition("_")[0]
    name = command.slots.get("name") or (command.slots.get("text") if kind == "reminder" else None)
    if name:
        return [f"There is no {kind} called {yours(str(name))}."]
    if command.slots.keys() & {"at", "repeats"}:
        return [f"There is no such {kind}."]
    return [f"There is no {kind} set.", f"No {kind}s are set."]


def left_of(item: Item) -> str:
    """As in: 5 minutes left."""
    return f"{left(item.left)} left"


def lefts(items: tuple[Item, ...]) -> str:
    """How long is left on each."""
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
        return f"is paused with {left_of(item)}" if verb else f"Paused, with {left_of(item)}"
    name = item.name.removesuffix(" timer")
    return f"{verb}{left_of(item)}" if verb else f"{left_of(item)}{f' on the {name} timer' if name else ''}"


def alarm_set(alarm: Item, now: datetime) -> list[str]:
    """The ways to say that an alarm is set."""
    if alarm.at is None:
        return [f"Alarm set, in {length(alarm.left)}."]
    if alarm.repeats:
        first = day(alarm.at.date(), now.date())
        when = f"{recurrence(alarm.repeats)} at {clock(alarm.at)}"
        return [f"Alarm set {_for(when)}, first {first}.", f"I'll wake you {when}, first {first}."]
    when = moment(alarm.at, now)
    return [f"Alarm set {_for(when)}.", f"OK, I'll ring {when}."]


def times_of(items: tuple[Item, ...], now: datetime) -> str:
    """When each of them rings."""
    kind = items[0].kind
    each = []
    for item in items:
        when = time_of(item, now)
        each.append(f"{when}{': ' if kind == 'reminder' else ', '}{yours(item.name)}" if item.name else when)
    return f"{count(len(items), kind).capitalize()}: {'; '.join(each)}."


def cancelled(items: tuple[Item, ...], now: datetime) -> list[str]:
    """The ways to say that they are cancelled."""
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
