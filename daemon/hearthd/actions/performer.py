"""Does what spoken commands ask for, and tells what came of it.

For the asyncio thread; only what is to be forgotten is waited for. What a command left open ("set a
timer") and what could be one of several is asked for, and the next words may say it: ``pending`` holds the
question until then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hearthd.actions.result import Item, Outcome, Reason, Result
from hearthd.actions.row import Household, Speaker
from hearthd.actions.table import ROWS
from hearthd.actions.timer_deeds import TimerDeeds
from hearthd.actions.timers.timers import TimerError, Timers
from hearthd.common import local_time
from hearthd.dialogue.intent import SpokenCommand

PENDING_SECONDS = 30.0
"""An answer to a question that comes later than this answers something else."""


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
        deeds = None if timers is None else TimerDeeds(timers, lambda: speaker.room)
        self._household, self._clock = Household(speaker, deeds), clock
        self._pending: Pending | None = None

    @property
    def keeps_time(self) -> bool:
        """Timers are switched on."""
        return self._household.timers is not None

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
        timers = self._household.timers
        return local_time.now().replace(tzinfo=None) if timers is None else timers.now

    async def perform(self, command: SpokenCommand) -> Result:
        """Do it. What cannot be done is told in the result."""
        self._pending = None
        timers = self._household.timers
        try:
            done = ROWS[command.name].perform(self._household, command)
            result = done if isinstance(done, Result) else await done
        except TimerError:
            reason = Reason.IMPOSSIBLE if timers is None else timers.why(command)
            result = Result(Outcome.REFUSED, reason=reason)
        if result.outcome in (Outcome.ASK, Outcome.WHICH):
            missing = result.missing or "which"
            self._pending = Pending(command, missing, result.items, self._clock())
        return result
