"""How good a wake word's head is: what it hears of voices that it does not know, and how often it errs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.engines.speech_features import Floats, Networks, features_of, windows_of
from hearthd.engines.wake_word.head import Head
from hearthd.training.wake import sounds
from hearthd.training.wake.material import WakeClip

TESTED_DB = 10.0
THRESHOLDS = (0.6, 0.7, 0.8, 0.9, 0.95)
REFRACTORY = 25
"""Scores (2 s) in which one wake counts once."""


@dataclass(frozen=True)
class Judged:
    """The counts."""

    heard: int
    said: int
    """Of so many phrases by held-out voices, 10 dB above a noise, ``heard`` were recognised."""
    false_wakes: int
    hours: float
    """Of sound in which nobody says it."""
    owner_heard: int = 0
    owner_said: int = 0

    @property
    def false_per_hour(self) -> float:
        """What is to be expected: of no false wake in the time that was listened to, one in that time."""
        return max(self.false_wakes, 1 if self.hours < 1 else self.false_wakes) / max(self.hours, 1e-6)


def peak(head: Head, heard_by: Networks, pcm: Pcm) -> float:
    """The highest score anywhere in ``pcm``."""
    return float(_scores(head, heard_by, pcm).max(initial=0.0))


def at_ten_decibels(clip: WakeClip, rng: np.random.Generator, others: Sequence[Pcm]) -> Pcm:
    """The phrase in a room with a noise 10 dB below it, a second before and half a second after it."""
    said = np.concatenate((np.zeros(SAMPLE_RATE, np.int16), clip.pcm, np.zeros(SAMPLE_RATE // 2, np.int16)))
    return sounds.heard(sounds.in_a_room(said, rng), TESTED_DB, rng, others)


def false_wakes(head: Head, heard_by: Networks, pieces: Sequence[Pcm], threshold: float) -> int:
    """How often it wakes in ``pieces``, in which nobody says the phrase."""
    return sum(_wakes(_scores(head, heard_by, one), threshold) for one in pieces)


def threshold_for(head: Head, heard_by: Networks, pieces: Sequence[Pcm]) -> float:
    """The lowest threshold at which nothing in ``pieces`` wakes it; the highest if none is."""
    scores = [_scores(head, heard_by, one) for one in pieces]
    quiet = (bound for bound in THRESHOLDS if not any(_wakes(one, bound) for one in scores))
    return next(quiet, THRESHOLDS[-1])


def _scores(head: Head, heard_by: Networks, pcm: Pcm) -> Floats:
    windows = windows_of(features_of(heard_by, pcm), head.frames)
    return head.scores(windows) if len(windows) else np.zeros(0, np.float32)


def _wakes(scores: Floats, threshold: float) -> int:
    count, deaf = 0, 0
    for number in np.flatnonzero(scores >= threshold):
        if number >= deaf:
            count, deaf = count + 1, int(number) + REFRACTORY
    return count


def hours_of(pieces: Sequence[Pcm]) -> float:
    """How long they last."""
    return sum(map(len, pieces)) / SAMPLE_RATE / 3600
