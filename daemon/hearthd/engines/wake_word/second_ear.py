"""A second opinion on the wake words that hearthd ships, by their sound.

openWakeWord's words take "Hey Minecraft" for "Hey Mycroft" (1.0), and the recogniser, which could tell, does
not know the names. Heads of our own on the same features know both, for they were trained with what is nearly
the word as well (``tools/train_second_ears.py``).
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.engines.speech_features import features_of, networks, samples_for, windows_of
from hearthd.engines.wake_word import head
from hearthd.models import wake_words

PHRASES = {"hey mycroft": "hey_mycroft"}
"""The words that there is a head for, by what is said. Of the others the recogniser knows the names."""


def weights(word: str) -> Path:
    """The file of the head for ``word``."""
    return Path(__file__).with_name(f"second_ear_{word}.npz")


def likeness(audio: Pcm, phrase: str) -> float | None:
    """How likely ``phrase`` ends somewhere in 16 kHz ``audio`` (2 s or so), 0 to 1; None: not known.

    Takes 40 ms of a core for two seconds. Any thread may ask.
    """
    word = PHRASES.get(" ".join(phrase.lower().split()))
    if word is None:
        return None
    try:
        known, heard_by = second_ear(word), networks(wake_words.folder())
    except EngineError:
        return None
    short = max(0, samples_for(known.frames) - len(audio))
    features = features_of(heard_by, np.pad(audio, (short, 0)))
    return float(known.scores(windows_of(features, known.frames)).max(initial=0.0))


@functools.cache
def second_ear(word: str) -> head.Head:
    """The head for ``word``. Raises EngineError."""
    return head.load(weights(word))
