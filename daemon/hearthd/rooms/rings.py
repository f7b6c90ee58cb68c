"""What is due, brought into the rooms: the bell of the timers, and each room's own ringing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from hearthd.actions.timers.alert import Alert
from hearthd.actions.timers.ringer import Ringer
from hearthd.actions.timers.sayings import LOST, missed
from hearthd.actions.timers.timers import SNOOZE_SECONDS, Timers
from hearthd.config.settings import Settings
from hearthd.conversation.conversation import Conversation
from hearthd.dialogue import events as e
from hearthd.dialogue import ring_events as r
from hearthd.dialogue.events import Command, Event
from hearthd.dialogue.ring_events import Over
from hearthd.rooms.rooms import UnknownRoomError, find

log = logging.getLogger(__name__)


class RingingRoom(Protocol):
    """What the bell needs of a room."""

    name: str
    group: str

    def post(self, event: Event) -> None:
        """Let it happen there."""
        ...

    def now(self) -> float:
        """The time of its events."""
        ...

    @property
    def conversation(self) -> Conversation:
        """What is talked about there."""
        ...


class RoomsBell:
    """``timers.Bell`` for all rooms: what is due rings where it was set (room, group), else in the first."""

    def __init__(self) -> None:
        self.rooms: Sequence[RingingRoom] = ()
        self.on_changed: list[Callable[[], None]] = []
        """Called when something was set, changed, rings or is over."""
        self.on_due: list[Callable[[Alert], None]] = []
        """Called when something is due: it rings as soon as it has its turn."""
        self.on_over: list[Callable[[Alert, Over], None]] = []
        """Called when a ring is over, or was missed."""

    def ring(self, alert: Alert) -> None:
        """See ``Bell``."""
        for room in self.rooms_of(alert):
            room.post(r.RingDue(room.now(), alert.id))
        _each(self.on_due, alert)

    def hush(self, alert_id: str) -> None:
        """See ``Bell``."""
        for room in self.rooms:
            room.post(r.RingGone(room.now(), alert_id))

    def missed(self, alerts: Sequence[Alert]) -> None:
        """See ``Bell``."""
        for room in self.rooms:
            here = [alert for alert in alerts if room in self.rooms_of(alert)]
            if here:
                language = here[0].language or room.conversation.expected_language()
                room.post(e.AnnounceRequested(room.now(), missed(here, language)))

    def over(self, alert: Alert, how: Over) -> None:
        """See ``Bell``."""
        log.info("%s %s", alert.kind, how, extra={"stage": "timer"})
        if len(self.rooms_of(alert)) > 1:  # stopped in one room, it is stopped in all
            self.hush(alert.id)
        _each(self.on_over, alert, how)

    def lost(self) -> None:
        """See ``Bell``."""
        room = self.rooms[0]
        language = room.conversation.expected_language()
        room.post(e.AnnounceRequested(room.now(), LOST.get(language, LOST["en"])))

    def changed(self) -> None:
        """See ``Bell``."""
        _each(self.on_changed)

    def rooms_of(self, alert: Alert) -> list[RingingRoom]:
        """Where it rings. A room that is not there any more is the first."""
        try:
            return find(self.rooms, alert.room)
        except UnknownRoomError:
            return list(self.rooms[:1])


def _each(listeners: Sequence[Callable[..., None]], *news: object) -> None:
    """Tell all of them. One that fails keeps nothing from ringing."""
    for told in listeners:
        try:
            told(*news)
        except Exception:
            log.exception("somebody could not be told of a timer", extra={"stage": "timer"})


class Rings:
    """Carries out what a room's dialogue decides about what is due."""

    def __init__(
        self, ringer: Ringer, timers: Timers | None, settings: Settings, hushed: Callable[[str], None]
    ) -> None:
        """``hushed(alert_id)``: what is to ring is not there any more."""
        self._ringer, self._timers, self._hushed = ringer, timers, hushed
        self._number = 0
        self.adopt(settings)

    def adopt(self, settings: Settings) -> None:
        """Other settings: a ring that sounds follows the volume at once."""
        self._ringer.volume = settings.actions.alarm_volume
        if self._timers is not None:
            self._timers.ring_seconds = settings.actions.ring_minutes * 60.0

    @property
    def saying(self) -> str:
        """What is being said by the ring that sounds."""
        return self._ringer.saying

    def run(self, command: Command) -> None:
        """Carry out ``command``."""
        match command:
            case r.Ring(number=number, alert_id=alert_id):
                alert = None if self._timers is None else self._timers.ringing(alert_id)
                if alert is None:
                    asyncio.get_running_loop().call_soon(self._hushed, alert_id)
                    return
                self._number = number
                log.info("%s rings", alert.kind, extra={"stage": "timer"})
                self._ringer.ring(number, alert)
            case r.Silence(number=number):
                self._number = 0
                self._ringer.silence(number)
            case r.RingOver(alert_id=alert_id, how=how, seconds=seconds) if self._timers is not None:
                self._timers.over(alert_id, how, seconds or SNOOZE_SECONDS)

    def end(self) -> None:
        """The room closes. What rings is not over: it rings again in the next life."""
        if self._number:
            self._ringer.silence(self._number)
