"""Who has the floor: what several rooms of a group hear at once is answered in one of them.

Decides nothing itself: ``dialogue.arbitration`` does. A room that stands alone in its group is never asked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from hearthd.common.parts import Part
from hearthd.dialogue import arbitration
from hearthd.dialogue import events as e
from hearthd.dialogue.arbitration import Claim, Group, Verdict
from hearthd.dialogue.events import Event
from hearthd.dialogue.state import Phase, State

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.02
"""A block of the microphone: sooner no room can have heard more."""
STREAMS_SECONDS = 2.0
"""A room that has not been heard for so long sends nothing: it has its own wake word, or is gone."""


class Hearing(Protocol):
    """How far a room has heard."""

    @property
    def now(self) -> int:
        """The number of the next sample to come."""
        ...

    def time_of(self, sample: int) -> float:
        """When ``sample`` was captured."""
        ...


class ClaimingRoom(Protocol):
    """What this needs of a room."""

    name: str
    group: str
    state: State

    @property
    def front_end(self) -> Hearing:
        """What hears there."""
        ...

    def post(self, event: Event) -> None:
        """Let it happen there."""
        ...

    def now(self) -> float:
        """The time of its events."""
        ...


class Floor:
    """For the asyncio thread. ``rooms`` are all that there are."""

    def __init__(self) -> None:
        self.rooms: Sequence[ClaimingRoom] = ()
        self._groups: dict[str, Group] = {}
        self._pending: dict[Claim, tuple[ClaimingRoom, Event]] = {}
        self._looking: dict[str, asyncio.TimerHandle] = {}

    def heard(self, room: ClaimingRoom, event: Event) -> None:
        """``event`` was heard in ``room``: let it happen there, unless another room answers it."""
        others = [one for one in self.rooms if one.group == room.group and one is not room]
        made = arbitration.claim_of(room.name, room.state, event, _captured(room, event)) if others else None
        if made is None:
            room.post(event)
            return
        if not arbitration.can_serve(room.state) and any(arbitration.can_serve(one.state) for one in others):
            _refuse(room, event)
            return
        self._pending[made] = (room, event)
        listening = frozenset(one.name for one in others if one.state.phase is Phase.LISTENING)
        group = self._groups.get(room.group, Group())
        decided = arbitration.claim(group, made, room.now(), self._heard_until(room), listening)
        self._decided(room, *decided)

    def _heard_until(self, room: ClaimingRoom) -> dict[str, float]:
        now = room.now()
        until = {
            one.name: one.front_end.time_of(one.front_end.now)
            for one in self.rooms
            if one.group == room.group
            and arbitration.can_serve(one.state)
            and Part.FRONT_END not in one.state.faults
        }
        return {name: at for name, at in until.items() if now - at < STREAMS_SECONDS}

    def _look(self, room: ClaimingRoom) -> None:
        group = self._groups.get(room.group, Group())
        self._decided(room, *arbitration.look(group, room.now(), self._heard_until(room)))

    def _decided(self, room: ClaimingRoom, group: Group, verdicts: Sequence[Verdict]) -> None:
        self._groups[room.group] = group
        if (looking := self._looking.pop(room.group, None)) is not None:
            looking.cancel()
        if group.waiting:
            loop = asyncio.get_running_loop()
            self._looking[room.group] = loop.call_later(LOOK_SECONDS, self._look, room)
        for verdict in verdicts:
            claimed, event = self._pending.pop(verdict.claim, (None, None))
            if claimed is None or event is None:  # the same was heard twice in one instant
                continue
            if not verdict.granted:
                log.debug("another room answers", extra={"stage": "wake"})
                _refuse(claimed, event)
                continue
            for one in self.rooms:  # what follows is said to that room
                if one.group == room.group and one is not claimed and one.state.phase is Phase.FOLLOW_UP:
                    one.post(e.NothingSaid(one.now()))
            claimed.post(event)


def _captured(room: ClaimingRoom, event: Event) -> float:
    """When what was heard was captured. Speech is certain only some time after its first sample."""
    if isinstance(event, e.Wake) and event.start < event.end:
        return room.front_end.time_of(event.end)
    return event.at


def _refuse(room: ClaimingRoom, event: Event) -> None:
    for instead in arbitration.refused(room.state, event):
        room.post(instead)
