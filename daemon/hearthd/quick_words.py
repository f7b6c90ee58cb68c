"""The quick transcript of something short that was said over a reply, and what it meant.

The reply waits meanwhile (0.3 to 0.8 s, Whisper base). Whatever goes wrong, it goes on afterwards.
"""

from __future__ import annotations

import asyncio
import logging

from hearthd.core import events as e
from hearthd.core.backchannel import Meaning, meaning
from hearthd.engines.protocols import EngineError
from hearthd.turn import Parts

log = logging.getLogger(__name__)


class QuickWords:
    """At most one transcript at a time. All methods belong to the asyncio thread; none waits."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._task: asyncio.Task[None] | None = None

    def judge(self, command: e.JudgeWords, reply: str) -> None:
        """Recognise the stretch and post what it means. ``reply``: what the speaker itself is saying."""
        self.cancel()
        self._task = asyncio.create_task(self._judge(command, reply))

    def cancel(self) -> None:
        """Nobody wants to know any more."""
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        self._task = None

    async def _judge(self, command: e.JudgeWords, reply: str) -> None:
        parts = self._parts
        try:
            text = (await parts.asr.transcribe(parts.audio(command.start, command.end))).text
        except EngineError as error:
            log.warning("what was said over the reply is not known: %s", error, extra={"stage": "barge_in"})
            text = ""
        at = parts.clock()
        match meaning(text, own=reply):
            case Meaning.STOP:
                parts.post(e.StopWord(at))
            case Meaning.INTERRUPTION if not command.only_stop:
                parts.post(e.NearEndCertain(at, command.start))
            case _:
                parts.post(e.NearEndGone(at))
