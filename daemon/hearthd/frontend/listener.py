"""Follows one utterance in the ring: VAD, foreground, endpoint, and the events they make.

A listener may begin at any sample that the ring still holds, so nothing is lost when a person goes
on speaking in the same breath as the wake word.
"""

from __future__ import annotations

from collections.abc import Callable

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.dialogue import events as e
from hearthd.engines.vad.vad import WINDOW, Silero, voice_level_db
from hearthd.frontend.ring_buffer import RingBuffer
from hearthd.turn_taking.endpointing import EndpointChange, EndpointDetector, EndpointMark
from hearthd.turn_taking.talker_gate import TalkerGate

PRE_ROLL = SAMPLE_RATE // 2
"""What the recogniser gets before the first speech: the VAD notices a soft first sound late."""
WARM_UP = 16 * WINDOW
"""What Silero hears before the first sample that counts (0.5 s): it knows speech by what came before."""
ROOM = 3 * SAMPLE_RATE
"""Of the audio before the utterance, what tells how loud the room is."""


class Listener:
    """Looks for the person's words from ``sample`` on; ``done`` once they ended or none came.

    ``include_from`` before ``sample`` (the wake phrase) is always part of the utterance; without it
    the utterance begins ``PRE_ROLL`` before the first speech.
    """

    def __init__(
        self,
        ring: RingBuffer,
        vad: Silero,
        endpoint: EndpointDetector,
        *,
        sample: int,
        include_from: int,
        time_of: Callable[[int], float],
    ) -> None:
        self._ring = ring
        self._vad = vad
        self._endpoint = endpoint
        self._foreground = TalkerGate()
        self._time_of = time_of
        self.started = False
        """Somebody has begun to speak."""
        self._first = max(sample, ring.start)
        self._include_from = max(include_from, ring.start)
        self._start = self._include_from
        self._next = max(ring.start, self._first - WARM_UP)
        vad.reset()
        self._hear_room(self._include_from - ROOM, self._include_from)

    @property
    def done(self) -> bool:
        """The utterance ended, or nothing was said."""
        return self._endpoint.over

    @property
    def longest_pause(self) -> float:
        """The longest silence within the utterance so far, in seconds."""
        return self._endpoint.longest_pause

    def wait(self, seconds: float) -> None:
        """The words before the present pause break off: so much silence ends them."""
        self._endpoint.wait(seconds)

    def catch_up(self) -> list[e.Event]:
        """Hear what has come into the ring since the last call."""
        events: list[e.Event] = []
        self._next = max(self._next, self._ring.start)
        while not self.done and self._next + WINDOW <= self._ring.end:
            events += self._window(self._ring.read(self._next, self._next + WINDOW))
        return events

    def _hear_room(self, start: int, end: int) -> None:
        before = self._ring.read(start, end)
        for first in range(0, len(before) - WINDOW + 1, WINDOW):
            self._foreground.room(voice_level_db(before[first : first + WINDOW]))

    def _window(self, window: Pcm) -> list[e.Event]:
        [probability] = self._vad.process(window)
        self._next += WINDOW
        counted = min(WINDOW, self._next - self._first)
        if counted <= 0:
            return []
        speech = self._foreground.process(probability, voice_level_db(window))
        return [self._event(mark) for mark in self._endpoint.process(counted, speech)]

    def _event(self, mark: EndpointMark) -> e.Event:
        at, sample = self._time_of(self._next), self._first + mark.sample
        match mark.change:
            case EndpointChange.STARTED:
                self.started = True
                if self._include_from >= self._first:
                    self._start = max(self._include_from, sample - PRE_ROLL)
                return e.SpeechStarted(at, sample)
            case EndpointChange.PAUSED:
                return e.SpeechPaused(at, self._utterance(sample))
            case EndpointChange.RESUMED:
                return e.SpeechResumed(at)
            case EndpointChange.ENDED:
                return e.SpeechEnded(at, self._utterance(sample))
            case EndpointChange.NOTHING:
                return e.NothingSaid(at)

    def _utterance(self, speech_end: int) -> e.Utterance:
        return e.Utterance(self._start, self._next, speech_end, self._time_of(speech_end))
