"""Finds where a person begins to speak and where they have finished.

A pure object: it counts the samples it is fed and asks no clock, so a recording gives the same
answer at any speed. It is fed a stretch of audio's length and whether a person speaks in it
(``turn_taking.talker_gate`` decides that), and tells what changed.

How it decides, and why so:

* **Silence is a budget, and speech refills it in full.** Home Assistant's segmenter refills only
  after a second of unbroken speech; there three pauses of 0.3 s add up, and it cuts people off in
  the middle of a sentence. Here ``REFILL_SECONDS`` of speech are enough.
* **The budget is frozen while speech may be under way.** A VAD notices speech late; without the
  freeze a pause of 0.6 s spends 0.75 s of budget on the way out and on the way in.
* **A short pause is told early** (``PAUSED``), long before the end is certain, so that work on the
  words can begin on a guess. Any speech after it, even too little to refill the budget, takes the
  guess back (``RESUMED``): the guess lacks a word.
* **It always ends.** Nobody speaks: ``NOTHING`` after ``no_speech_seconds``. Somebody never stops:
  ``ENDED`` after ``max_seconds`` of their speech.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hearthd.common.audio import SAMPLE_RATE

ONSET_SECONDS = 0.096
"""This much speech, unbroken, begins an utterance: three windows of Silero. A click is shorter;
"stop" and 停 are 0.2 s and more."""

BLIP_SECONDS = 0.064
"""After a pause, this much speech may be a word: what was guessed from the pause is void."""

REFILL_SECONDS = 0.15
"""This much speech, unbroken, refills the silence budget. A cough or a knock is shorter."""

PAUSE_SECONDS = 0.15
"""Silence after which a pause is told, and a guess made. Most gaps within and between words are shorter."""


class EndpointChange(Enum):
    """What ``EndpointDetector.process`` tells."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    ENDED = "ended"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class EndpointMark:
    """A change, and where: ``sample`` counts from the first sample fed.

    It is the first one of the speech for STARTED and RESUMED, the one after the last of the speech
    for PAUSED and ENDED, the present for NOTHING.
    """

    change: EndpointChange
    sample: int


class EndpointDetector:
    """Follows one utterance from the moment somebody may speak to its end. Then make a new one."""

    def __init__(self, *, silence_seconds: float, no_speech_seconds: float, max_seconds: float) -> None:
        self._budget = self._silence = _samples(silence_seconds)
        self._pause = min(_samples(PAUSE_SECONDS), self._budget)
        self._no_speech = _samples(no_speech_seconds)
        self._max = _samples(max_seconds)
        self._now = 0
        self._run = 0
        self._gap = 0
        self._spent = 0
        self._started: int | None = None
        self._speech_end = 0
        self._paused = False
        self.over = False
        """ENDED or NOTHING was told; more audio changes nothing."""
        self._longest_pause = 0

    def process(self, samples: int, speech: bool) -> list[EndpointMark]:
        """Feed the next ``samples`` samples, in all of which a person speaks (or not)."""
        if self.over or samples <= 0:
            return []
        self._now += samples
        self._run = self._run + samples if speech else 0
        if self._started is None:
            return self._waiting(speech)
        marks = self._speaking(samples) if speech else self._silent(samples)
        if not self.over and self._now - self._started >= self._max:
            marks.append(self._end())
        return marks

    @property
    def longest_pause(self) -> float:
        """The longest silence so far after which the person went on, in seconds."""
        return self._longest_pause / SAMPLE_RATE

    def wait(self, seconds: float) -> None:
        """The words before this pause break off: so much silence ends it, until speech is heard again."""
        self._budget = max(self._silence, _samples(seconds))

    def _waiting(self, speech: bool) -> list[EndpointMark]:
        if self._run >= _samples(ONSET_SECONDS):
            self._started = self._now - self._run
            self._speech_end = self._now
            return [EndpointMark(EndpointChange.STARTED, self._started)]
        if self._now >= self._no_speech and not speech:
            self.over = True
            return [EndpointMark(EndpointChange.NOTHING, self._now)]
        return []

    def _speaking(self, samples: int) -> list[EndpointMark]:
        marks = []
        if self._run >= _samples(BLIP_SECONDS):
            self._speech_end = self._now
            self._longest_pause = max(self._longest_pause, self._gap)
            self._gap = 0
            self._budget = self._silence
            if self._paused:
                self._paused = False
                marks.append(EndpointMark(EndpointChange.RESUMED, self._now - self._run))
        if self._run >= _samples(REFILL_SECONDS):
            self._spent = 0
        return marks

    def _silent(self, samples: int) -> list[EndpointMark]:
        self._gap += samples
        self._spent += samples
        if self._spent >= self._budget:
            return [self._end()]
        if self._gap >= self._pause and not self._paused:
            self._paused = True
            return [EndpointMark(EndpointChange.PAUSED, self._speech_end)]
        return []

    def _end(self) -> EndpointMark:
        self.over = True
        return EndpointMark(EndpointChange.ENDED, self._speech_end)


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)
