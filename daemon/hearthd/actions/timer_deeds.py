"""What commands do with timers, alarms and reminders, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from hearthd.actions.result import Item, Outcome, Reason, Result
from hearthd.actions.timers.alert import MAX_ALERTS, MAX_DAYS_AHEAD, MAX_SECONDS, Alert, Kind
from hearthd.actions.timers.finding import Found
from hearthd.actions.timers.schedule import days_of
from hearthd.actions.timers.timers import SNOOZE_SECONDS, Timers
from hearthd.common import local_time
from hearthd.dialogue.intent import SpokenCommand
from hearthd.text.understand.moments import WEEKDAYS

Change = Callable[["TimerDeeds", Alert, SpokenCommand], Alert]
"""Changes what was found; what it is then. Raises TimerError."""


class TimerDeeds:
    """For one room, in which what is set rings. Every method may raise TimerError."""

    def __init__(self, timers: Timers, room: Callable[[], str]) -> None:
        self.timers = timers
        self._room = room

    @property
    def now(self) -> datetime:
        """The household's time, without a zone."""
        return local_time.local_at(self.timers.now, self.timers.zone)

    def set(self, kind: Kind, command: SpokenCommand) -> Result:
        """Set one; ask for what was not said."""
        timers, slots = self.timers, command.slots
        origin: dict[str, Any] = {"language": command.language, "spoken": True, "room": self._room()}
        name = str(slots.get("name", ""))
        if kind is Kind.TIMER:
            if "seconds" not in slots:
                return Result(Outcome.ASK, missing="seconds")
            return self._done(timers.set_timer(float(slots["seconds"]), name, **origin))
        text = str(slots.get("text", ""))
        if kind is Kind.REMINDER and not text:
            return Result(Outcome.ASK, missing="text")
        if "at" not in slots:
            return Result(Outcome.ASK, missing="at")
        if kind is Kind.REMINDER and command.after is not None:
            return self._done(timers.remind(text, seconds=float(command.after), **origin))
        at, days = datetime.fromisoformat(str(slots["at"])), days_of(slots.get("repeats", []))
        if kind is Kind.REMINDER:
            return self._done(timers.remind(text, at=at, repeats=days, **origin))
        return self._done(timers.set_alarm(at, days, name, **origin))

    def tell(self, kind: Kind, command: SpokenCommand) -> Result:
        """Those that are meant; all of them if none is named."""
        if command.slots.keys() & {"name", "seconds"}:
            return self.change(kind, command, lambda deeds, alert, _: alert, ask=False)
        items = self.items(self.timers.alerts(kind))
        return Result(items=items) if items else Result(Outcome.NONE)

    def change(
        self, kind: Kind, command: SpokenCommand, change: Change, *, ask: bool = True, amount: bool = False
    ) -> Result:
        """``change`` those that are meant; ``ask`` if it may be one of several.

        ``amount``: the length that was said is by how much, not which one.
        """
        found = self._find(kind, command, amount=amount)
        if found.just_rang:
            return Result(Outcome.OVER)
        if not found.alerts:
            return Result(Outcome.NONE)
        if found.ambiguous and ask:
            return Result(Outcome.WHICH, self.items(found.alerts))
        alerts = found.alerts[:1] if amount else found.alerts
        return Result(items=self.items([change(self, alert, command) for alert in alerts]))

    def cancel(self, kind: Kind, command: SpokenCommand) -> Result:
        """Cancel those that are meant; the result tells what they were."""

        def cancelled(deeds: TimerDeeds, alert: Alert, _: SpokenCommand) -> Alert:
            deeds.timers.cancel(alert.id)
            return alert

        return self.change(kind, command, cancelled)

    def snooze(self, command: SpokenCommand) -> Result:
        """What rings, and what has just rung, once more in a while."""
        snoozed = self.timers.snooze(float(command.slots.get("seconds", SNOOZE_SECONDS)))
        return Result(items=self.items(snoozed)) if snoozed else Result(Outcome.NONE)

    def why(self, command: SpokenCommand) -> Reason:
        """Why a TimerError was raised."""
        seconds = float(command.slots.get("seconds", 0))
        if seconds > MAX_SECONDS:
            return Reason.TOO_LONG
        at = str(command.slots.get("at", ""))
        if at and datetime.fromisoformat(at) - self.now > timedelta(days=MAX_DAYS_AHEAD):
            return Reason.TOO_FAR
        return Reason.TOO_MANY if len(self.timers.alerts()) >= MAX_ALERTS else Reason.IMPOSSIBLE

    def items(self, alerts: Sequence[Alert]) -> tuple[Item, ...]:
        """``alerts`` as answers tell of them."""
        return tuple(
            Item(
                kind=alert.kind.value,
                name=alert.name,
                seconds=alert.seconds,
                left=self.timers.left(alert),
                at=None if alert.kind is Kind.TIMER else self._local(alert),
                repeats=tuple(WEEKDAYS[day] for day in sorted(alert.repeats)),
                paused=alert.paused,
                ringing=self.timers.rings(alert.id),
            )
            for alert in alerts
        )

    def _done(self, alert: Alert) -> Result:
        return Result(items=self.items([alert]))

    def _find(self, kind: Kind, command: SpokenCommand, *, amount: bool = False) -> Found:
        slots = command.slots
        which = "all" if slots.get("all") else "last" if slots.get("last") else ""
        name = str(slots.get("name") or slots.get("text") or "")
        seconds = 0.0 if amount else float(slots.get("seconds", 0))
        found = self.timers.find(kind, name=name, seconds=seconds, which=which)
        at = slots.get("at")
        if not at and slots.get("repeats"):  # "the weekday alarm"
            days = days_of(slots["repeats"])
            return Found(tuple(alert for alert in found.alerts if alert.repeats == days), every=True)
        if not at or found.every:
            return found
        due = [alert for alert in found.alerts if self._is_at(alert, str(at))]
        return Found(tuple(due), every=len(str(at)) == len("2026-11-27"))

    def _is_at(self, alert: Alert, at: str) -> bool:
        """Whether it rings at that time (in whichever half of the day: nobody says which), or on that day."""
        rings = self._local(alert)
        if rings is None:
            return False
        if len(at) == len("2026-11-27"):
            return rings.date() == date.fromisoformat(at)
        wanted = datetime.fromisoformat(at)
        twelve = timedelta(hours=12)
        same_day = rings.date() == wanted.date() or bool(alert.repeats) or abs(rings - wanted) == twelve
        return same_day and rings.hour % 12 == wanted.hour % 12 and rings.minute == wanted.minute

    def _local(self, alert: Alert) -> datetime | None:
        if alert.at is not None:
            return alert.at
        if alert.due is None:
            return None
        return local_time.local_at(alert.due, self.timers.zone).replace(microsecond=0)
