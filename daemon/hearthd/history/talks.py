"""Which conversation each room is in: one goes on until it has been quiet for long, or is left behind."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Talk:
    """A room's latest conversation."""

    conversation: str = ""
    """Its id; empty: the next turn begins one."""
    last_at: float = 0.0
    """When its latest turn began, in seconds since the epoch."""
    asked_anew: bool = False
    """What was talked about before shall be left behind."""
    without_past: str = ""
    """The conversation that was begun on request, whose empty summary may not be written yet."""
    seen: int = 0
    """How often turns had been forgotten when that was last looked at."""


class Talks:
    """The rooms' conversations. ``latest(room)`` finds what the history knows of a room's last one."""

    def __init__(
        self, gap: float, latest: Callable[[str], tuple[str, float]], forgotten: Callable[[], int]
    ) -> None:
        """``gap``: so many quiet seconds end a conversation. ``forgotten()``: how often turns were so far."""
        self._gap, self._latest, self._forgotten = gap, latest, forgotten
        self._by_room: dict[str, Talk] = {}

    def of(self, room: str) -> Talk:
        """The room's."""
        talk = self._by_room.get(room)
        if talk is None:
            conversation, last_at = self._latest(room)
            talk = self._by_room[room] = Talk(conversation, last_at, seen=self._forgotten())
        return talk

    def at(self, room: str, at: float) -> tuple[str, bool]:
        """The conversation of the room's turn at ``at``, and whether it begins now without a past.

        A new one after the quiet gap (or if the clock went back by as much), else the latest turn's.
        """
        talk = self.of(room)
        anew = False
        if not talk.conversation or abs(at - talk.last_at) > self._gap:
            talk.conversation = secrets.token_hex(6)
            anew, talk.asked_anew = talk.asked_anew, False
            if anew:
                talk.without_past = talk.conversation
        talk.last_at = at
        return talk.conversation, anew

    def leave(self, room: str) -> None:
        """The next turn there begins a conversation without a past."""
        talk = self.of(room)
        talk.conversation, talk.asked_anew = "", True

    def without_past(self, conversation: str) -> bool:
        """Whether that conversation was begun on request."""
        return any(talk.without_past == conversation for talk in self._by_room.values())
