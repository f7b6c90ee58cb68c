"""``hearthd wake train``: from a phrase to a head that listens for it, judged on voices that it never heard.

Every fourth voice is left out of the training. The threshold is chosen on half of the sound in which nobody
says the phrase, and the false wakes are counted in the other half.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.engines.speech_features import CHUNK, networks
from hearthd.engines.wake_word.head import Head
from hearthd.training.wake import judge, sounds, texts
from hearthd.training.wake.fit import fit
from hearthd.training.wake.judge import Judged
from hearthd.training.wake.material import Material, WakeClip
from hearthd.training.wake.near import near_phrases

Speak = Callable[[str, str, float], Pcm]
"""(text, voice, speed) → 16 kHz samples. Raises EngineError."""
Told = Callable[[str, float], None]
"""Hears what is being done, and the share of it that is."""

SPEEDS = (0.85, 1.0, 1.2)
NEAR = 8
"""Near phrases of each voice."""
SENTENCES = 6
"""Sentences of each voice, in its own language."""
HELD_OUT = 4
"""Every fourth voice is not trained with."""
NOISE_SECONDS = 120.0
LONGEST, SHORTEST = 1.8, 0.25
"""Seconds that a phrase may take."""


@dataclass(frozen=True)
class Voices:
    """Who speaks, by language."""

    english: Sequence[str]
    chinese: Sequence[str]


@dataclass(frozen=True)
class Trained:
    """A head, the score that counts as the word, and how good that is."""

    head: Head
    threshold: float
    judged: Judged


def train(
    phrase: str, speak: Speak, voices: Voices, folder: Path, *, told: Told = lambda *_: None, seed: int = 0,
    owner: Sequence[Pcm] = (),
) -> Trained:  # fmt: skip
    """A head for ``phrase``, on the shared networks in ``folder``.

    ``owner``: recordings of the phrase by the people it is for; they judge it, they are not learned from.
    Raises EngineError (a voice fails, a phrase too short or too long).
    """
    rng = np.random.default_rng(seed)
    own, foreign = (
        (voices.chinese, voices.english) if texts.is_chinese(phrase) else (voices.english, voices.chinese)
    )
    speakers = [*own, *foreign]
    learned = [voice for number, voice in enumerate(speakers) if number % HELD_OUT != HELD_OUT - 1]
    unknown = [voice for voice in speakers if voice not in learned]
    near = near_phrases(phrase, 4 * NEAR, rng)
    says = _Sayings(speak, voices, near, rng)

    said = says.phrases(phrase, learned, SPEEDS, lambda share: told("speaking the phrase", share))
    seconds = float(np.percentile([len(clip.pcm) for clip in said], 90)) / SAMPLE_RATE
    if not SHORTEST <= seconds <= LONGEST:
        raise EngineError(
            f'"{phrase}" takes {seconds:.1f} s; a wake word takes {SHORTEST} to {LONGEST} s, '
            "two to five syllables"
        )
    frames = max(4, int(np.ceil((seconds + 0.25 - 0.775) * SAMPLE_RATE / CHUNK)) + 2)
    nearly = says.near(learned, lambda share: told("speaking what nearly sounds like it", share))
    sentences = says.sentences(learned, lambda share: told("speaking sentences", share))
    others = [clip.pcm for clip in sentences]
    heard_by = networks(folder)

    told("listening", 0.0)
    material = Material(heard_by, frames, rng, others)
    positive, parts = material.phrases(said)
    told("listening", 0.5)
    negative = np.concatenate(
        [parts, material.speech(nearly, 3), material.speech(sentences, 2), material.noises(NOISE_SECONDS)]
    )
    head = fit(positive, negative, seed=seed, told=lambda share: told("learning", share))
    # What it still takes for the phrase is shown to it once more: it learns most from its mistakes.
    harder = np.concatenate([material.speech(sentences, 1), material.speech(nearly, 2)])
    mistaken = harder[head.scores(harder) > 0.2]
    if len(mistaken):
        head = fit(positive, np.concatenate((negative, harder, mistaken, mistaken)), seed=seed + 1)
    told("judging", 0.0)
    strange = says.near(unknown) + says.sentences(unknown)
    quiet = [sounds.heard(sounds.in_a_room(_padded(clip.pcm), rng), 20.0, rng) for clip in strange]
    quiet += [_noise(rng, others) for _ in range(round(NOISE_SECONDS / 10))]
    chosen_on, counted_in = quiet[::2], quiet[1::2]
    threshold = judge.threshold_for(head, heard_by, chosen_on)
    tests = [
        judge.at_ten_decibels(clip, rng, others)
        for clip in says.phrases(phrase, unknown, SPEEDS, lambda _: None)
        for _ in range(2)
    ]
    judged = Judged(
        heard=sum(judge.peak(head, heard_by, one) >= threshold for one in tests),
        said=len(tests),
        false_wakes=judge.false_wakes(head, heard_by, counted_in, threshold),
        hours=judge.hours_of(counted_in),
        owner_heard=sum(judge.peak(head, heard_by, _padded(one)) >= threshold for one in owner),
        owner_said=len(owner),
    )
    told("judging", 1.0)
    return Trained(head, threshold, judged)


def _padded(pcm: Pcm) -> Pcm:
    return np.pad(pcm, (2 * SAMPLE_RATE, SAMPLE_RATE // 2))


def _noise(rng: np.random.Generator, others: Sequence[Pcm]) -> Pcm:
    sound = sounds.noise(10 * SAMPLE_RATE, rng, others) * 32768 * 10 ** (rng.uniform(-50, -20) / 20)
    made: Pcm = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    return made


class _Sayings:
    """What the voices say."""

    def __init__(self, speak: Speak, voices: Voices, near: Sequence[str], rng: np.random.Generator) -> None:
        self._speak, self._voices, self._near, self._rng = speak, voices, near, rng

    def phrases(
        self, phrase: str, voices: Sequence[str], speeds: Sequence[float], told: Callable[[float], None]
    ) -> list[WakeClip]:
        """``phrase`` by all of them."""
        return self._said([(phrase, voice, speed) for voice in voices for speed in speeds], told)

    def near(self, voices: Sequence[str], told: Callable[[float], None] = lambda _: None) -> list[WakeClip]:
        """Near phrases, each voice others."""
        count = min(NEAR, len(self._near))
        wanted = [
            (str(text), voice, 1.0)
            for voice in voices
            for text in self._rng.choice(self._near, size=count, replace=False)
        ] if count else []  # fmt: skip
        return self._said(wanted, told)

    def sentences(
        self, voices: Sequence[str], told: Callable[[float], None] = lambda _: None
    ) -> list[WakeClip]:
        """Sentences, each voice others, in its own language."""
        wanted = []
        for voice in voices:
            lines = texts.CHINESE if voice in self._voices.chinese else texts.ENGLISH
            chosen = self._rng.choice(lines.split("|"), size=SENTENCES, replace=False)
            wanted += [(str(text), voice, 1.0) for text in chosen]
        return self._said(wanted, told)

    def _said(
        self, wanted: Sequence[tuple[str, str, float]], told: Callable[[float], None]
    ) -> list[WakeClip]:
        clips = []
        for number, (text, voice, speed) in enumerate(wanted):
            pcm = sounds.trimmed(self._speak(text, voice, speed))
            if len(pcm) >= SAMPLE_RATE // 10:
                clips.append(WakeClip(pcm, voice))
            told((number + 1) / len(wanted))
        if wanted and not clips:
            raise EngineError(f'no voice can say "{wanted[0][0]}"')
        return clips
