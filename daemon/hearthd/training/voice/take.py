"""Judges one reading of a sentence while it is read: when it is over, and what is wrong with it.

Pure: blocks of samples in, a verdict out; time is counted in samples. Silero says where somebody speaks, so
that a room's noise is what sounds before and after the words, and a sentence ends in a noisy room, too.
``python -m tests.bench people --only takes`` measures the bounds on recordings of real people.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hearthd.audio.resample import Resampler
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.engines.vad.vad import Silero
from hearthd.text.duration import SECONDS_PER_UNIT, spoken_length
from hearthd.text.words_only import words_only
from hearthd.training.voice import slicer
from hearthd.voices import reference_clip

RATE = reference_clip.RATE
WAIT_SECONDS = 8.0
"""So long a person may take to begin."""
END_SECONDS, DOUBT_SECONDS = 1.2, 2.5
"""Silence that ends a reading; and one in which not enough for the sentence was said yet."""
LONGEST = 9.8
"""Seconds from the first word to the last: what a piece for the training may have (``slicer.LONGEST``)."""
MARGIN = 0.15
"""Seconds kept before the first word and after the last: Silero is not sure of soft consonants."""
AWAY = 0.25
"""Seconds from the words at which the room alone is heard: breath and reverberation are over."""
FEWEST_SECONDS = 0.3
"""Of the room alone: less tells nothing of its noise."""
TOO_QUIET_DB = -42.0
"""Speech (its loudest tenth) below this, of full scale. Of 40 real sentences 18 dB below a usual voice
38 were taken, 30 dB below none; these and the next figures are of recordings that chose no bound."""
TOO_NOISY_DB = 18.0
"""Speech above the room. Of 40 with noise 25 dB below all were taken, with noise 10 dB below 3."""
SHORTEST_SHARE = 0.75
"""A whole sentence takes so much at least of the time that its letters need at an everyday pace; of 118 real
people's sentences the quickest took 0.79 of it."""
LIKE_ENOUGH = 0.6
"""Share of the letters (or Han) that a recogniser must find of a sentence, in their order. Whisper base found
it in 27 of 28 sentences (8 English, 20 Chinese), in 2 of their halves, and in no other sentence."""
CLIPPED_PEAKS = 20
"""So many peaks cut off crackle (``reference_clip.judge``)."""
TRIES = 3
_LOUD = "it was too loud: peaks are cut off"


class Fault(StrEnum):
    """What is wrong with a reading, the gravest first."""

    NOTHING = "nothing"
    BROKEN = "broken"
    CLIPPED = "clipped"
    QUIET = "quiet"
    NOISY = "noisy"
    SHORT = "short"
    LONG = "long"
    OTHER_WORDS = "other_words"
    POOR = "poor"


MENDS = {
    Fault.NOTHING: "speak after the chime, near the microphone; `hearthd devices --test` tries it",
    Fault.BROKEN: "keep the microphone plugged in, and the machine free of other work",
    Fault.CLIPPED: "sit further away, or turn the capture level down (alsamixer, F4)",
    Fault.QUIET: "sit nearer to the microphone, or turn its capture level up (alsamixer, F4)",
    Fault.NOISY: "switch off what makes noise, close the window, or sit nearer to the microphone",
    Fault.SHORT: "read the whole sentence, slowly",
    Fault.LONG: "read it in one breath, without long pauses",
    Fault.OTHER_WORDS: "read the sentence as it stands there",
    Fault.POOR: "read it once more, in a quiet room",
}


@dataclass(frozen=True, slots=True)
class TakeVerdict:
    """What a reading is worth."""

    pcm: Pcm
    """From the first word to the last, with a margin, at ``RATE``; empty if nothing was said."""
    seconds: float
    """Of speech, pauses in it included."""
    level_db: float
    """Its loudest tenth, in dB of full scale."""
    noise_db: float
    """How far that is above the room; 0 if the room was not heard alone."""
    fault: Fault | None
    what: str
    """The fault in words, or "good"."""

    @property
    def mend(self) -> str:
        """What makes the next one better."""
        return MENDS[self.fault] if self.fault is not None else ""

    def beside(self, heard: str, text: str) -> TakeVerdict:
        """The same of a reading in which ``heard`` was recognised, and ``text`` was to be read."""
        if self.fault is not None or likeness(heard, text) >= LIKE_ENOUGH:
            return self
        return replace(self, fault=Fault.OTHER_WORDS, what="other words were heard")


class Take:
    """A reading as it comes in. ``feed`` its blocks until it is ``over``, then ask for the ``verdict``."""

    def __init__(self, text: str) -> None:
        """``text``: what is to be read."""
        self._least = SHORTEST_SHARE * spoken_length(text) * SECONDS_PER_UNIT
        self._vad = Silero()
        self._to_vad = Resampler(RATE, SAMPLE_RATE)
        self._blocks: list[Pcm] = []
        self._probabilities: list[float] = []
        self._samples = 0
        self._first = self._last = -1
        """The first and the last window in which somebody spoke."""
        self._clipped = 0
        self._loudest = -100.0
        self._lost = False

    @property
    def speaking(self) -> bool:
        """Whether somebody has begun."""
        return self._first >= 0

    def feed(self, pcm: Pcm, lost: int = 0) -> None:
        """The next samples at ``RATE``; ``lost``: so many are missing before them."""
        self._blocks.append(pcm)
        self._samples += len(pcm)
        self._clipped += reference_clip.clipped_peaks(pcm)
        self._lost = self._lost or (lost > 0 and self.speaking)
        for probability in self._vad.process(self._to_vad.process(pcm)):
            self._probabilities.append(probability)
            if probability >= slicer.SPEECH:
                self._last = len(self._probabilities) - 1
                self._first = self._first if self._first >= 0 else self._last
        if self.speaking and len(pcm):
            self._loudest = max(self._loudest, float(np.max(reference_clip.levels(pcm), initial=-100.0)))

    @property
    def hint(self) -> str:
        """What to tell the reader meanwhile; "" as long as all is well."""
        if self._clipped:
            return "too loud"
        if self.speaking and self._spoken >= 1.0 and self._loudest < TOO_QUIET_DB:
            return "louder, please"
        return "" if self.speaking else "read now"

    @property
    def over(self) -> bool:
        """Whether nothing is gained by listening on."""
        if self._lost or self._clipped > CLIPPED_PEAKS:
            return True
        if not self.speaking:
            return self._samples >= WAIT_SECONDS * RATE
        silent = (len(self._probabilities) - 1 - self._last) * slicer.WINDOW
        enough = END_SECONDS if self._spoken >= self._least else DOUBT_SECONDS
        return silent >= enough or self._spoken > LONGEST

    @property
    def _spoken(self) -> float:
        """Seconds from the first word to the last so far."""
        return (self._last - self._first + 1) * slicer.WINDOW

    def verdict(self) -> TakeVerdict:
        """What was read is worth this."""
        pcm = np.concatenate([np.zeros(0, np.int16), *self._blocks])
        spans = slicer.spans(self._probabilities)
        if not spans or not self.speaking:
            loud = self._clipped > CLIPPED_PEAKS
            fault, what = (Fault.CLIPPED, _LOUD) if loud else (Fault.NOTHING, "nothing was heard")
            return TakeVerdict(pcm[:0], 0.0, -100.0, 0.0, fault, what)
        seconds = self._spoken
        first, last = spans[0].start + slicer.MARGIN, spans[-1].end - slicer.MARGIN
        clip = pcm[max(0, round((first - MARGIN) * RATE)) : round((last + MARGIN) * RATE)]
        level = float(np.percentile(reference_clip.levels(clip), 90))
        room = [pcm[: max(0, round((first - AWAY) * RATE))], pcm[round((last + AWAY) * RATE) :]]
        noise = level - _level(np.concatenate(room))
        heard = sum(map(len, room)) >= FEWEST_SECONDS * RATE
        judged = self._fault(clip, seconds, level, noise if heard else None)
        return TakeVerdict(clip, seconds, level, noise if heard else 0.0, *judged)

    def _fault(
        self, clip: Pcm, seconds: float, level: float, noise: float | None
    ) -> tuple[Fault | None, str]:
        if self._lost:
            return Fault.BROKEN, "the microphone broke off"
        if self._clipped > CLIPPED_PEAKS:
            return Fault.CLIPPED, _LOUD
        if level < TOO_QUIET_DB:
            return Fault.QUIET, f"it was too quiet ({level:.0f} dB of full scale)"
        if noise is not None and noise < TOO_NOISY_DB:
            return Fault.NOISY, f"the room's noise is only {noise:.0f} dB below your voice"
        if seconds < max(self._least, reference_clip.SHORTEST):
            return Fault.SHORT, f"only {seconds:.1f} s were heard"
        if seconds > LONGEST:
            return Fault.LONG, f"it took more than {LONGEST:g} s"
        judged = reference_clip.judge(clip)
        return (Fault.POOR, judged.errors[0]) if judged.errors else (None, "good")


def likeness(heard: str, text: str) -> float:
    """The share of letters (or Han) that two texts have in common, in their order, of the longer: 0 to 1."""
    one, other = (words_only(each).replace(" ", "") for each in (heard, text))
    same = difflib.SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return sum(block.size for block in same) / max(len(one), len(other), 1)


def _level(pcm: Pcm) -> float:
    """The level of all of ``pcm``, in dB of full scale."""
    sound: NDArray[np.float64] = pcm.astype(np.float64) / 32768
    return float(10 * np.log10(np.mean(sound**2) + 1e-12)) if len(sound) else -120.0
