"""Kokoro-82M (int8, ONNX Runtime): the embedded Chinese voices, and English ones beside hibari's.

One call speaks one clause; the model is not streaming, so how soon the first sound comes is a matter of
how short the first clause is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearthd.common.errors import EngineError
from hearthd.engines.tts.embedded.phonemes import to_phonemes

RATE = 24_000
"""Samples per second of what it speaks."""
MAX_TOKENS = 500
"""Phonemes that one call takes; the voice files have 510 rows, one for each length."""
_STYLE = 256
_SOUND = 128
"""Of the style so many numbers are how a voice sounds; the rest is its melody."""


class Cancellation:
    """Ends one call of ``Kokoro.speak`` in the middle of the model's work, from any thread."""

    def __init__(self) -> None:
        import onnxruntime

        self.options: Any = onnxruntime.RunOptions()
        self.options.log_severity_level = 4

    def set(self) -> None:
        """End the call, or let it end as soon as it begins."""
        self.options.terminate = True

    def is_set(self) -> bool:
        """Whether the call was told to end."""
        return bool(self.options.terminate)


class Kokoro:
    """The model and the voices of ``folder``, with ``threads`` threads. Not for two threads at once."""

    def __init__(self, folder: Path, *, threads: int = 2) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what stop() ends is no error worth a line
        # threads that wait by spinning take the processor from whatever else runs, and so from the voice:
        # on two busy cores a sentence took 1.4 times as long (and 1.4 times the processor time) with them
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._folder = folder
        self._vocabulary: dict[str, int] = json.loads((folder / "vocab.json").read_text("utf-8"))["vocab"]
        self._session = onnxruntime.InferenceSession(
            str(folder / "kokoro-v1.0.int8.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {entry.name: entry.type for entry in self._session.get_inputs()}
        self._styles: dict[str, NDArray[np.float32]] = {}

    def tokens(self, text: str, voice: str) -> list[int]:
        """The model's tokens for ``text``; empty where nothing in it can be said."""
        phonemes = to_phonemes(text, british=voice.startswith("b"))
        return [self._vocabulary[phoneme] for phoneme in phonemes if phoneme in self._vocabulary]

    def speak(
        self, text: str, voice: str, *, speed: float = 1.0, stop: Cancellation | None = None
    ) -> NDArray[np.float32]:
        """``text`` in ``voice`` ("zf_xiaoxiao"), 24 kHz, ±1.

        "zf_xiaoxiao+zm_yunxi" is between the two, "zf_xiaoxiao~zm_yunxi" has the sound of the first and the
        melody of the second.

        Raises EngineError, also when another thread sets ``stop`` in the middle of it.
        """
        tokens = self.tokens(text, voice)
        if not any(symbol.isalpha() for symbol in to_phonemes(text)):
            return np.zeros(0, np.float32)
        return np.concatenate(
            [
                self._run(tokens[start : start + MAX_TOKENS], voice, speed, stop or Cancellation())
                for start in range(0, len(tokens), MAX_TOKENS)
            ]
        )

    def _run(self, tokens: list[int], voice: str, speed: float, stop: Cancellation) -> NDArray[np.float32]:
        style = self._style(voice)[min(len(tokens), len(self._style(voice)) - 1)]
        feed: dict[str, Any] = {}
        for name, kind in self._inputs.items():
            if name == "style":
                feed[name] = style.reshape(1, _STYLE)
            elif name == "speed":
                feed[name] = np.array([speed], np.float32 if "float" in kind else np.int32)
            else:
                feed[name] = np.array([[0, *tokens, 0]], np.int64)
        try:
            return np.asarray(self._session.run(None, feed, stop.options)[0], np.float32).ravel()
        except Exception as error:  # ONNX Runtime's errors share no base class
            raise EngineError("Kokoro was stopped" if stop.is_set() else "Kokoro failed") from error

    def _style(self, voice: str) -> NDArray[np.float32]:
        sound, _, melody = voice.partition("~")
        if melody:
            return np.concatenate((self._style(sound)[:, :_SOUND], self._style(melody)[:, _SOUND:]), axis=1)
        one, _, other = voice.partition("+")
        if other:
            return (self._style(one) + self._style(other)) / np.float32(2)
        if voice not in self._styles:
            path = self._folder / "voices" / f"{voice}.bin"
            if not path.is_file():
                raise EngineError(f'the voice "{voice}" is not there; there are: {", ".join(self.voices())}')
            self._styles[voice] = np.fromfile(path, np.float32).reshape(-1, _STYLE)
        return self._styles[voice]

    def voices(self) -> list[str]:
        """The names of the voices in the folder."""
        return sorted(path.stem for path in (self._folder / "voices").glob("*.bin"))
