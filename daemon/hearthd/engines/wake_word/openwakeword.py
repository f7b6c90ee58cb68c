"""Wake words: models of the openWakeWord family (0.1 to 0.6), run on ONNX Runtime.

A word's model is a small network over shared features (``engines.speech_features``); one more word
costs 0.06 ms of every 80 ms. A score is taken for the word when it reaches the threshold in
``patience`` chunks in a row, and not within the refractory time after the same word.

What a score is worth, measured with synthetic voices: "hey Jarvis" 60 of 60, 15 to 180 ms after the
phrase, plain speech in two languages at most 0.06; but "Hey Travis" scores 0.98 and "Jarvis" alone
0.99. So a wake is only a suspicion here, confirmed by the transcript (``turn_taking.wake_phrase``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.config.settings import WakeSettings, WakeWordModel
from hearthd.engines.onnx_session import session
from hearthd.engines.protocols import WakeHit
from hearthd.engines.speech_features import CHUNK, Features, Floats
from hearthd.engines.wake_word import head
from hearthd.engines.wake_word.gate import RECENT, Gate
from hearthd.engines.wake_word.stop_word import stop_word
from hearthd.engines.wake_word.verifier import Verifier
from hearthd.models import wake_words

PHRASE = SAMPLE_RATE * 3 // 2
"""Samples from where a phrase may have begun to where it was recognised. A slow "hey Jarvis" takes
1.0 s and is recognised up to 0.2 s late; the transcript must hold the whole of it."""
STRICT_PATIENCE = 2
"""Chunks in a row that a word needs while the speaker sounds: on long stories single ones fire."""
DEAF_CHUNKS = 5
"""Scores of so many first chunks (0.4 s) are dropped: the models were not trained on a beginning."""


class OpenWakeWord:
    """Listens for several words at once. Raises EngineError if a model is missing or foreign."""

    def __init__(
        self,
        words: Sequence[WakeWordModel],
        folder: Path,
        *,
        refractory_seconds: float,
        stops: Sequence[WakeWordModel] = (),
        gated: bool = True,
    ) -> None:
        """``folder`` holds the shared networks and the words that have no ``model`` of their own.

        ``stops`` want silence, and are listened for only while the speaker sounds. ``gated=False`` never lets
        the network sleep.
        """
        self._words = [_Word(word, folder, refractory_seconds) for word in words]
        self._stops = [_Word(word, folder, refractory_seconds, stops=True) for word in stops]
        longest = max((word.frames for word in (*self._words, *self._stops)), default=1)
        self._features = Features(folder, longest + RECENT)
        self._gate = Gate() if gated else None
        self._rest: Pcm = np.zeros(0, dtype=np.int16)
        self._chunk = 0
        self._scored = 0
        self.strict = False
        """The speaker sounds: ask for one more proof."""
        self.scores: dict[str, float] = {}
        """Each word's score of the last chunk looked at."""

    def process(self, block: Pcm, *, alone: bool = False) -> list[WakeHit]:
        """Feed the next samples (any number); return the words recognised in them.

        ``alone``: the speaker itself is all that is in them, so the network may sleep (2.1 % of a core).
        """
        samples = np.concatenate((self._rest, block))
        whole = len(samples) // CHUNK * CHUNK
        self._rest = samples[whole:]
        hits: list[WakeHit] = []
        for first in range(0, whole, CHUNK):
            hits += self._hear(samples[first : first + CHUNK], alone)
        return hits

    def _hear(self, chunk: Pcm, alone: bool) -> list[WakeHit]:
        self._features.push(chunk)
        self._chunk += 1
        if self._gate is not None and (not self._gate.process(chunk, any_sound=self.strict) or alone):
            return []
        # Waking up: what the gate needed to make up its mind is looked at too, in its order.
        slept = self._chunk - self._scored > RECENT
        if slept:
            self._scored = self._chunk - RECENT
            for word in (*self._words, *self._stops):
                word.streak = 0
        return [hit for back in range(self._chunk - self._scored - 1, -1, -1) for hit in self._score(back)]

    def _score(self, back: int) -> list[WakeHit]:
        self._scored += 1
        hits = []
        for word in (*self._words, *self._stops) if self.strict else self._words:
            score = word.score(self._features.last(word.frames, back))
            self.scores[word.name] = score
            if self._scored > DEAF_CHUNKS and word.recognised(score, self._scored, self.strict):
                end = self._scored * CHUNK
                hits.append(WakeHit(word.name, score, max(0, end - PHRASE), end, word.stops))
        return hits


def open_wake_word(settings: WakeSettings) -> OpenWakeWord:
    """The engine for the configured words, from the models' folder. Raises EngineError."""
    return OpenWakeWord(
        settings.words,
        wake_words.folder(),
        refractory_seconds=settings.refractory_seconds,
        stops=[stop_word()],
    )


class _Word:
    """One word's model and its memory of the last chunks."""

    def __init__(
        self, settings: WakeWordModel, folder: Path, refractory_seconds: float, *, stops: bool = False
    ) -> None:
        self.name = settings.name
        self.stops = stops
        path = Path(settings.model).expanduser() if settings.model else _shipped(folder, settings.name)
        self._network: Callable[[Floats], float]
        if path.suffix == head.SUFFIX:
            trained = head.load(path)
            self.frames, self._network = trained.frames, trained.score
        else:
            self.frames, self._network = _opened(path)
        self._verifier = Verifier(Path(settings.verifier).expanduser()) if settings.verifier else None
        self._threshold = settings.threshold
        self._patience = settings.patience
        self._refractory = round(refractory_seconds * SAMPLE_RATE / CHUNK)
        self._deaf_until = 0
        self._certain = False
        """The present streak was long enough: it is told, or came too soon after the last."""
        self.streak = 0

    def score(self, features: Floats) -> float:
        """How likely the word ends in the last of ``features``, (frames, 96)."""
        score = self._network(features)
        return score if self._verifier is None else self._verifier.score(features, score)

    def recognised(self, score: float, chunk: int, strict: bool) -> bool:
        """Count the score of the next chunk; True if it makes the word certain enough.

        One phrase is told once, however long its score stays high. What is needed may become less within it:
        who calls over a reply ends it, often between the first chunk and the second.
        """
        self.streak = self.streak + 1 if score >= self._threshold else 0
        if self.streak <= 1:
            self._certain = False
        needed = max(self._patience, STRICT_PATIENCE if strict and not self.stops else 1)
        if self.streak < needed or self._certain:
            return False
        self._certain = True
        if chunk < self._deaf_until:
            return False
        self._deaf_until = chunk + self._refractory
        return True


def try_word(settings: WakeWordModel) -> None:
    """Load the word's own files once. Raises EngineError if the engine could not use them."""
    _Word(settings, wake_words.folder(), 0.0)


def _shipped(folder: Path, name: str) -> Path:
    found = wake_words.find(name, folder)
    if found is None:
        known = ", ".join(wake_words.known(folder))
        there = f"there are: {known}" if known else "there are none: run `hearthd models pull`"
        raise EngineError(
            f'no wake word model "{name}" in {folder} ({there}); or name a file in wake.words.model'
        )
    return found


def _opened(path: Path) -> tuple[int, Callable[[Floats], float]]:
    """How many features the ONNX model of a word takes, and its score of them. Raises EngineError."""
    model = session(path)
    [first, *others] = model.get_inputs()
    shape = first.shape
    if others or len(shape) != 3 or not isinstance(shape[1], int) or shape[2] != 96 or shape[1] > 200:
        raise EngineError(f"{path} is not an openWakeWord model: its input is {shape}, not [1, frames, 96]")

    def score(features: Floats) -> float:
        [scores] = model.run(None, {first.name: features[None]})
        # A model of several phrases (the timer) has one output each after the first, "none of them".
        return float(scores.reshape(-1)[0 if scores.size == 1 else 1 :].max())

    return shape[1], score
