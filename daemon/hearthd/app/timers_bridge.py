"""Timers, alarms and reminders over MQTT: what is set is shown, commands that come in are carried out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from hearthd.actions.timers.alert import Alert
from hearthd.actions.timers.schedule import ONCE, at_hour, days_of
from hearthd.actions.timers.shown import shown
from hearthd.actions.timers.timers import SNOOZE_SECONDS, TimerError, Timers
from hearthd.common.local_time import zone_of
from hearthd.dialogue import ring_events as r
from hearthd.dialogue.ring_events import Over
from hearthd.mqtt import commands
from hearthd.mqtt.client import MqttClient
from hearthd.mqtt.timer_commands import TimerWish
from hearthd.rooms.room import Room
from hearthd.rooms.rooms import find


class TimersBridge:
    """Connects one room's timers with its ``MqttClient``, which ``client`` gives."""

    def __init__(self, room: Room, client: Callable[[], MqttClient]) -> None:
        self._room, self._client = room, client
        room.shared.bell.on_changed.append(self.show)
        room.shared.bell.on_due.append(lambda alert: self._tell(alert, "ringing"))
        room.shared.bell.on_over.append(self._tell)

    def show(self) -> None:
        """Show everything that is set."""
        timers = self._room.shared.timers
        if timers is not None:
            self._client().timers([self._shown(timers, one) for one in timers.alerts() if self._here(one)])

    def carry_out(self, command: commands.SetTimer | commands.CancelTimer | commands.Snooze) -> None:
        """Do what is commanded. Raises TimerError with the reason if that cannot be."""
        timers = self._room.shared.timers
        if timers is None:
            raise TimerError("timers are switched off: set timers = true under [actions]")
        match command:
            case commands.SetTimer(wish=wish):
                _set(timers, wish, self._meant(wish.room))
            case commands.CancelTimer(which=which):
                _cancel(timers, which)
            case commands.Snooze(seconds=seconds):
                self._snooze(timers, seconds or SNOOZE_SECONDS)

    def _meant(self, room: str) -> str:
        """Where what is set rings. Raises UnknownRoomError."""
        if room:
            find(self._room.shared.bell.rooms, room)
        return room or self._room.name

    def _snooze(self, timers: Timers, seconds: float) -> None:
        if self._room.state.ringing is not None:
            self._room.post(r.SnoozeRequested(self._room.now(), seconds))
        elif not timers.snooze(seconds):
            raise TimerError("nothing rings, and nothing has just rung")

    def _here(self, alert: Alert) -> bool:
        """It belongs to this room; the box shows them all."""
        return not self._room.name or self._room in self._room.shared.bell.rooms_of(alert)

    def _tell(self, alert: Alert, result: Over | str) -> None:
        if not self._here(alert):
            return
        fields = {"id": alert.id, "kind": alert.kind.value, "result": str(result)}
        if self._words or not alert.spoken:
            fields["name"] = alert.name
        self._client().event("timer_finished", None, **fields)

    def _shown(self, timers: Timers, alert: Alert) -> dict[str, Any]:
        ringing = timers.ringing(alert.id) is not None
        return shown(alert, left=timers.left(alert), ringing=ringing, words=self._words)

    @property
    def _words(self) -> bool:
        """People's own words may be published."""
        return self._room.settings.mqtt.publish_transcripts


def _set(timers: Timers, wish: TimerWish, room: str) -> None:
    origin: dict[str, Any] = {"language": wish.language, "room": room}
    repeats = days_of(wish.repeats) if wish.repeats else ONCE
    if wish.at is None:
        if wish.kind == "reminder":
            timers.remind(wish.name, seconds=wish.seconds, **origin)
        else:
            timers.set_timer(wish.seconds, wish.name, **origin)
        return
    at = wish.at
    if isinstance(at, time):
        at = at_hour(at, timers.now, timers.zone)
    elif at.tzinfo is not None:
        at = _here(at, timers.zone)
    if wish.kind == "reminder":
        timers.remind(wish.name, at=at, repeats=repeats, **origin)
    else:
        timers.set_alarm(at, repeats, wish.name, **origin)


def _here(at: datetime, zone: str) -> datetime:
    try:
        return at.astimezone(zone_of(zone)).replace(tzinfo=None)
    except OverflowError:  # the last hours of the calendar, in another zone
        return at.replace(tzinfo=None)


def _cancel(timers: Timers, which: str) -> None:
    if which.casefold() == "all":
        timers.cancel_all()
        return
    known = [alert for alert in timers.alerts() if alert.id == which]
    found = known or list(timers.find(name=which).alerts)
    if not found:
        raise TimerError("there is no timer, alarm or reminder of that id or name")
    if len(found) > 1:
        raise TimerError(f"{len(found)} are called that: name one by its id")
    timers.cancel(found[0].id)
