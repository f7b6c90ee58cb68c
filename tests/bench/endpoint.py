"""Where the front end ends a question, in twelve rooms: ended rightly, cut off, left open; how late.

Two sentences of one voice with a pause of 0.6 s between them, fed faster than real time. Beside the
figure with the person's level taken into account (``turn_taking.talker_gate``) stands Silero's alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from hearthd.common.audio import Pcm
from hearthd.config.settings import Settings
from hearthd.engines.vad.vad import WINDOW, Silero, voice_level_db
from hearthd.turn_taking.endpointing import EndpointChange, EndpointDetector
from hearthd.turn_taking.talker_gate import ENTER, STAY, TalkerGate
from tests.bench import CannotRun, Figure
from tests.bench.asr_sentences import Sentence, sentences
from tests.utterances import available, say, silence

RATE = 16_000
PAUSE_SECONDS, BEFORE_SECONDS, AFTER_SECONDS = 0.6, 3.5, 12.0
VOICES = 12
Sound = NDArray[np.float64]
random = np.random.default_rng(0)


def white(size: int) -> Sound:
    """Hiss."""
    return random.standard_normal(size)


def hum(size: int) -> Sound:
    """The mains and its overtones."""
    time = np.arange(size) / RATE
    return np.sum([np.sin(2 * np.pi * 50 * k * time + k) / k for k in range(1, 9)], axis=0)


def music(size: int) -> Sound:
    """Three notes at a time."""
    made, length = np.zeros(size + RATE), RATE // 2
    time = np.arange(length) / RATE
    for first in range(0, size, RATE // 4):
        for step in random.choice([0, 2, 4, 5, 7, 9, 11, 12], size=3):
            pitch = 220 * 2 ** (step / 12)
            note = np.sum([np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 5)], axis=0)
            made[first : first + length] += np.exp(-4 * time) * note
    return made[:size]


def television(size: int) -> Sound:
    """Somebody else talks, hardly pausing."""
    made: list[Pcm] = []
    while sum(map(len, made)) < size:
        spoken = SPOKEN[random.integers(len(SPOKEN))]
        made += [trimmed(say(spoken.text, spoken.voice)), silence(random.uniform(0.1, 0.5))]
    return np.concatenate(made)[:size].astype(np.float64)


def babble(size: int) -> Sound:
    """Five of them at once."""
    return np.sum([television(size) for _ in range(5)], axis=0)


SPOKEN = sentences()
ROOMS: list[tuple[str, Callable[[int], Sound] | None, float]] = [
    ("quiet", None, 0), ("white noise", white, 10), ("white noise", white, 5), ("hum", hum, 5),
    ("music", music, 10), ("music", music, 5), ("babble", babble, 15), ("babble", babble, 10),
    ("television", television, 20), ("television", television, 15), ("television", television, 10),
    ("television", television, 6),
]  # fmt: skip


@dataclass
class Scene:
    """What the VAD says of a question, and where the question really ends (seconds)."""

    windows: list[tuple[float, float]]
    end: float


def run() -> list[Figure]:
    """Measure every room."""
    if not available():
        raise CannotRun("no voices: run `hearthd models pull`")
    figures = []
    for name, noise, below in ROOMS:
        scenes = [scene(first, second, noise, below) for first, second in pairs()]
        with_level = [verdict(one, TalkerGate()) for one in scenes]
        alone = [verdict(one, Hysteresis()) for one in scenes]
        where = f"{name}, {below:g} dB below" if noise else name
        figures += compare(where, with_level, alone)
    return figures


def compare(where: str, with_level: list[float | None], alone: list[float | None]) -> list[Figure]:
    """Figures of one room: the share of good ends, and their median delay."""
    good, good_alone = ([delay for delay in each if delay is not None] for each in (with_level, alone))
    share, share_alone = 100 * len(good) / len(with_level), 100 * len(good_alone) / len(alone)
    ratio = share / share_alone if share_alone else None
    count = len(with_level)
    figures = [Figure("endpoint", f"ended rightly, {where}", share, "%", share_alone, ratio, count)]
    if good:
        late = median(good_alone) if good_alone else None
        figures.append(Figure("endpoint", f"delay, {where}", median(good), "s", late, n=len(good)))
    return figures


def pairs() -> Iterator[tuple[Sentence, Sentence]]:
    """Two sentences of each voice."""
    for voice in sorted({one.voice for one in SPOKEN})[:VOICES]:
        first, second, *_ = (one for one in SPOKEN if one.voice == voice)
        yield first, second


def trimmed(sound: Pcm) -> Pcm:
    """Without the silence around it."""
    loud = np.flatnonzero(np.abs(sound) > 400)
    return sound[loud[0] : loud[-1]]


def level(sound: NDArray[np.generic]) -> float:
    """Root mean square of what sounds (a hundredth of the peak and more)."""
    loud = sound[np.abs(sound) > np.abs(sound).max() / 100].astype(np.float64)
    return float(np.sqrt(np.mean(loud**2)))


def scene(first: Sentence, second: Sentence, noise: Callable[[int], Sound] | None, below: float) -> Scene:
    """The two sentences in a room whose noise is ``below`` dB quieter than they are."""
    words = [trimmed(say(one.text, one.voice)) for one in (first, second)]
    sound = np.concatenate(
        [silence(BEFORE_SECONDS), words[0], silence(PAUSE_SECONDS), words[1], silence(AFTER_SECONDS)]
    ).astype(np.float64)
    end = len(sound) / RATE - AFTER_SECONDS
    if noise is not None:
        behind = noise(len(sound))
        sound += behind / level(behind) * level(np.concatenate(words)) * 10 ** (-below / 20)
    pcm = np.clip(sound, -32768, 32767).astype(np.int16)
    vad = Silero()
    windows = [pcm[i : i + WINDOW] for i in range(0, len(pcm) - WINDOW + 1, WINDOW)]
    return Scene([(vad.process(one)[0], voice_level_db(one)) for one in windows], end)


class Hysteresis:
    """Silero's decision without the level; otherwise as ``TalkerGate``."""

    def __init__(self) -> None:
        self._speaking = False

    def room(self, level_db: float) -> float:
        """The level means nothing here."""
        return level_db

    def process(self, probability: float, level_db: float) -> bool:
        """Whether anybody speaks."""
        self._speaking = probability >= (STAY if self._speaking else ENTER)
        return self._speaking


def verdict(one: Scene, decider: TalkerGate | Hysteresis) -> float | None:
    """How long after the last word it ended; None if it was cut off or left open."""
    endpoint_settings = Settings().endpoint
    endpoint = EndpointDetector(
        silence_seconds=endpoint_settings.silence_seconds,
        no_speech_seconds=endpoint_settings.no_speech_seconds,
        max_seconds=endpoint_settings.max_seconds,
    )
    skipped = round((BEFORE_SECONDS - 0.5) * RATE / WINDOW)
    for _, level_db in one.windows[:skipped]:
        decider.room(level_db)
    for number, (probability, level_db) in enumerate(one.windows[skipped:], skipped + 1):
        for mark in endpoint.process(WINDOW, decider.process(probability, level_db)):
            if mark.change in (EndpointChange.ENDED, EndpointChange.NOTHING):
                delay = number * WINDOW / RATE - one.end
                return delay if delay > 0 and mark.change is EndpointChange.ENDED else None
    return None
