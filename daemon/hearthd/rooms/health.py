"""Which parts work: whoever knows says it here; it is logged, and the dialogue hears of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from hearthd.common.parts import Part
from hearthd.dialogue.events import Event, PartFailed, PartRecovered
from hearthd.service.log_redaction import part_health

log = logging.getLogger(__name__)

SERVERS = {Part.CHAT_SERVER: "llm", Part.ASR_SERVER: "asr", Part.VOICE_SERVER: "tts"}
"""Servers that engines ask, and the stage at which. Where a stand-in works for one, the engine is well."""


class Health:
    """``post`` takes an event in this thread, ``post_from_thread`` in any; ``show`` tells the observers."""

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
        self._thread = threading.get_ident()
        self._missed: set[Part] = set()
        """Servers that cannot be used at present."""

    def told(self, part: Part, works: bool, why: str = "") -> None:
        """An ``OnHealth``, from any thread. A server's fault is logged once; its stand-in is shown."""
        if part in SERVERS:
            if works != (part in self._missed):
                self._show()
                return
            self._missed ^= {part}
            why = why or "can be used again"
        if why:
            part_health(log, part, works, why, stage=SERVERS.get(part, "audio"))
        here = threading.get_ident() == self._thread
        at = self._clock()
        event = PartRecovered(at, part) if works else PartFailed(at, part)
        (self._post if here else self._post_from_thread)(event)
