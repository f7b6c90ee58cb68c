"""openWakeWord's custom verifier: a second model, trained on one household's own voices.

It is a pickled scikit-learn pipeline, and whoever writes a pickle runs code in whoever reads it. So
it is read only when the owner names it in the configuration, and only from a file that nobody but
root or the owner could have written. Measured: the trained voice scores 0.87 to 0.92, others 0.36 to
0.73. Reading it imports openwakeword and scikit-learn (3 s, 130 MB).
"""

from __future__ import annotations

import os
import pickle
import stat
from pathlib import Path

from hearthd.common.errors import EngineError
from hearthd.engines.speech_features import Floats

ASK_FROM = 0.1
"""Below this score of the word's own model the verifier is not asked (as openWakeWord does)."""


class Verifier:
    """Gives a second score to what the word's model took for the word."""

    def __init__(self, path: Path) -> None:
        """Raises EngineError if the file cannot be trusted or is no verifier."""
        content = _read_trusted(path)
        try:
            self._model = pickle.loads(content)
            self._model.predict_proba  # noqa: B018 - anything else is no verifier
        except Exception as error:
            raise EngineError(f"{path} is not an openWakeWord verifier ({type(error).__name__})") from error

    def score(self, features: Floats, score: float) -> float:
        """The verifier's score of ``features`` (frames, 96) where the model's own is worth asking."""
        if score < ASK_FROM:
            return score
        return float(self._model.predict_proba(features[None])[0][-1])


def _read_trusted(path: Path) -> bytes:
    try:
        # Not following links, not waiting at a pipe; what was opened is what is checked and read.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise EngineError(f"the verifier {path} cannot be read: {error.strerror}") from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise EngineError(f"the verifier {path} is not a plain file")
        if status.st_uid not in (0, os.geteuid()) or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise EngineError(
                f"the verifier {path} could have been written by somebody else, and reading it runs code: "
                f"chown it to the owner and chmod go-w it"
            )
        with open(handle, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(handle)
