"""Sound without end in which nobody says the wake word: talk in two languages, music, noise.

Made of the sentences that other tests have spoken already, each time at another pitch, pace, level and
distance, so that half an hour needs no half hour of synthesis.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import soxr

from hearthd.common.audio import Pcm
from tests.bench.asr_sentences import sentences
from tests.utterances import say

RATE = 16_000
PIECE_SECONDS = 60.0
SENTENCES = sentences()


def sounds(minutes: float, seed: int = 0) -> Iterator[tuple[str, Pcm]]:
    """Pieces of a minute, (what it is, sound): talk alone, talk over noise or music, music, noise."""
    random = np.random.default_rng(seed)
    kinds = [talk, talk_over_noise, talk, talk_over_music, music, noises]
    for number in range(round(minutes * 60 / PIECE_SECONDS)):
        kind = kinds[number % len(kinds)]
        made = kind(random)
        yield kind.__name__, np.clip(made, -32768, 32767).astype(np.int16)


def talk(random: np.random.Generator) -> np.ndarray:  # type: ignore[type-arg]
    """People talk, near and far, one after the other."""
    made = np.zeros(round(PIECE_SECONDS * RATE))
    at = 0
    while at < len(made):
        sentence = SENTENCES[random.integers(len(SENTENCES))]
        pitch = random.uniform(0.85, 1.2)
        spoken = soxr.resample(say(sentence.text, sentence.voice).astype(np.float32), RATE * pitch, RATE)
        part = spoken[: len(made) - at] * 10 ** (random.uniform(-26, 3) / 20)
        made[at : at + len(part)] += part
        at += len(part) + round(random.uniform(-0.3, 0.8) * RATE)
    return made + 3 * random.standard_normal(len(made))


def talk_over_noise(random: np.random.Generator) -> np.ndarray:  # type: ignore[type-arg]
    """The same in a kitchen."""
    return talk(random) + noises(random) * random.uniform(0.2, 1.0)


def talk_over_music(random: np.random.Generator) -> np.ndarray:  # type: ignore[type-arg]
    """The same with the radio on."""
    return talk(random) + music(random) * random.uniform(0.2, 1.0)


def music(random: np.random.Generator) -> np.ndarray:  # type: ignore[type-arg]
    """A tune with chords, a bass and a beat, in a key and a tempo of its own."""
    made = np.zeros(round(PIECE_SECONDS * RATE))
    beat = round(RATE * random.uniform(0.2, 0.5))
    root = random.uniform(110, 330)
    time = np.arange(2 * beat) / RATE
    fade = np.exp(-4 * time)
    for first in range(0, len(made) - 2 * beat, beat):
        for step in random.choice([-12, 0, 2, 4, 5, 7, 9, 11, 12], size=3):
            pitch = root * 2 ** (step / 12)
            bent = pitch * (1 + 0.004 * np.sin(2 * np.pi * 5 * time))
            note = sum(np.sin(2 * np.pi * bent * k * time) / k for k in range(1, 6))
            made[first : first + 2 * beat] += 800 * fade * note
        drum = random.standard_normal(beat // 4) * np.exp(-np.arange(beat // 4) / (beat / 20))
        made[first : first + beat // 4] += 1500 * drum
    return made


def noises(random: np.random.Generator) -> np.ndarray:  # type: ignore[type-arg]
    """Hiss, rumble and hum that swell and fade, with knocks, clicks and whistles in between."""
    size = round(PIECE_SECONDS * RATE)
    spectrum = np.fft.rfft(random.standard_normal(size))
    spectrum /= np.maximum(1, np.arange(len(spectrum))) ** random.uniform(0.0, 0.8)
    hiss = np.fft.irfft(spectrum, size)
    time = np.arange(size) / RATE
    made = 600 * hiss / hiss.std() * (1.2 + np.sin(2 * np.pi * time * random.uniform(0.05, 0.5)))
    made += sum(300 / k * np.sin(2 * np.pi * 50 * k * time) for k in range(1, 9))
    for _ in range(40):
        length = round(random.uniform(0.02, 0.4) * RATE)
        first = random.integers(size - length)
        shape = np.exp(-np.arange(length) / (length / 5))
        ring = np.sin(2 * np.pi * np.linspace(*random.uniform(100, 3000, 2), length) * time[:length])
        made[first : first + length] += random.uniform(1000, 9000) * shape * ring
        made[first : first + length] += random.uniform(0, 5000) * shape * random.standard_normal(length)
    return made
