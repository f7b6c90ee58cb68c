"""Tells by their sound whether words sound like a backchannel, while they are still being said.

"Mm-hm" and "How long" begin alike for a detector of voices, but not for openWakeWord's features, of which
one sees 0.8 s of sound. A logistic regression over three of them, trained on synthetic voices in synthetic
rooms (``tools/train_backchannels.py``), tells the listed backchannels from the beginnings of sentences.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hearthd.common.audio import Pcm
from hearthd.common.paths import models_dir
from hearthd.engines.speech_features import CHUNK, MEL_FRAMES, Floats, Networks, networks

FEATURES = 3
"""80 ms apart, the last of them at the end of the sound."""
HOP = CHUNK // 160
"""Mel frames from one feature to the next."""
SAMPLES = 512 + (MEL_FRAMES - 1) * 160 + (FEATURES - 1) * CHUNK
"""What they are made of: 0.95 s."""
WEIGHTS = Path(__file__).with_name("backchannel.npy")
"""One weight for each of 3 times 96 numbers, and the constant."""


def features(heard_by: Networks, sound: Pcm) -> Floats:
    """The numbers (288,) that the end of ``sound`` is told by; what is missing before it was silent."""
    missing = max(0, SAMPLES - len(sound))
    mel = heard_by.mel(np.concatenate((np.zeros(missing, np.int16), sound[-SAMPLES:])))
    ends = range(len(mel) - (FEATURES - 1) * HOP, len(mel) + 1, HOP)
    return np.concatenate([heard_by.feature(mel[:end]) for end in ends])


class BackchannelSound:
    """The trained regression. Raises EngineError if openWakeWord's networks are missing."""

    def __init__(self) -> None:
        self._networks = networks(models_dir() / "openwakeword")
        self._weights = np.load(WEIGHTS, allow_pickle=False)

    def score(self, sound: Pcm) -> float:
        """Above 0 if the end of ``sound`` (16 kHz; up to ``SAMPLES`` count) is likelier a backchannel.

        The logarithm of the odds, both being equally frequent. 7 ms.
        """
        return float(features(self._networks, sound) @ self._weights[:-1] + self._weights[-1])
