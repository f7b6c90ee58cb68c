"""The quick transcript of something short that was said over a reply, and what it meant.

The reply waits meanwhile (0.3 to 0.8 s, Whisper base). Whatever goes wrong, it goes on afterwards; and so it
does where the words are doubtful or the speaker's own, lest it interrupt itself and then answer itself.
"""

from __future__ import annotations

import asyncio
import logging

from hearthd.core import events as e
from hearthd.core import own_words
from hearthd.core.backchannel import Meaning, meaning
from hearthd.engines.protocols import EngineError, Transcript
from hearthd.turn import Parts

log = logging.getLogger(__name__)

DOUBTFUL = -1.05
"""Mean log-likelihood of a transcript's tokens below which its words interrupt nothing. Whisper base, 0 to
-5 dB over a reply: what it understood of persons ("why?", "no wait", "等一下") has -0.2 to -0.98, what it
made up of their hums and of other words -0.9 to -1.6. Its other figures tell less: of a plain "Stop." it was
sure of the language to 20 %, and of silence to 65 %. (A text that goes round in circles it never returns.)"""


def meant(heard: Transcript, nearby: str) -> Meaning:
    """What ``heard``, recognised over a reply, means; ``nearby`` is what of that sounded at the time."""
    found = meaning(heard.text)
    if found is Meaning.STOP:  # short, and believed even if doubtful: unless the speaker itself said it
        return Meaning.NOTHING if own_words.stands_in(heard.text, nearby) else found
    if found is Meaning.INTERRUPTION and (
        heard.likelihood < DOUBTFUL or own_words.is_own(heard.text, nearby)
    ):
        return Meaning.NOTHING
    return found


class QuickWords:
    """At most one transcript at a time. All methods belong to the asyncio thread; none waits."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._task: asyncio.Task[None] | None = None

    def judge(self, command: e.JudgeWords, nearby: str) -> None:
        """Recognise the stretch and post what it means, said while ``nearby`` of the reply sounded."""
        self.cancel()
        self._task = asyncio.create_task(self._judge(command, nearby))

    def cancel(self) -> None:
        """Nobody wants to know any more."""
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        self._task = None

    async def _judge(self, command: e.JudgeWords, nearby: str) -> None:
        parts = self._parts
        try:
            heard = await parts.asr.transcribe(parts.audio(command.start, command.end), quick=True)
        except EngineError as error:
            log.warning("what was said over the reply is not known: %s", error, extra={"stage": "barge_in"})
            heard = Transcript("", "", no_speech=True)
        at = parts.clock()
        match meant(heard, nearby):
            case Meaning.STOP:
                parts.post(e.StopWord(at))
            case Meaning.INTERRUPTION if not command.only_stop:
                parts.post(e.NearEndCertain(at, command.start))
            case _:
                parts.post(e.NearEndGone(at))
