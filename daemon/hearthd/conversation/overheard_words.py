"""The quick transcript of something short that was said over a reply or a ring, and what it meant.

The reply waits meanwhile (0.3 to 0.8 s, Whisper base). Whatever goes wrong, it goes on afterwards; and so it
does where the words are doubtful or the speaker's own, lest it interrupt itself and then answer itself.

Doubtful words are recognised once more in Whisper's long window (1 to 2 s), and only "stop" and the few
words that call it ("no", "wait", "等一下") count then: of 54 hums at the speaker's own level eight
interrupted it when any words of that attempt did.
"""

from __future__ import annotations

import asyncio
import logging

from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.conversation.turn import TurnParts
from hearthd.dialogue import events as e
from hearthd.dialogue import ring_events as r
from hearthd.engines.protocols import Transcript
from hearthd.turn_taking import self_echo_text
from hearthd.turn_taking.backchannel import Overheard, overheard
from hearthd.turn_taking.ring_words import RingWords, how_long, over_ring

log = logging.getLogger(__name__)

DOUBTFUL = -0.94
"""Mean log-likelihood of a transcript's tokens below which its words interrupt nothing. Whisper base, 0 to
-5 dB over a reply: what it understood of persons ("why?", "no wait", "等一下") has -0.2 to -0.98, what it
made up of their hums and of other words -0.9 to -1.6. At -1.05 three of 54 hums interrupted it by their
words. Its other figures tell less: of a plain "Stop." it was sure of the language to 20 %, and of silence to
65 %. (A text that goes round in circles it never returns.)"""

BELIEVED = (Overheard.STOP, Overheard.CALL)
"""Hardly ever made up of a hum: their doubtful transcripts are right. Of 80 short break-ins in eight voices
("no wait", "why?", "不对"; 0 and -5 dB) 35 interrupted the reply when they had to be beyond doubt."""


def meant(heard: Transcript, nearby: str) -> Overheard:
    """What ``heard``, recognised over a reply, means; ``nearby`` is what of that sounded at the time."""
    found = overheard(heard.text)
    if found in BELIEVED:  # even if doubtful: unless the speaker itself said it
        return Overheard.NOTHING if self_echo_text.stands_in(heard.text, nearby) else found
    if found is Overheard.INTERRUPTION and (
        heard.likelihood < DOUBTFUL or self_echo_text.is_own(heard.text, nearby)
    ):
        return Overheard.NOTHING
    return found


def ended_by(
    found: Overheard, at: float, start: int, *, only_stop: bool, again: bool = False
) -> e.StopWord | e.NearEndCertain | None:
    """What ends the reply if ``found``, said from the sample ``start`` on and known ``at``, does.

    ``only_stop``: the reply goes on meanwhile. ``again``: it was found in a second attempt.
    """
    if found is Overheard.STOP:
        return e.StopWord(at)
    interrupts = found is Overheard.CALL or (found is Overheard.INTERRUPTION and not again)
    return e.NearEndCertain(at, start) if interrupts and not only_stop else None


def ring_ended_by(words: str, at: float, nearby: str) -> e.StopWord | r.SnoozeRequested | None:
    """What ends a ring if ``words``, said over it and known ``at``, do; ``nearby`` is what it says itself."""
    found = over_ring(words)
    if found is RingWords.NOTHING or self_echo_text.stands_in(words, nearby):
        return None
    return e.StopWord(at) if found is RingWords.STOP else r.SnoozeRequested(at, how_long(words))


class OverheardWords:
    """At most one transcript at a time. All methods belong to the asyncio thread; none waits."""

    def __init__(self, parts: TurnParts) -> None:
        self._parts = parts
        self._task: asyncio.Task[None] | None = None
        self._only_stop = False

    def judge(self, command: e.JudgeWords, nearby: str) -> None:
        """Recognise the stretch and post what it means, said while ``nearby`` of the reply sounded."""
        self.cancel()
        self._only_stop = command.only_stop
        self._task = asyncio.create_task(self._judge(command, nearby))

    def resumed(self) -> None:
        """The reply goes on: from now on the words may stop it, but no longer interrupt it."""
        self._only_stop = True

    def cancel(self) -> None:
        """Nobody wants to know any more."""
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        self._task = None

    async def _judge(self, command: e.JudgeWords, nearby: str) -> None:
        audio = self._parts.audio(command.start, command.end)
        heard = await self._words(audio, quick=True)
        event = self._ends(command, heard, nearby)
        if event is None and heard.likelihood < DOUBTFUL:
            event = self._ends(command, await self._words(audio), nearby, again=True)
        self._parts.post(event or e.NearEndGone(self._parts.clock()))

    def _ends(
        self, command: e.JudgeWords, heard: Transcript, nearby: str, *, again: bool = False
    ) -> e.Event | None:
        at = self._parts.clock()
        if command.over_ring:
            return ring_ended_by(heard.text, at, nearby)
        found = meant(heard, nearby)
        return ended_by(found, at, command.start, only_stop=self._only_stop, again=again)

    async def _words(self, audio: Pcm, *, quick: bool = False) -> Transcript:
        try:
            return await self._parts.asr.transcribe(audio, quick=quick)
        except EngineError as error:
            log.warning("what was said over the reply is not known: %s", error, extra={"stage": "barge_in"})
            return Transcript("", "", no_speech=True)
