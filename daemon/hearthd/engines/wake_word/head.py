"""A wake word's own small network over the shared features, trained at home (``training.wake``).

One hidden layer over the last few of the 96 numbers that all words share; a file of plain arrays (.npz, read
without pickle), so it costs 20 us of every 80 ms and nobody's code runs when it is read.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hearthd.common.errors import EngineError
from hearthd.engines.speech_features import Floats

SUFFIX = ".npz"
FEATURE = 96
MAX_FRAMES, MAX_HIDDEN = 40, 256
MAX_BYTES = 8_000_000
_NAMES = ("mean", "spread", "hidden", "hidden_bias", "out", "out_bias")


@dataclass(frozen=True)
class Head:
    """The weights: float32 arrays."""

    mean: Floats
    """(frames, 96): what is taken away from the features ..."""
    spread: Floats
    """... and what the rest is divided by."""
    hidden: Floats
    """(frames * 96, units)."""
    hidden_bias: Floats
    out: Floats
    """(units,)."""
    out_bias: Floats
    """(1,)."""

    @property
    def frames(self) -> int:
        """How many features it looks at, 80 ms apart."""
        return len(self.mean)

    def scores(self, features: Floats) -> Floats:
        """How likely the word ends with the last of ``features``, (..., frames, 96): 0 to 1, shape (...)."""
        known = (features - self.mean) / self.spread
        flat = known.reshape(*known.shape[:-2], -1)
        units = np.maximum(0.0, flat @ self.hidden + self.hidden_bias)
        odds = np.clip(units @ self.out + self.out_bias[0], -30.0, 30.0)
        scores: Floats = (1.0 / (1.0 + np.exp(-odds))).astype(np.float32)
        return scores

    def score(self, features: Floats) -> float:
        """The same of one window, (frames, 96)."""
        return float(self.scores(features))

    def save(self, path: Path) -> None:
        """Write it; the file is whole or not there."""
        partial = path.with_name(f".{path.name}.partial")
        with partial.open("wb") as file:
            np.savez(file, **{name: getattr(self, name).astype(np.float32) for name in _NAMES})
        partial.replace(path)


def load(path: Path) -> Head:
    """Read one. Raises EngineError if it is none."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise EngineError(f"{path} is no wake word of this kind: it is larger than {MAX_BYTES} bytes")
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name], np.float32) for name in _NAMES}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise EngineError(f"{path} is no wake word of this kind ({type(error).__name__})") from error
    head = Head(**arrays)
    frames, units = len(head.mean), len(head.out)
    expected = {
        "mean": (frames, FEATURE), "spread": (frames, FEATURE), "hidden": (frames * FEATURE, units),
        "hidden_bias": (units,), "out": (units,), "out_bias": (1,),
    }  # fmt: skip
    right = all(arrays[name].shape == shape for name, shape in expected.items())
    sane = all(np.isfinite(array).all() for array in arrays.values()) and bool((head.spread > 0).all())
    if not (right and sane and 0 < frames <= MAX_FRAMES and 0 < units <= MAX_HIDDEN):
        raise EngineError(f"{path} is no wake word of this kind: its arrays do not fit together")
    return head
