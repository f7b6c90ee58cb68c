"""The front end: microphone blocks in, events out.

Everything here runs in one thread and waits for nothing. At rest only the wake word listens (and
that mostly sleeps, see ``engines.wake_word.gate``); Silero runs while a person's words are looked for or
while somebody may talk over the speaker.

Two plugs are left open for the echo canceller's and the barge-in's parts: what cleans the
microphone of the speaker's own voice comes first (``echo``), so all that follows hears the cleaned
signal; ``near_end`` is fed while the speaker sounds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

import numpy as np

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.config.settings import Settings, WakeSettings
from hearthd.dialogue import events as e
from hearthd.engines.protocols import WakeHit
from hearthd.engines.vad.vad import Silero
from hearthd.engines.wake_word.openwakeword import open_wake_word
from hearthd.frontend.listener import ROOM, Listener
from hearthd.frontend.microphone_watch import MicrophoneWatch
from hearthd.frontend.ring_buffer import RingBuffer
from hearthd.turn_taking.endpointing import EndpointDetector
from hearthd.turn_taking.pauses import Pauses

log = logging.getLogger(__name__)

ASKED = 5 * SAMPLE_RATE
"""Of the audio before an answer, what tells how loud the person is who asked."""
PIECE = SAMPLE_RATE
"""Longer blocks are taken in pieces of a second, so that nothing grows with a block's length."""


STOP_LATE = SAMPLE_RATE // 5
"""A word that wants silence is recognised up to so long after what was said over the speaker has ended."""
GAP = SAMPLE_RATE
"""So many samples missing at once are no overrun: the device was shut."""


class EchoCanceller(Protocol):
    """Takes the speaker's own voice out of the microphone's signal."""

    def process(self, near: Pcm, at: float) -> Pcm:
        """Return ``near`` (whose first sample was captured at ``at``) cleaned, of equal length."""
        ...

    def news(self, at: float) -> list[e.Event]:
        """What is to be told of the canceller after a block."""
        ...


class NearEnd(Protocol):
    """Notices a person who talks over the speaker."""

    @property
    def alone(self) -> bool:
        """Whether the speaker surely talks alone: then no wake word is being said."""
        ...

    def process(self, near: Pcm, at: float, sample: int) -> list[e.Event]:
        """Feed the next block, whose first sample has the number ``sample``."""
        ...

    def reset(self, before: Pcm, *, over_ring: bool = False) -> None:
        """The speaker begins to think or sound (or has stopped). ``before``: what was heard last."""
        ...


class WakeEngine(Protocol):
    """A wake word engine whose demands can be raised while the speaker sounds."""

    strict: bool

    def process(self, block: Pcm, *, alone: bool = False) -> list[WakeHit]:
        """Feed the next samples; return the words recognised in them.

        ``alone``: they hold what is left of the speaker's own voice, and no person's.
        """
        ...


class FrontEnd:
    """Finds wake words, utterances and interruptions in the microphone's stream."""

    def __init__(
        self,
        wake: WakeEngine,
        vad: Silero,
        settings: Settings,
        *,
        echo: EchoCanceller | None = None,
        near_end: NearEnd | None = None,
        open_wake: Callable[[WakeSettings], WakeEngine] = open_wake_word,
    ) -> None:
        """``open_wake`` makes the wake word engine anew when its settings change."""
        self._wake = wake
        self._wake_origin = 0
        self._open_wake = open_wake
        self._vad = vad
        self._settings = settings
        self._echo = echo
        self._near_end = near_end
        self._ring = RingBuffer()
        self._listener: Listener | None = None
        self._patience = 0.0
        """How long the present listening waits for the first word."""
        self._watching = False
        self._clock = (0, 0.0)
        self._watch = MicrophoneWatch()
        self._pauses = Pauses()
        self._last_word = -1
        """The sample at which the last utterance ended."""
        self._said: e.Utterance | None = None
        """What was said just now, until the microphone is judged by it: not before it is answered."""
        self._stop_heard = -1
        """The sample at which a word that wants silence was recognised last."""

    @property
    def now(self) -> int:
        """The number of the next sample to come."""
        return self._ring.end

    def process(self, block: Pcm, at: float, lost: int = 0) -> list[e.Event]:
        """Hear ``block`` (16 kHz mono int16), whose first sample was captured at ``at``.

        ``lost`` samples before it never came; they are heard as silence, so that numbers and times
        stay right. Raises ValueError for anything but one row of int16.
        """
        if block.dtype != np.int16 or block.ndim != 1:
            raise ValueError(f"a block is one row of int16, not {block.ndim} of {block.dtype}")
        if lost > 0:
            lost = min(lost, self._ring.capacity)
            self._listen_after(lost)
            block = np.concatenate((np.zeros(lost, dtype=np.int16), block))
            at -= lost / SAMPLE_RATE
        found: list[e.Event] = []
        for first in range(0, len(block), PIECE):
            found += self._hear(block[first : first + PIECE], at + first / SAMPLE_RATE)
        return found

    def _listen_after(self, lost: int) -> None:
        """A microphone that was shut (muted, unplugged) has heard nobody: the time given begins anew."""
        if lost >= GAP and self._listener is not None and not self._listener.started:
            back = self._ring.end + lost
            self.listen(back, self._patience, back)

    def listen(self, sample: int, seconds: float, include_from: int) -> None:
        """Look for a person's words from ``sample`` on, which may lie up to 45 s in the past.

        ``seconds``: give up when nobody spoke for so long. ``include_from``: the first sample that
        the recogniser shall get. A listening under way is dropped.
        """
        self._patience = seconds
        endpoint = EndpointDetector(
            silence_seconds=self._pauses.silence(self._settings.endpoint.silence_seconds),
            no_speech_seconds=seconds,
            max_seconds=self._settings.endpoint.max_seconds,
        )
        self._listener = Listener(
            self._ring,
            self._vad,
            endpoint,
            sample=sample,
            include_from=include_from,
            time_of=self.time_of,
        )

    def wait(self, seconds: float) -> None:
        """What is listened to breaks off before the present pause: so much silence ends it."""
        if self._listener is not None:
            self._listener.wait(seconds)

    def reconfigure(self, settings: Settings) -> WakeSettings:
        """Take over new settings: the wake words at once, the endpoint from the next listening on.

        Wake words that cannot be loaded leave the old ones in place. Returns what is listened for.
        """
        in_use = self._settings.wake
        if settings.wake != in_use:
            try:
                wake = self._open_wake(settings.wake)
            except EngineError as error:
                log.error("the wake words stay as they were: %s", error, extra={"stage": "wake"})
                settings = settings.model_copy(update={"wake": in_use})
            else:
                wake.strict = self._watching
                self._wake, self._wake_origin = wake, self._ring.end
        self._settings = settings
        return settings.wake

    def stop_listening(self) -> None:
        """No person's words are looked for any more; the wake word still is."""
        self._listener = None

    def watch_near_end(self, on: bool, *, over_ring: bool = False) -> None:
        """The speaker sounds (or no longer): look for somebody who talks over it.

        The wake word is taken strictly meanwhile: the speaker's own voice may resemble it. ``over_ring``:
        what sounds is a ring.
        """
        self._watching = on
        self._wake.strict = on
        if self._near_end is not None:
            before = self._ring.read(self._ring.end - ASKED, self._ring.end)
            self._near_end.reset(before, over_ring=over_ring)

    def audio(self, start: int, end: int) -> Pcm:
        """The samples ``start`` to ``end``, as far as they are among the last 45 seconds."""
        return self._ring.read(start, end)

    def time_of(self, sample: int) -> float:
        """When ``sample`` was captured: seconds on the monotonic clock."""
        known, at = self._clock
        return at + (sample - known) / SAMPLE_RATE

    def _hear(self, block: Pcm, at: float) -> list[e.Event]:
        if self._said is not None:
            self._judge_microphone(self._said)
        first = self._ring.end
        near = block if self._echo is None else self._echo.process(block, at)
        self._clock = (first, at)
        self._ring.write(near)
        end_at = self.time_of(self._ring.end)
        over: list[e.Event] = []
        alone = False
        if self._watching and self._near_end is not None:
            over = self._near_end.process(near, at, first)
            alone = self._near_end.alone
        found: list[e.Event] = []
        for hit in self._wake.process(near, alone=alone):
            start, end = self._wake_origin + hit.start, self._wake_origin + hit.end
            if hit.stops:
                self._stop_heard = end
            else:
                found.append(e.Wake(end_at, hit.word, hit.score, start, end))
        if self._echo is not None:
            found += self._echo.news(end_at)
        found += map(self._stopped, over)
        if self._listener is not None:
            heard = self._listener.catch_up()
            self._learn(heard, self._listener.longest_pause)
            found += heard
            if self._listener.done:
                self._listener = None
        return found

    def _learn(self, heard: list[e.Event], longest_pause: float) -> None:
        """What an utterance tells of the people and of the microphone."""
        for one in heard:
            if isinstance(one, e.SpeechStarted) and self._last_word >= 0:
                self._pauses.began((one.sample - self._last_word) / SAMPLE_RATE)
            elif isinstance(one, e.SpeechEnded):
                self._said, self._last_word = one.utterance, one.utterance.speech_end
                self._pauses.ended(longest_pause)

    def _judge_microphone(self, said: e.Utterance) -> None:
        self._said = None
        room = self._ring.read(said.start - ROOM, said.start)
        self._watch.heard(room, self._ring.read(said.start, said.speech_end), said.speech_end_at)

    def _stopped(self, event: e.Event) -> e.Event:
        """A short utterance that was heard as "stop" needs no transcript."""
        if isinstance(event, e.NearEndShort) and event.start <= self._stop_heard <= event.end + STOP_LATE:
            return e.StopWord(event.at)
        return event


def open_front_end(
    settings: Settings, *, echo: EchoCanceller | None = None, near_end: NearEnd | None = None
) -> FrontEnd:
    """The front end that ``settings`` describe, its networks loaded (0.15 s). Raises EngineError."""
    return FrontEnd(open_wake_word(settings.wake), Silero(), settings, echo=echo, near_end=near_end)
