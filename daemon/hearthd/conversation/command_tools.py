"""The spoken commands as tools of the chat model: what it fills in goes the way of a person's words.

A model is bad at dates and sums of minutes, so it hands on durations and times as they were said, and the
matcher of the spoken commands reads them; what comes of it is what the speaker would have answered itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from hearthd.actions.answers import answer
from hearthd.actions.late_matcher import UnderstandsCommands
from hearthd.actions.performer import Performer
from hearthd.actions.requests import Act
from hearthd.actions.result import Outcome
from hearthd.dialogue.intent import SpokenCommand
from hearthd.engines.messages import ToolSpec
from hearthd.tools.tool import Tool, ToolRefusedError

Read = Callable[["CommandTools", Mapping[str, Any]], SpokenCommand]
"""The command that a tool's arguments stand for. Raises ToolRefusedError."""

MAX_SAID = 120
"""Characters of a duration, a time or a name; who needs more wants something else."""
KINDS = ["timer", "alarm", "reminder"]
_TEXT = {"type": "string"}
_KIND = {"type": "string", "enum": KINDS}
_TIME = {**_TEXT, "description": "when, as it was said: 7 am tomorrow, every weekday at 7:30, 明早七点"}
_DURATION_SENTENCES = ("set a timer for {}", "定时{}")
_TIME_SENTENCES = ("set an alarm for {}", "set an alarm {}", "定{}的闹钟")
_SUM_SENTENCES = ("what is {}", "{}", "convert {}", "how much is {}", "{}等于多少", "{}是多少")
_UNCLEAR = "That {what} is not understood; nothing is done. Hand it on as it was said, such as {such}."


class CommandTools:
    """One room's."""

    def __init__(self, matcher: UnderstandsCommands, performer: Performer) -> None:
        self._matcher, self._performer = matcher, performer

    @property
    def tools(self) -> list[Tool]:
        """The tools. Timers that are switched off are none."""
        switched_off = not self._performer.keeps_time
        return [CommandTool(self, *row) for row in _ROWS if not (switched_off and row[0].name in _OF_TIMERS)]

    async def perform(self, command: SpokenCommand, language: str) -> str:
        """Do it; the sentence that says what came of it. Raises ToolRefusedError where nothing was done."""
        command = replace(command, language=language)
        result = await self._performer.perform(command)
        said = answer(command, result, self._performer.now()) or str(result.outcome)
        asked = command.name.endswith(("_list", "_query"))
        if result.outcome is not Outcome.DONE and not (asked and result.outcome is Outcome.NONE):
            raise ToolRefusedError(said)
        return said

    def understood(self, sentences: Sequence[str], said: str, names: Sequence[str]) -> SpokenCommand | None:
        """The command of one of ``names`` that a sentence with ``said`` in it is."""
        for sentence in sentences:
            found = self._matcher.understand(sentence.format(said), self._performer.now())
            if found is not None and found.name in names and not found.then:
                return found
        return None

    # --- what each tool's arguments stand for -------------------------------------------------------

    def timer(self, given: Mapping[str, Any]) -> SpokenCommand:
        """``duration``, perhaps ``name``."""
        said = _said(given["duration"])
        found = self.understood(_DURATION_SENTENCES, said, ["timer_set"])
        if found is None or "seconds" not in found.slots:
            raise ToolRefusedError(_UNCLEAR.format(what="duration", such="10 minutes, 半小时"))
        return _named(found.name, {"seconds": found.slots["seconds"]}, given)

    def alarm(self, given: Mapping[str, Any]) -> SpokenCommand:
        """``time``, perhaps ``name``."""
        slots, after = self._time(given)
        return replace(_named("alarm_set", slots, given), after=after)

    def reminder(self, given: Mapping[str, Any]) -> SpokenCommand:
        """``text`` and ``time``."""
        slots, after = self._time(given)
        return SpokenCommand("reminder_set", {**slots, "text": _said(given["text"])}, after=after)

    def listed(self, given: Mapping[str, Any]) -> SpokenCommand:
        """``kind``."""
        return SpokenCommand(f"{given['kind']}_list")

    def cancelled(self, given: Mapping[str, Any]) -> SpokenCommand:
        """``kind``, perhaps ``name``: that of one, or "all"."""
        name = _said(given.get("name", ""))
        if name.lower() in {"all", "所有", "全部"}:
            return SpokenCommand(f"{given['kind']}_cancel", {"all": True})
        return _named(f"{given['kind']}_cancel", {}, given)

    def volume(self, given: Mapping[str, Any]) -> SpokenCommand:
        """``level``: 0 to 100, "up" or "down"."""
        level = _said(given["level"]).lower().removesuffix("%").strip()
        if level in {"up", "down"}:
            return SpokenCommand(f"volume_{level}")
        if level.isdecimal() and int(level) <= 100:
            return SpokenCommand("volume_set", {"level": int(level)})
        raise ToolRefusedError(_UNCLEAR.format(what="volume", such="30, up, down"))

    def computed(self, given: Mapping[str, Any]) -> SpokenCommand:
        """``expression``."""
        found = self.understood(_SUM_SENTENCES, _said(given["expression"]), ["calculate", "convert"])
        if found is None:
            such = "17 * 23, 15% of 80, 180 celsius in fahrenheit"
            raise ToolRefusedError(_UNCLEAR.format(what="sum", such=such))
        return found

    def _time(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], int | None]:
        said = _said(given["time"])
        try:
            at = datetime.fromisoformat(said)
        except ValueError:
            at = None
        if at is not None and at.tzinfo is None and re.search(r"\d[T ]\d", said):
            return {"at": at.replace(microsecond=0).isoformat()}, None
        found = self.understood(_TIME_SENTENCES, said, ["alarm_set"])
        if found is None or "at" not in found.slots:
            raise ToolRefusedError(
                _UNCLEAR.format(what="time", such="7 am tomorrow, in 20 minutes, 明早七点")
            )
        return {key: found.slots[key] for key in ("at", "repeats") if key in found.slots}, found.after


class CommandTool:
    """A ``Tool``."""

    def __init__(self, commands: CommandTools, spec: ToolSpec, read: Read) -> None:
        self._commands, self._spec, self._read = commands, spec, read

    @property
    def spec(self) -> ToolSpec:
        """How it is described to the model."""
        return self._spec

    @property
    def finishes(self) -> bool:
        """It changes something."""
        return self._spec.name not in _LOOKING

    @property
    def answers_people(self) -> bool:
        """It says what the speaker would have said itself."""
        return True

    def serves(self, act: str) -> bool:
        """Timers are no lamp."""
        return not self.finishes or act in _SERVED.get(self._spec.name, _TIMED)

    async def call(self, arguments: Mapping[str, Any], language: str) -> str:
        """Do it."""
        return await self._commands.perform(self._read(self._commands, arguments), language)


def _said(value: Any) -> str:
    return " ".join(str(value).split())[:MAX_SAID].replace("{", "").replace("}", "")


def _named(command: str, slots: Mapping[str, Any], given: Mapping[str, Any]) -> SpokenCommand:
    name = _said(given.get("name", ""))
    return SpokenCommand(command, {**slots, "name": name} if name else dict(slots))


def _spec(tool: str, description: str, required: Sequence[str], /, **properties: Any) -> ToolSpec:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return ToolSpec(tool, description, schema)


_LOOKING = frozenset({"list_timers", "calculate"})
_TIMED = frozenset({Act.TIMER, Act.ALARM, Act.REMINDER})
_SERVED = {"change_volume": frozenset({Act.VOLUME, Act.MUSIC})}
"""What may be meant by a request for these; of all others ``_TIMED``."""
_OF_TIMERS = frozenset({"set_timer", "set_alarm", "set_reminder", "list_timers", "cancel_timer"})
_ROWS: tuple[tuple[ToolSpec, Read], ...] = (
    (
        _spec(
            "set_timer",
            "Set a timer that rings after a while.",
            ["duration"],
            duration={**_TEXT, "description": "how long, as it was said: 10 minutes, 一个半小时"},
            name={**_TEXT, "description": "what it is for, if that was said: pasta"},
        ),
        CommandTools.timer,
    ),
    (
        _spec("set_alarm", "Set an alarm for a time of day.", ["time"], time=_TIME, name=_TEXT),
        CommandTools.alarm,
    ),
    (
        _spec(
            "set_reminder",
            "Have something said aloud at a time.",
            ["text", "time"],
            text={**_TEXT, "description": "what to be reminded of"},
            time=_TIME,
        ),
        CommandTools.reminder,
    ),
    (
        _spec("list_timers", "Tell which timers, alarms or reminders are set.", ["kind"], kind=_KIND),
        CommandTools.listed,
    ),
    (
        _spec(
            "cancel_timer",
            "Cancel a timer, an alarm or a reminder.",
            ["kind"],
            kind=_KIND,
            name={**_TEXT, "description": 'which one, or "all"; leave it out if there is only one'},
        ),
        CommandTools.cancelled,
    ),
    (
        _spec(
            "change_volume",
            "Make this speaker louder or quieter.",
            ["level"],
            level={**_TEXT, "description": '0 to 100, "up" or "down"'},
        ),
        CommandTools.volume,
    ),
    (
        _spec(
            "calculate",
            "Compute a sum or convert a unit, exactly.",
            ["expression"],
            expression={**_TEXT, "description": "such as 17 * 23, 15% of 80, 180 celsius in fahrenheit"},
        ),
        CommandTools.computed,
    ),
)
SPECS = tuple(spec for spec, _ in _ROWS)
"""How the model is told of them."""
