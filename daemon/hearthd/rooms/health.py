"""Which parts work: whoever knows says it here; it is logged, and the dialogue hears of it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from hearthd.common.parts import Part
from hearthd.dialogue.events import Event, PartFailed, PartRecovered
from hearthd.service.log_redaction import part_health

log = logging.getLogger(__name__)


class Health:
    """``post`` and ``post_from_thread`` take an event; ``show`` has the observers look again."""

    def __init__(
        self,
        post: Callable[[Event], None],
        post_from_thread: Callable[[Event], None],
        show: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self._post, self._post_from_thread = post, post_from_thread
        self._show = show
        self._clock = clock
        self._missed: set[Part] = set()
        """Servers that cannot be used at present."""

    def device(self, part: str, works: bool, detail: str) -> None:
        """A device works (again), or does not. From any thread."""
        part_health(log, part, works, detail, stage="audio")
        self._post_from_thread(self._event(part, works))

    def part(self, part: str, works: bool) -> None:
        """A part works (again), or does not; it has logged that itself."""
        self._post(self._event(part, works))

    def store(self, failing: bool) -> None:
        """Turns cannot be written, or can again. From any thread."""
        self._post_from_thread(self._event(Part.STORE, not failing))

    def timers(self, failing: bool) -> None:
        """Timers cannot be written, or can again. From any thread."""
        self._post_from_thread(self._event(Part.TIMERS, not failing))

    def server(self, part: Part, stage: str, why: str | None) -> None:
        """A server that an engine asks cannot be used because of ``why``, or (None) can.

        It is logged once a change. As a stand-in may work for it, the engine itself is well; but who
        answers or speaks is another, and that is shown.
        """
        if (why is None) != (part in self._missed):
            self._show()
            return
        self._missed ^= {part}
        part_health(log, part, why is None, why or "can be used again", stage=stage)
        self._post(self._event(part, why is None))

    def _event(self, part: str, works: bool) -> Event:
        at, known = self._clock(), Part(part)
        return PartRecovered(at, known) if works else PartFailed(at, known)
