"""``hearthd wake train``: from a phrase to a head that listens for it, judged on voices that it never heard.

Every fourth voice is left out of the training, and so is a quarter of the speech of others. On half of these
the threshold is chosen, the other half is counted.
The owner's own recordings are learned from, too; they judge heads that learned from the other half of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.engines.speech_features import CHUNK, Floats, features_of, networks
from hearthd.engines.wake_word.head import Head
from hearthd.training.wake import judge, sounds, speech, texts
from hearthd.training.wake.fit import fit
from hearthd.training.wake.judge import Judged
from hearthd.training.wake.material import Material, WakeClip
from hearthd.training.wake.near import near_phrases
from hearthd.training.wake.voices import Speak, Voices

Told = Callable[[str, float], None]
"""Hears what is being done, and the share of it that is."""

CALLS, JUDGES = 72, 24
"""So often the phrase is said to learn from, and to judge."""
NEAR, NEARLY = 48, 24
"""Near phrases, and how often one is said."""
SENTENCES = 12
"""Sentences that are talked behind the person."""
NOISE_SECONDS = 120.0
LONGEST, SHORTEST = 1.8, 0.25
"""Seconds that a phrase may take."""
FIRST_LOOK = 3
"""Every third window of others' speech is learned from; of the rest, what was then taken for the phrase."""
DOUBTFUL = 0.1
"""From this score on it was."""
UNITS, EPOCHS = 128, 20
"""With 32 units "jarvis" woke 6 times in .73 h of ordinary sound where it wakes once with these, and heard no
more; 40 epochs were no better."""
OWNER_RENDERINGS = 12
FEWEST_RECORDINGS = 4
"""Fewer recordings of the owner only judge."""


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

    ``owner``: recordings of the phrase by the people it is for. Raises EngineError (a voice fails, a phrase
    too short or too long).
    """
    rng = np.random.default_rng(seed)
    learned, unknown = voices.halves()
    near = near_phrases(phrase, NEAR, rng)
    says = _Sayings(speak, texts.is_chinese(phrase), rng)

    said = says.often([phrase], learned, CALLS, lambda share: told("speaking the phrase", share))
    seconds = float(np.percentile([len(clip.pcm) for clip in said], 85)) / SAMPLE_RATE
    if not SHORTEST <= seconds <= LONGEST:
        raise EngineError(
            f'"{phrase}" takes {seconds:.1f} s; a wake word takes {SHORTEST} to {LONGEST} s, '
            "two to five syllables"
        )
    frames = max(4, int(np.ceil((seconds + 0.25 - 0.775) * SAMPLE_RATE / CHUNK)) + 2)
    nearly = says.often(near, learned, NEARLY, lambda share: told("speaking near phrases", share))
    sentences = says.sentences(learned, lambda share: told("speaking sentences", share))
    calls = says.often([phrase], unknown, JUDGES, lambda share: told("speaking to be judged", share / 2))
    strange = says.often(
        near, unknown, NEARLY // 2, lambda share: told("speaking to be judged", 0.5 + share / 2)
    )
    behind = [clip.pcm for clip in sentences]
    heard_by = networks(folder)
    told("listening", 0.0)
    material = Material(heard_by, frames, rng, behind)
    positive, parts = material.phrases(said)
    told("listening", 0.6)
    recorded = [WakeClip(sounds.trimmed(one), "owner") for one in owner]
    own = [material.phrases([one], OWNER_RENDERINGS)[0] for one in recorded]
    others = speech.others(phrase)
    known = speech.windows([one for number, one in enumerate(others) if number % 4 != 3], frames)
    negative = np.concatenate(
        [parts, material.speech(nearly, 3), material.speech(sentences, 2), material.noises(NOISE_SECONDS)]
    )
    learner = _Learner(positive, negative, known, seed)
    to_learn = own if len(own) >= FEWEST_RECORDINGS else []
    head = learner.head(to_learn, lambda share: told("learning", share))

    told("judging", 0.0)
    quiet = [one.features for one in others[3::4]]
    quiet += [features_of(heard_by, _noise(rng, behind)) for _ in range(round(NOISE_SECONDS / 10))]
    chosen_on, counted_in = quiet[::2], quiet[1::2]

    def peaks(clips: Sequence[WakeClip], snr_db: float) -> list[float]:
        placed = (judge.placed(clip.pcm, rng, snr_db, behind) for clip in clips)
        return [judge.peak(head, features_of(heard_by, one)) for one in placed]

    first, again = (peaks(calls, judge.NOISY_DB) for _ in range(2))
    threshold = judge.threshold_for(head, chosen_on, [*first[::2], *again[::2]])

    def heard(several: Sequence[float]) -> int:
        return sum(one >= threshold for one in several)

    folds = _folds(learner, to_learn, head)
    judged = Judged(
        heard=heard([*first[1::2], *again[1::2]]),
        said=2 * len(calls[1::2]),
        heard_quiet=heard(peaks([*calls[1::2], *calls[1::2]], judge.QUIET_DB)),
        near_taken=heard(peaks(strange, judge.QUIET_DB)),
        near_said=len(strange),
        false_wakes=judge.false_wakes(head, counted_in, threshold),
        hours=judge.hours_of(counted_in),
        owner_heard=sum(
            judge.peak(folds[number % 2], features_of(heard_by, _padded(one))) >= threshold
            for number, one in enumerate(owner)
        ),
        owner_said=len(owner),
    )
    told("judging", 1.0)
    return Trained(head, threshold, judged)


class _Learner:
    """Fits heads that differ only in which of the owner's recordings they know."""

    def __init__(self, positive: Floats, negative: Floats, known: Floats, seed: int) -> None:
        self._positive, self._negative, self._known, self._seed = positive, negative, known, seed

    def head(self, own: Sequence[Floats], told: Callable[[float], None] = lambda _: None) -> Head:
        """Learned from all, then once more with what it took for the phrase: it learns most from mistakes."""
        positive = np.concatenate([self._positive, *own])
        learned = partial(fit, positive, units=UNITS, epochs=EPOCHS)
        seen = np.concatenate((self._negative, self._known[::FIRST_LOOK]))
        head = learned(seen, seed=self._seed, told=lambda share: told(share / 2))
        mistaken = [rows[head.scores(rows) > DOUBTFUL] for rows in (self._negative, self._known)]
        again = np.concatenate((seen, *mistaken, *mistaken))
        return learned(again, seed=self._seed + 1, told=lambda share: told((1 + share) / 2))


def _folds(learner: _Learner, own: Sequence[Floats], head: Head) -> tuple[Head, Head]:
    """The heads that judge the owner's recordings, even and odd: each learned from the others, if any was."""
    return (learner.head(own[1::2]), learner.head(own[::2])) if own else (head, head)


def _padded(pcm: Pcm) -> Pcm:
    return np.pad(pcm, (2 * SAMPLE_RATE, SAMPLE_RATE // 2))


def _noise(rng: np.random.Generator, others: Sequence[Pcm]) -> Pcm:
    sound = sounds.noise(10 * SAMPLE_RATE, rng, others) * 32768 * 10 ** (rng.uniform(-50, -20) / 20)
    made: Pcm = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    return made


class _Sayings:
    """What the voices say."""

    def __init__(self, speak: Speak, chinese: bool, rng: np.random.Generator) -> None:
        self._speak, self._chinese, self._rng = speak, chinese, rng

    def often(
        self, several: Sequence[str], voices: Voices, count: int, told: Callable[[float], None]
    ) -> list[WakeClip]:
        """``count`` times one of ``several``, each by another voice."""
        if not several:
            return []
        chosen = self._rng.permutation(max(count, len(several)))[:count] % len(several)
        drawn = voices.drawn(count, self._chinese, self._rng)
        return self._said([(several[number], *who) for number, who in zip(chosen, drawn, strict=True)], told)

    def sentences(self, voices: Voices, told: Callable[[float], None]) -> list[WakeClip]:
        """Sentences of both languages that somebody can say."""
        wanted = []
        for chinese, lines in ((False, texts.ENGLISH), (True, texts.CHINESE)):
            if voices.chinese if chinese else voices.english:
                chosen = self._rng.choice(lines.split("|"), size=SENTENCES // 2, replace=False)
                drawn = voices.drawn(len(chosen), chinese, self._rng)
                wanted += [(str(text), *who) for text, who in zip(chosen, drawn, strict=True)]
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
