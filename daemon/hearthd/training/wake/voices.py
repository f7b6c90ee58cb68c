"""Who says the phrase: the embedded voices, and people between them, as many as are asked for.

Fourteen voices are few. A voice's sound and its melody are two halves of its style, so any two make a third
that nobody has heard; those that are mixed of voices that a head learned from never judge it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.models import manifest

Speak = Callable[[str, str, float], Pcm]
"""(text, voice, speed) → 16 kHz samples. Raises EngineError."""

HELD_OUT = 4
"""Every fourth voice is not trained with."""
FOREIGN = 0.35
"""So many of the mixed voices' parts speak the other language by birth."""
SPEEDS = (0.75, 1.3)


@dataclass(frozen=True)
class Voices:
    """Who speaks, by language."""

    english: Sequence[str]
    chinese: Sequence[str]
    mixed: bool = False
    """``speak`` knows "a+b" (between the two) and "a~b" (the sound of a, the melody of b)."""

    def halves(self) -> tuple[Voices, Voices]:
        """Those who are learned from, and those who judge."""
        learned = Voices(_without_every_fourth(self.english), _without_every_fourth(self.chinese), self.mixed)
        unknown = Voices(
            [voice for voice in self.english if voice not in learned.english],
            [voice for voice in self.chinese if voice not in learned.chinese],
            self.mixed,
        )
        return learned, unknown

    def drawn(self, count: int, chinese: bool, rng: np.random.Generator) -> list[tuple[str, float]]:
        """``count`` voices and how fast each speaks, mostly of the phrase's own language."""
        own, foreign = (self.chinese, self.english) if chinese else (self.english, self.chinese)
        if not self.mixed:
            speakers = [*own, *foreign]
            return [(speakers[number % len(speakers)], _speed(rng)) for number in range(count)]

        def one() -> str:
            some = foreign if foreign and (not own or rng.random() < FOREIGN) else own
            return str(rng.choice(list(some)))

        patterns = ("{}", "{}+{}", "{}~{}", "{}+{}~{}", "{}+{}~{}+{}")
        return [
            (patterns[number % len(patterns)].format(*(one() for _ in range(4))), _speed(rng))
            for number in range(count)
        ]


def embedded() -> tuple[Speak, Voices]:
    """The voices that come with hearthd. Raises EngineError if they are not there."""
    import soxr

    from hearthd.engines.tts.embedded.kokoro import RATE, Kokoro

    kokoro = Kokoro(manifest.path("kokoro"))

    def speak(text: str, voice: str, speed: float) -> Pcm:
        sound = soxr.resample(kokoro.speak(text, voice, speed=speed), RATE, SAMPLE_RATE)
        made: Pcm = (sound / max(1e-6, float(np.abs(sound).max(initial=0.0))) * 16_000).astype(np.int16)
        return made

    there = kokoro.voices()
    return speak, Voices(
        [voice for voice in there if voice[0] in "ab"],
        [voice for voice in there if voice[0] == "z"],
        mixed=True,
    )


def _without_every_fourth(voices: Sequence[str]) -> list[str]:
    return [voice for number, voice in enumerate(voices) if number % HELD_OUT != HELD_OUT - 1]


def _speed(rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(*np.log(SPEEDS))))
