"""Fifty minutes of people who say something else, as features: what a wake word must not be taken for.

A head knows what its word is not from what it is shown, and two minutes of sentences are too little: "jarvis"
woke 62 times an hour of ordinary sound. Speaking as much takes an hour and is the same for every word, so
it was done once (``tools/make_wake_speech.py``: voices say home commands in rooms, behind noises). Sentences
that hold the word itself are left out.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hearthd.common.errors import EngineError
from hearthd.engines.speech_features import Floats, windows_of
from hearthd.training.wake.phonetics import likeness

FILE = Path(__file__).with_name("speech.npz")
HOLDS_IT = 0.85
"""From this likeness on a sentence holds the phrase."""


@dataclass(frozen=True)
class SpokenStretch:
    """Some sentences, one after another."""

    text: str
    features: Floats
    """(n, 96), 80 ms apart."""


def save(stretches: list[SpokenStretch], path: Path = FILE) -> None:
    """Write them, a byte for each number (the error is 0.9 % of their spread)."""
    rows = np.concatenate([one.features for one in stretches]).astype(np.float32)
    scale = np.percentile(np.abs(rows), 99.95, axis=0).astype(np.float32) / np.float32(127)
    np.savez_compressed(
        path,
        rows=np.clip(np.rint(rows / scale), -127, 127).astype(np.int8),
        scale=scale,
        ends=np.cumsum([len(one.features) for one in stretches]).astype(np.int32),
        texts=np.array([one.text for one in stretches]),
    )


@functools.cache
def stretches() -> tuple[SpokenStretch, ...]:
    """All of them. Raises EngineError if the file cannot be read."""
    try:
        with np.load(FILE, allow_pickle=False) as file:
            rows = file["rows"].astype(np.float32) * file["scale"]
            ends, texts = file["ends"], file["texts"]
    except (OSError, ValueError, KeyError) as error:
        raise EngineError(f"{FILE} cannot be read ({type(error).__name__}): install hearthd again") from error
    parts = np.split(rows, ends[:-1])
    return tuple(SpokenStretch(str(text), part) for text, part in zip(texts, parts, strict=True))


def others(phrase: str) -> tuple[SpokenStretch, ...]:
    """Those in which nobody says ``phrase``."""
    return tuple(one for one in stretches() if likeness(phrase, one.text) < HOLDS_IT)


def windows(several: Sequence[SpokenStretch], frames: int) -> Floats:
    """(n, frames, 96): every window of ``several``."""
    found = [windows_of(one.features, frames) for one in several]
    return np.concatenate(found) if found else np.zeros((0, frames, 96), np.float32)
