"""Whisper through CTranslate2, one utterance at a time, in an encoder window of the utterance's own length.

Whisper was trained on windows of 30 s and its users pad every utterance to that, which costs the same for
"stop" as for a speech. CTranslate2 takes shorter windows. They have one vice: without 30 s to fill, the
decoder does not know when it is done and says the sentence again until its length runs out. Letting it
write its timestamps cures that (a repetition would begin after the end of the sound, and is cut there).

48 sentences (20 Chinese by 8 voices, 20 English by 7, 8 mixed), Whisper base int8, greedy, 2 threads of a
shared machine; share of wrong characters/words, CPU seconds an utterance (faster-whisper's own way: 30 s):

| window                        | Chinese | English | mixed | CPU s |
|-------------------------------|---------|---------|-------|-------|
| 30 s, no timestamps           | .130    | .007    | .456  | 1.79  |
| sound + 5 s, no timestamps    | .124    | .007    | .439  | .37   |
| sound + 3 s, no timestamps    | .130    | 1.96    | .439  | .35   |
| sound + 1 s, no timestamps    | 1.07    | 4.77    | 1.81  | .43   |
| sound + 0.5 s, timestamps     | .155    | .007    | .439  | .28   |
| sound + 1 s, timestamps       | .135    | .007    | .421  | .29   |
| sound + 2 s, timestamps       | .130    | .007    | .439  | .31   |
| **sound + 3 s, timestamps**   | .124    | .007    | .386  | .37   |

(Half of the Chinese errors are one voice, zf_xiaoni, whom Whisper base hardly understands in any window.)
A repetition that begins before the end of the sound begins in the silence behind the words: it has the
words of the segment before it, and nothing is heard where it is said to stand. It is dropped by that (8 of
220 English sentences of real people came twice). A text that still looks wrong, by its likelihood, because
it goes round in circles or is one sentence twice, is decoded once more in 30 s. The encoder runs once for
both the language and the words. No prompt: three that ask for simplified Chinese with English words in it
doubled the errors (.24-.37 Chinese, .81-.98 mixed), because the decoder then repeats itself; OpenCC makes
the characters simplified.

A beam of 5 gains nothing on those voices (.130, .007, .474), but much on real people (recordings, one half
to choose on, the other half below). It may lose a first word ("Alexa.") that a beam of 1 has: where a text is
not sure at once, both are made and the likelier is kept.

| sound + 3 s, timestamps         | Chinese (n=60) | English (n=10) | with a beam |
|---------------------------------|----------------|----------------|-------------|
| a beam of 1                     | .220           | .362           | 0           |
| a beam of 5                     | .201           | .369           | all         |
| the likelier, below -0.35       | .200           | .369           | 57 of 70    |
| **the likelier, below -0.5**    | .214           | .369           | 38 of 70    |

(On the half it was chosen on: .247, .220, .216, .220, n=59; English .056, 0, 0, 0, n=10. Longer windows gain
less and cost more. faster-whisper in 30 s with a beam of 1: .225 of all Chinese ones, .244 of all English.)
A beam costs .4 s beside .15 to .2 (two cores), which the silence before the endpoint just covers; below -0.35
most sentences have one, and the first sound came after 1.09 s in place of .87. Quick transcripts have none:
their bounds were chosen so.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hearthd.common.audio import SAMPLE_RATE
from hearthd.common.errors import EngineError
from hearthd.engines.asr.transcript_text import (
    NOBODY,
    SURE,
    is_invented,
    once,
    repeats,
    simplified,
    tidy,
    told_twice,
)
from hearthd.engines.protocols import PhraseHeard, Transcript

log = logging.getLogger(__name__)

_HOP = 160
_FULL_WINDOW = 30 * SAMPLE_RATE
_PADDING_SECONDS = 3.0
_TOKENS_PER_SECOND = 14
"""Nobody speaks more: the quickest Chinese voice writes 10 tokens a second, timestamps included."""
_MIN_TOKENS = 16
_TIMESTAMP_SECONDS = 0.02
_BEAM = 5
_SURE_AT_ONCE = -0.5
"""Mean log-likelihood from which a text is kept that was decoded with a beam of 1."""
_DOUBTFUL = -1.0
"""Mean log-likelihood of the tokens below which a text is decoded again, and believed less."""
_NO_SPEECH = 0.6
"""Whisper's own probability that nobody speaks, above which a doubtful text is dropped."""
_HOPELESS = -1.8
_UNHEARD_DB = 15.0
"""A repeated segment so much quieter than the loudest of the sound before it was not said again: a person who
says a thing twice does so as loudly."""


_HAN = re.compile(r"[㐀-鿿]")


class CancelledError(Exception):
    """Whoever asked does not want to know any more."""


class _Decoded(NamedTuple):
    text: str
    likelihood: float
    no_speech: float


_NOTHING = _Decoded("", 0.0, 1.0)


class Recogniser:
    """A loaded Whisper model. Every call blocks; not for two threads at once."""

    def __init__(
        self, folder: Path, languages: Sequence[str], *, device: str, compute_type: str, threads: int
    ) -> None:
        """Load the model of ``folder``. Raises EngineError."""
        import ctranslate2
        from faster_whisper.feature_extractor import FeatureExtractor
        from tokenizers import Tokenizer

        try:
            self._model = ctranslate2.models.Whisper(
                str(folder), device=device, compute_type=compute_type, intra_threads=threads, inter_threads=1
            )
            self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # both libraries raise whatever their C++ raised
            raise EngineError(
                f"the speech recognition model in {folder} cannot be loaded: {error}"
            ) from error
        self._from_array = ctranslate2.StorageView.from_array
        self._features: Any = FeatureExtractor(feature_size=self._model.n_mels)
        self._languages = tuple(languages)
        self.compute_type: str = self._model.compute_type
        self._tokens: dict[str, Any] = {text: self._tokenizer.token_to_id(text) for text in self._specials()}
        self._first_timestamp: int = self._tokens["<|notimestamps|>"] + 1

    def _specials(self) -> list[str]:
        return [
            "<|startoftranscript|>",
            "<|transcribe|>",
            "<|notimestamps|>",
            *(f"<|{language}|>" for language in self._languages),
        ]

    def transcribe(
        self,
        audio: NDArray[np.int16],
        language: str | None,
        abandoned: Callable[[], bool],
        *,
        quick: bool = False,
    ) -> Transcript:
        """The words of 16 kHz ``audio``; ``quick``: without a second attempt at what looks wrong.

        Raises CancelledError as soon as ``abandoned()`` says so.
        """
        texts: list[str] = []
        heard: str | None = language
        likelihood = 0.0
        for piece in _pieces(audio):
            heard, decoded = self._transcribe_piece(piece, heard, abandoned, quick)
            likelihood = min(likelihood, decoded.likelihood)
            if decoded.text:
                texts.append(decoded.text)
        joined = tidy(" ".join(texts))
        return Transcript(joined, heard or self._languages[0], no_speech=not joined, likelihood=likelihood)

    def hear_phrase(
        self, audio: NDArray[np.int16], greeting: str, name: str, abandoned: Callable[[], bool]
    ) -> PhraseHeard:
        """What 16 kHz ``audio`` (2 s or so) holds, and how likely it is ``greeting`` and ``name``.

        The likelihood is that of the name's tokens, after the greeting: people swallow that.
        """
        sound = audio.astype(np.float32) / np.float32(32768)
        if len(sound) < 2 * _HOP or not np.any(np.abs(sound) > 1e-4):
            return PhraseHeard("", -math.inf)
        language = "zh" if _HAN.search(name) else "en"
        encoded = self._encode(sound, full=False, abandoned=abandoned)
        spoken = f" {greeting} {name}" if greeting else name if language == "zh" else f" {name}"
        tokens = self._tokenizer.encode(spoken, add_special_tokens=False).ids
        before = len(self._tokenizer.encode(f" {greeting}", add_special_tokens=False).ids) if greeting else 0
        start = [
            self._tokenizer.token_to_id(token)
            for token in ("<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>", "<|notimestamps|>")
        ]
        aligned = self._model.align(encoded, start, [tokens], [len(sound) // _HOP])[0]
        likelihoods = np.log(np.array(aligned.text_token_probs[before:], np.float64) + 1e-12)
        text = self._decode(encoded, language, sound, abandoned).text
        return PhraseHeard(
            simplified(text) if language == "zh" else text,
            float(likelihoods.mean()) if len(likelihoods) else -math.inf,
        )

    def _transcribe_piece(
        self, audio: NDArray[np.float32], language: str | None, abandoned: Callable[[], bool], quick: bool
    ) -> tuple[str | None, _Decoded]:
        if not np.any(np.abs(audio) > 1e-4):
            return language, _NOTHING
        encoded = self._encode(audio, full=False, abandoned=abandoned)
        heard = language or self._language(encoded)
        decode = self._decode if quick else self._likeliest
        decoded = decode(encoded, heard, audio, abandoned)
        if not quick and (decoded.likelihood < _DOUBTFUL or _goes_round(decoded.text)):
            if decoded.no_speech > _NO_SPEECH:
                return language, _NOTHING
            log.debug("decoding again in 30 s: likelihood %.2f", decoded.likelihood)
            encoded = self._encode(audio, full=True, abandoned=abandoned)
            heard = language or self._language(encoded)
            decoded = decode(encoded, heard, audio, abandoned)
        text = simplified(decoded.text) if heard == "zh" else decoded.text
        doubtful = decoded.likelihood < _DOUBTFUL and decoded.no_speech > _NO_SPEECH
        sure = decoded.likelihood >= SURE and decoded.no_speech <= NOBODY
        if doubtful or decoded.likelihood < _HOPELESS or repeats(text) or is_invented(text, sure=sure):
            return language, decoded._replace(text="")
        return heard, decoded._replace(text=text)

    def _likeliest(
        self, encoded: Any, language: str, audio: NDArray[np.float32], abandoned: Callable[[], bool]
    ) -> _Decoded:
        """``_decode``; in doubt what a beam finds of it, where that is likelier and says it once."""
        decoded = self._decode(encoded, language, audio, abandoned)
        if decoded.likelihood >= _SURE_AT_ONCE:
            return decoded
        other = self._decode(encoded, language, audio, abandoned, _BEAM)
        return max(decoded, other, key=lambda one: (_says_it_once(one.text), one.likelihood))

    def _encode(self, audio: NDArray[np.float32], *, full: bool, abandoned: Callable[[], bool]) -> Any:
        if abandoned():
            raise CancelledError
        wanted = _FULL_WINDOW if full else len(audio) + round(_PADDING_SECONDS * SAMPLE_RATE)
        samples = min(_FULL_WINDOW, -(-wanted // (2 * _HOP)) * 2 * _HOP)
        padded = np.pad(audio, (0, max(0, samples - len(audio))))[:samples]
        mel = self._features(padded, padding=0)[:, : samples // _HOP]
        return self._model.encode(self._from_array(np.ascontiguousarray(mel[np.newaxis])))

    def _language(self, encoded: Any) -> str:
        if len(self._languages) == 1:
            return self._languages[0]
        likely = dict(self._model.detect_language(encoded)[0])
        return max(self._languages, key=lambda language: likely.get(f"<|{language}|>", 0.0))

    def _decode(
        self,
        encoded: Any,
        language: str,
        audio: NDArray[np.float32],
        abandoned: Callable[[], bool],
        beam: int = 1,
    ) -> _Decoded:
        if abandoned():
            raise CancelledError
        prompt = [
            self._tokenizer.token_to_id(token)
            for token in ("<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>")
        ]
        seconds = len(audio) / SAMPLE_RATE
        result = self._model.generate(
            encoded,
            [prompt],
            beam_size=beam,
            max_length=len(prompt) + _MIN_TOKENS + round(seconds * _TOKENS_PER_SECOND),
            max_initial_timestamp_index=50,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        words = self._said(result.sequences_ids[0], audio)
        text: str = self._tokenizer.decode(words, skip_special_tokens=True)
        return _Decoded(text.strip(), float(result.scores[0]), float(result.no_speech_prob))

    def _said(self, tokens: Sequence[int], audio: NDArray[np.float32]) -> list[int]:
        """The words of the segments that begin within the sound; one that begins behind it is an echo."""
        segments: list[tuple[float, list[int]]] = [(0.0, [])]
        stamps = 0
        for token in tokens:
            if token < self._first_timestamp:
                segments[-1][1].append(token)
                continue
            stamps += 1
            at = (token - self._first_timestamp) * _TIMESTAMP_SECONDS
            if stamps % 2 == 1 and stamps > 1:  # a segment begins
                if at >= len(audio) / SAMPLE_RATE - 0.1:
                    break
                segments.append((at, []))
        return [token for segment in once(said_again(segments, audio)) for token in segment]


def _goes_round(text: str) -> bool:
    """Whether ``text`` repeats itself as nobody does."""
    return repeats(text) or told_twice(text)


def _says_it_once(text: str) -> bool:
    """Whether ``text`` has words, and no loop of them: an empty text and a loop are likely, and wrong."""
    return bool(text) and not _goes_round(text)


def said_again(segments: Sequence[tuple[float, list[int]]], audio: NDArray[np.float32]) -> list[list[int]]:
    """The words of ``segments`` (when each begins, in seconds), without repetitions that nobody said."""
    kept: list[list[int]] = []
    for at, words in segments:
        if kept and words == kept[-1] and _loudest_db(audio, at) < _loudest_db(audio, 0.0, at) - _UNHEARD_DB:
            continue
        kept.append(words)
    return kept


def _loudest_db(audio: NDArray[np.float32], start: float, end: float | None = None) -> float:
    """The level of the loudest 50 ms between two moments in seconds."""
    frame = SAMPLE_RATE // 20
    part = audio[round(start * SAMPLE_RATE) : None if end is None else round(end * SAMPLE_RATE)]
    frames = part[: len(part) // frame * frame].reshape(-1, frame)
    return 10 * math.log10(float(np.square(frames).mean(axis=1).max(initial=0.0)) + 1e-12)


def _pieces(audio: NDArray[np.int16]) -> list[NDArray[np.float32]]:
    """``audio`` as floats, in pieces of at most 30 s, cut where the last 5 s of a piece are quietest."""
    rest = audio.astype(np.float32) / np.float32(32768)
    pieces = []
    while len(rest) > _FULL_WINDOW:
        frame = SAMPLE_RATE // 10
        tail = rest[_FULL_WINDOW - 50 * frame : _FULL_WINDOW].reshape(50, frame)
        cut = _FULL_WINDOW - (50 - int(np.argmin(np.square(tail).mean(axis=1)))) * frame + frame // 2
        pieces.append(rest[:cut])
        rest = rest[cut:]
    if len(rest):
        pieces.append(rest)
    return pieces
