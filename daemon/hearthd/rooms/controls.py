"""What a spoken command may do with its room: ``actions.row.Speaker``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from hearthd.config.live_settings import Value
from hearthd.config.settings import Settings
from hearthd.conversation.conversation import Conversation
from hearthd.dialogue import events as e
from hearthd.dialogue.events import Event
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.rooms.shared import Shared

log = logging.getLogger(__name__)

FORGET_SECONDS = 8.0
"""Rewriting the file takes seconds where much is kept; who waits for longer is told that it is not done."""
LOOK_BACK = 5
"""Turns in which the last one that is over is looked for: the live one is among them."""


class ControlledRoom(Protocol):
    """What this needs of a room."""

    name: str
    settings: Settings
    shared: Shared
    conversation: Conversation

    def set(self, name: str, value: Value) -> None:
        """Set a live setting, now and after a restart."""
        ...

    def post(self, event: Event) -> None:
        """Let it happen."""
        ...

    def now(self) -> float:
        """The time of its events."""
        ...


class Controls:
    """One room's. Only forgetting waits, for the disk: nobody is told that something is gone that is not."""

    def __init__(self, room: ControlledRoom, reply_over: Callable[[], Awaitable[None]]) -> None:
        """``reply_over`` returns when nothing of the live turn sounds any more."""
        self._room, self._reply_over = room, reply_over

    @property
    def room(self) -> str:
        """See ``Speaker``."""
        return self._room.name

    @property
    def volume(self) -> int:
        """See ``Speaker``."""
        return self._room.settings.audio.volume

    def set_volume(self, level: int) -> None:
        """See ``Speaker``."""
        self._room.set("volume", level)

    def mute(self) -> None:
        """See ``Speaker``."""
        self._room.shared.background.keep(self._mute())

    async def _mute(self) -> None:
        await self._reply_over()
        self._room.post(e.MuteRequested(self._room.now(), True))

    def last_reply(self) -> str:
        """See ``Speaker``."""
        turn = self._last_turn(lambda turn: bool(turn.spoken))
        return turn.reply if turn is not None else ""

    def start_anew(self) -> None:
        """See ``Speaker``."""
        self._room.conversation.start_anew()

    async def forget_last(self) -> bool | None:
        """See ``Speaker``."""
        turn = self._last_turn(lambda turn: bool(turn.heard))
        if turn is None:
            return False
        self._room.conversation.context.forget(turn.started_at)
        forgotten = asyncio.wrap_future(self._room.shared.store.forget("turn_id = ?", turn.turn_id))
        try:
            async with asyncio.timeout(FORGET_SECONDS):
                await asyncio.shield(forgotten)
        except Exception as error:
            log.error("what was to be forgotten may still be on the disk: %s", error)
            return None
        return True

    def _last_turn(self, wanted: Callable[[TurnRecord], bool]) -> TurnRecord | None:
        """The last turn of this conversation that is over."""
        turns = self._room.shared.store.recent_turns(LOOK_BACK, self._room.conversation.id)
        return next((turn for turn in reversed(turns) if turn.ended is not None and wanted(turn)), None)
