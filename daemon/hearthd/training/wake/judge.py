"""How good a wake word's head is: what it hears of voices that it does not know, and how often it errs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.engines.speech_features import CHUNK, Floats, windows_of
from hearthd.engines.wake_word.head import Head
from hearthd.training.wake import sounds

NOISY_DB, QUIET_DB = 10.0, 30.0
"""The noise behind the phrases that judge: so far below them."""
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
MARGIN = 3
"""So many steps above the threshold at which synthetic others are quiet: real ones are many more. "jarvis"
woke 9 times in .73 h of real sound at .5, where nothing synthetic woke it, 3 times at .7 and not at .8; of 60
real calls in a quiet room it heard 60, 60 and 59."""
HEARD = 0.95
REFRACTORY = 25
"""Scores (2 s) in which one wake counts once."""


@dataclass(frozen=True)
class Judged:
    """The counts."""

    heard: int
    said: int
    """Of so many phrases by held-out voices, 10 dB above a noise, ``heard`` were recognised ..."""
    heard_quiet: int
    """... and so many of the same in a quiet room."""
    false_wakes: int
    hours: float
    """Of sound in which nobody says it."""
    near_taken: int = 0
    near_said: int = 0
    """Of so many near phrases by held-out voices ``near_taken`` wake it; their transcript is asked then."""
    owner_heard: int = 0
    owner_said: int = 0

    @property
    def false_per_hour(self) -> float:
        """What is to be expected: of no false wake in the time that was listened to, one in that time."""
        return max(self.false_wakes, 1 if self.hours < 1 else self.false_wakes) / max(self.hours, 1e-6)


def peak(head: Head, features: Floats) -> float:
    """The highest score anywhere in ``features`` (n, 96) of a recording."""
    return float(_scores(head, features).max(initial=0.0))


def placed(pcm: Pcm, rng: np.random.Generator, snr_db: float, others: Sequence[Pcm] = ()) -> Pcm:
    """``pcm`` in a room with a noise so far below it, two seconds before and half a second after it."""
    said = np.pad(pcm, (2 * SAMPLE_RATE, SAMPLE_RATE // 2))
    return sounds.heard(sounds.in_a_room(said, rng, ordinary=True), snr_db, rng, others)


def false_wakes(head: Head, pieces: Sequence[Floats], threshold: float) -> int:
    """How often it wakes in ``pieces`` (features), in which nobody says the phrase."""
    return sum(_wakes(_scores(head, one), threshold) for one in pieces)


def threshold_for(head: Head, pieces: Sequence[Floats], calls: Sequence[float]) -> float:
    """Three steps above the lowest threshold at which nothing in ``pieces`` wakes it, or lower.

    Not so high that fewer than ``HEARD`` of ``calls`` (their peaks) are heard: a word that nobody hears is of
    no use, and of what wakes it in error the transcript is asked.
    """
    scores = [_scores(head, one) for one in pieces]
    loud = sum(any(_wakes(one, bound) for one in scores) for bound in THRESHOLDS)
    enough = sum(np.mean(np.asarray(calls) >= bound) >= HEARD for bound in THRESHOLDS)
    return THRESHOLDS[max(0, min(loud + MARGIN, enough - 1, len(THRESHOLDS) - 1))]


def _scores(head: Head, features: Floats) -> Floats:
    windows = windows_of(features, head.frames)
    return head.scores(windows) if len(windows) else np.zeros(0, np.float32)


def _wakes(scores: Floats, threshold: float) -> int:
    count, deaf = 0, 0
    for number in np.flatnonzero(scores >= threshold):
        if number >= deaf:
            count, deaf = count + 1, int(number) + REFRACTORY
    return count


def hours_of(pieces: Sequence[Floats]) -> float:
    """How long they last."""
    return sum(map(len, pieces)) * CHUNK / SAMPLE_RATE / 3600
