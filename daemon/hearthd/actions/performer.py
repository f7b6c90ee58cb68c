"""Does what spoken commands ask for, and tells what came of it.

For the asyncio thread; only what is to be forgotten is waited for. What a command left open ("set a
timer") and what could be one of several is asked for, and the next words may say it: ``pending`` holds the
question until then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from hearthd.actions.answers import computed
from hearthd.actions.result import Item, Outcome, Reason, Result
from hearthd.actions.timers.alert import MAX_ALERTS, MAX_DAYS_AHEAD, MAX_SECONDS, Alert, Kind
from hearthd.actions.timers.finding import Found
from hearthd.actions.timers.schedule import days_of
from hearthd.actions.timers.timers import SNOOZE_SECONDS, TimerError, Timers
from hearthd.common import local_time
from hearthd.dialogue.intent import SpokenCommand
from hearthd.text.understand.moments import WEEKDAYS

STEP = 10
"""By so much the volume changes if nobody says by how much: less is hardly heard in a living room."""
QUIETEST = 5
"""Turned down step by step it stays audible: who wants silence says so."""
PENDING_SECONDS = 30.0
"""An answer to a question that comes later than this answers something else."""
_KINDS = {kind.value: kind for kind in Kind}


class Speaker(Protocol):
    """What a room lets a command do with it."""

    @property
    def room(self) -> str:
        """The room's name, where what is set rings."""
        ...

    @property
    def volume(self) -> int:
        """0 to 100."""
        ...

    def set_volume(self, level: int) -> None:
        """Be so loud from now on."""
        ...

    def mute(self) -> None:
        """Close the microphone once the answer has been said."""
        ...

    def last_reply(self) -> str:
        """What was answered last; "" if nothing was."""
        ...

    def start_anew(self) -> None:
        """Begin a new conversation with the next turn."""
        ...

    async def forget_last(self) -> bool | None:
        """Forget the last turn, here and on the disk; whether there was one. None: it may still be there."""
        ...


@dataclass(frozen=True, slots=True)
class Pending:
    """A question that was asked: what the next words may answer."""

    command: SpokenCommand
    missing: str
    """The slot that is wanted; "which" of ``items``."""
    items: tuple[Item, ...]
    asked_at: float


class Performer:
    """Carries out commands in one room."""

    def __init__(
        self, timers: Timers | None, speaker: Speaker, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``timers``: None if they are switched off."""
        self._timers, self._speaker, self._clock = timers, speaker, clock
        self._pending: Pending | None = None

    @property
    def keeps_time(self) -> bool:
        """Timers are switched on."""
        return self._timers is not None

    @property
    def pending(self) -> Pending | None:
        """The question that waits for an answer."""
        if self._pending is not None and self._clock() - self._pending.asked_at > PENDING_SECONDS:
            self._pending = None
        return self._pending

    def forget_question(self) -> None:
        """Something else was said."""
        self._pending = None

    def now(self) -> datetime:
        """The household's time, without a zone."""
        if self._timers is None:
            return local_time.now().replace(tzinfo=None)
        return local_time.local_at(self._timers.now, self._timers.zone)

    async def perform(self, command: SpokenCommand) -> Result:
        """Do it. What cannot be done is told in the result."""
        self._pending = None
        try:
            result = await self._forget() if command.name == "forget_last" else self._perform(command)
        except TimerError:
            result = Result(Outcome.REFUSED, reason=self._why(command))
        if result.outcome in (Outcome.ASK, Outcome.WHICH):
            missing = result.missing or "which"
            self._pending = Pending(command, missing, result.items, self._clock())
        return result

    def _perform(self, command: SpokenCommand) -> Result:
        kind, _, what = command.name.partition("_")
        if kind in _KINDS or command.name == "snooze":
            if self._timers is None:
                return Result(Outcome.REFUSED, reason=Reason.OFF)
            if command.name == "snooze":
                return self._snooze(self._timers, command)
            return self._about(self._timers, _KINDS[kind], what, command)
        return self._talk(command)

    # --- timers, alarms, reminders ------------------------------------------------------------------

    def _about(self, timers: Timers, kind: Kind, what: str, command: SpokenCommand) -> Result:
        if what == "set":
            return self._set(timers, kind, command)
        if what in {"list", "query"} and not command.slots.keys() & {"name", "seconds"}:
            items = self._items(timers, timers.alerts(kind))
            return Result(items=items) if items else Result(Outcome.NONE)
        found = self._find(timers, kind, what, command)
        if found.just_rang:
            return Result(Outcome.OVER)
        if not found.alerts:
            return Result(Outcome.NONE)
        if found.ambiguous and what != "query":
            return Result(Outcome.WHICH, self._items(timers, found.alerts))
        return Result(items=self._change(timers, what, found.alerts, command))

    def _change(
        self, timers: Timers, what: str, alerts: Sequence[Alert], command: SpokenCommand
    ) -> tuple[Item, ...]:
        before = self._items(timers, alerts)
        seconds = float(command.slots.get("seconds", 0))
        match what:
            case "cancel":
                for alert in alerts:
                    timers.cancel(alert.id)
                return before
            case "add" | "subtract":
                changed = [timers.add(alerts[0].id, seconds if what == "add" else -seconds)]
            case "pause":
                changed = [timers.pause(alert.id) for alert in alerts]
            case "resume":
                changed = [timers.resume(alert.id) for alert in alerts]
            case _:
                changed = list(alerts)
        return self._items(timers, changed)

    def _find(self, timers: Timers, kind: Kind, what: str, command: SpokenCommand) -> Found:
        slots = command.slots
        which = "all" if slots.get("all") else "last" if slots.get("last") else ""
        name = str(slots.get("name") or slots.get("text") or "")
        seconds = 0.0 if what in {"add", "subtract"} else float(slots.get("seconds", 0))
        found = timers.find(kind, name=name, seconds=seconds, which=which)
        at = slots.get("at")
        if not at or found.every:
            return found
        due = [alert for alert in found.alerts if self._is_at(timers, alert, str(at))]
        return Found(tuple(due), every=len(str(at)) == len("2026-11-27"))

    def _is_at(self, timers: Timers, alert: Alert, at: str) -> bool:
        """Whether it rings at that time (in whichever half of the day: nobody says which), or on that day."""
        rings = self._local(timers, alert)
        if rings is None:
            return False
        if len(at) == len("2026-11-27"):
            return rings.date() == date.fromisoformat(at)
        wanted = datetime.fromisoformat(at)
        twelve = timedelta(hours=12)
        same_day = rings.date() == wanted.date() or bool(alert.repeats) or abs(rings - wanted) == twelve
        return same_day and rings.hour % 12 == wanted.hour % 12 and rings.minute == wanted.minute

    def _set(self, timers: Timers, kind: Kind, command: SpokenCommand) -> Result:
        slots = command.slots
        origin: dict[str, Any] = {"language": command.language, "spoken": True, "room": self._speaker.room}
        name = str(slots.get("name", ""))
        if kind is Kind.TIMER:
            if "seconds" not in slots:
                return Result(Outcome.ASK, missing="seconds")
            return self._done(timers, timers.set_timer(float(slots["seconds"]), name, **origin))
        text = str(slots.get("text", ""))
        if kind is Kind.REMINDER and not text:
            return Result(Outcome.ASK, missing="text")
        if "at" not in slots:
            return Result(Outcome.ASK, missing="at")
        if kind is Kind.REMINDER and command.after is not None:
            return self._done(timers, timers.remind(text, seconds=float(command.after), **origin))
        at, days = datetime.fromisoformat(str(slots["at"])), days_of(slots.get("repeats", []))
        if kind is Kind.REMINDER:
            return self._done(timers, timers.remind(text, at=at, repeats=days, **origin))
        return self._done(timers, timers.set_alarm(at, days, name, **origin))

    def _done(self, timers: Timers, alert: Alert) -> Result:
        return Result(items=self._items(timers, [alert]))

    def _snooze(self, timers: Timers, command: SpokenCommand) -> Result:
        snoozed = timers.snooze(float(command.slots.get("seconds", SNOOZE_SECONDS)))
        return Result(items=self._items(timers, snoozed)) if snoozed else Result(Outcome.NONE)

    def _why(self, command: SpokenCommand) -> Reason:
        """Why the timers refused."""
        seconds = float(command.slots.get("seconds", 0))
        if seconds > MAX_SECONDS:
            return Reason.TOO_LONG
        at = str(command.slots.get("at", ""))
        if at and datetime.fromisoformat(at) - self.now() > timedelta(days=MAX_DAYS_AHEAD):
            return Reason.TOO_FAR
        if self._timers is not None and len(self._timers.alerts()) >= MAX_ALERTS:
            return Reason.TOO_MANY
        return Reason.IMPOSSIBLE

    def _items(self, timers: Timers, alerts: Sequence[Alert]) -> tuple[Item, ...]:
        return tuple(
            Item(
                kind=alert.kind.value,
                name=alert.name,
                seconds=alert.seconds,
                left=timers.left(alert),
                at=None if alert.kind is Kind.TIMER else self._local(timers, alert),
                repeats=tuple(WEEKDAYS[day] for day in sorted(alert.repeats)),
                paused=alert.paused,
                ringing=timers.rings(alert.id),
            )
            for alert in alerts
        )

    def _local(self, timers: Timers, alert: Alert) -> datetime | None:
        if alert.at is not None:
            return alert.at
        if alert.due is None:
            return None
        return local_time.local_at(alert.due, timers.zone).replace(microsecond=0)

    # --- the speaker itself, and what is computed -----------------------------------------------------

    def _talk(self, command: SpokenCommand) -> Result:
        speaker = self._speaker
        match command.name:
            case "volume_set" | "volume_up" | "volume_down":
                return Result(level=self._turn(command))
            case "mute":
                speaker.mute()
            case "repeat":
                text = speaker.last_reply()
                return Result(text=text) if text else Result(Outcome.NONE)
            case "new_conversation":
                speaker.start_anew()
            case "calculate" | "convert":
                return computed(command)
        return Result()

    async def _forget(self) -> Result:
        gone = await self._speaker.forget_last()
        if gone is None:
            return Result(Outcome.REFUSED, reason=Reason.DISK)
        return Result() if gone else Result(Outcome.NONE)

    def _turn(self, command: SpokenCommand) -> int:
        """Change the volume as told; what it is now."""
        now, by = self._speaker.volume, int(command.slots.get("by", STEP))
        match command.name:
            case "volume_set":
                level = int(command.slots["level"])
            case "volume_up":
                level = min(100, now + by)
            case _:
                level = max(min(QUIETEST, now), now - by)
        self._speaker.set_volume(level)
        return level
