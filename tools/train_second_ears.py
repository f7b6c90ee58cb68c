"""Trains ``engines.wake_word.second_ear``: ``python -m tools.train_second_ears DIR`` writes its weights.

The wake words that hearthd ships, and what is nearly them, said by 40 voices that no test and no bench
uses, so that those tell how good it is. DIR is Kokoro's folder as ``hearthd models pull`` makes it, but with
all the voices of the npm package that the manifest names; what was said is kept there, in ``clips``. Made as
a wake word made at home is (``training.wake``): in rooms, behind noise, from other throats. A second of a
core for each of the 94 clips of a word, and another minute.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from hearthd.common.audio import SAMPLE_RATE
from hearthd.common.paths import models_dir
from hearthd.engines.speech_features import networks
from hearthd.engines.tts.embedded.kokoro import RATE, Kokoro
from hearthd.engines.wake_word.second_ear import weights
from hearthd.training.wake import sounds, texts
from hearthd.training.wake.fit import fit
from hearthd.training.wake.material import Material, WakeClip
from tests.utterances import CHINESE_VOICES, ENGLISH_VOICES, say


@dataclass(frozen=True)
class Word:
    """What is said of a word."""

    phrase: str
    near: str


WORDS = {
    "alexa": Word(
        "Alexa",
        "A Lexus|Alexis|Electra|A lecture|Alexander|Election|A letter|Alaska|Elixir|Alex|I'll ask her|Alexei|"
        "Electric|Elect her|Alyssa|A leg set|Relax a bit|Axel|Elastic|Elsa|Unless a|Olympics|Lexical|Flexes|"
        "A legacy|Eureka",
    ),
    "hey_jarvis": Word(
        "Hey Jarvis",
        "Hey chatterbox|Hey Travis|Hey Davis|Hey Jasmine|Hey service|Hey Jarred|Hey Jeremy|Hey Charles|"
        "Hey harvest|Hey artist|Hey John|Hey Elvis|Hey Carlos|Hey Janice|Hey novice|Hey Charlie|Hey Java|"
        "Hey darling|Hey Jupiter|Hey nervous|Hey giant|A jar of this|Hey Chavez|Hey Mavis|Hey Jordan|"
        "Hey justice",
    ),
    "hey_mycroft": Word(
        "Hey Mycroft",
        "Hey Minecraft|Hey Microsoft|Hey Michael|Hey Mike|Hey microphone|Hey mankind|Hey aircraft|"
        "Hey Bancroft|Hey my coffee|Hey my car|Hey my friend|Hey Marcus|Hey macro|Hey witchcraft|Hey my loft|"
        "Hey my cough|Hey my cat|Hey might I|They might lift|Hey woodcraft|Hey mine first|Hey Mike crossed|"
        "Hey Lovecraft|Hey spacecraft|Hey handicraft|Hey my graph|Hey soft",
    ),
    "hey_marvin": Word(
        "Hey Marvin",
        "Hey Vermont|Hey savant|Hey Martin|Hey Marvel|Hey Calvin|Hey Kevin|Hey Martha|Hey marble|Hey Maureen|"
        "Hey moving|Hey Gavin|Hey Mark|Hey Carmen|Hey margin|Hey Mary|Hey morning|Hey starving|Hey carving|"
        "Hey mama|Hey Marlon|Hey Mavis|Hey Mars|Hey mammal|Hey Marlene|Hey robin|Hey Arvind",
    ),
}
SPEEDS = (1.0, 0.87, 1.17)
NEAR_VOICES = 2
"""So many voices say each near miss."""
FRAMES = 10
"""Features: 1.5 s of sound."""
UNITS = 32
RENDERINGS, NEAR_RENDERINGS = 5, 3
NOISE_SECONDS = 40.0


def main() -> None:
    """Train, write."""
    parser = argparse.ArgumentParser(prog="python -m tools.train_second_ears", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="Kokoro with all its voices")
    parser.add_argument("words", nargs="*", metavar="WORD", help=f"which ({', '.join(WORDS)}; all)")
    arguments = parser.parse_args()
    speaker = Speaker(arguments.folder)
    for word in arguments.words or WORDS:
        train(word, speaker)


class Speaker:
    """Says things in the voices of a folder, and keeps what was said."""

    def __init__(self, folder: Path) -> None:
        self._kokoro = Kokoro(folder, threads=1)
        self._clips = folder / "clips"
        self._clips.mkdir(exist_ok=True)
        known = {*ENGLISH_VOICES, *CHINESE_VOICES}
        self.voices = sorted({path.stem for path in (folder / "voices").glob("*.bin")} - known)
        """Those that the tests do not know."""

    def say(self, text: str, voice: str, speed: float) -> WakeClip:
        """``text`` by ``voice``, trimmed."""
        key = hashlib.sha1(repr((text, voice, speed)).encode(), usedforsecurity=False).hexdigest()[:16]
        kept = self._clips / f"{key}.npy"
        if not kept.exists():
            sound = soxr.resample(self._kokoro.speak(text, voice, speed=speed), RATE, SAMPLE_RATE)
            np.save(kept, np.round(sound / np.abs(sound).max(initial=1e-9) * 16383).astype(np.int16))
        return WakeClip(sounds.trimmed(np.load(kept)), voice)


def train(word: str, speaker: Speaker) -> None:
    """Train the head of ``word``."""
    rng = np.random.default_rng(3)
    sentences = [WakeClip(sounds.trimmed(say(one, "heart")), "heart") for one in texts.ENGLISH.split("|")]
    heard_by = networks(models_dir() / "openwakeword")
    material = Material(heard_by, FRAMES, rng, [clip.pcm for clip in sentences])
    phrase, near = list(phrases(word, speaker)), list(near_misses(word, speaker))
    print(f"{word}: {len(phrase)} phrases, {len(near)} near misses", file=sys.stderr)
    positive, parts = material.phrases(phrase, RENDERINGS)
    nearly = material.speech(near, NEAR_RENDERINGS)
    others = (parts[::2], material.speech(sentences), material.noises(NOISE_SECONDS))
    negative = np.concatenate([nearly, nearly, *others])
    fit(positive, negative, seed=1, units=UNITS, negative_weight=1.0).save(weights(word))
    print(f"wrote {weights(word)}")


def phrases(word: str, speaker: Speaker) -> Iterator[WakeClip]:
    """The word, by every voice."""
    for number, voice in enumerate(speaker.voices):
        yield speaker.say(WORDS[word].phrase + "!."[number % 2], voice, SPEEDS[number % len(SPEEDS)])


def near_misses(word: str, speaker: Speaker) -> Iterator[WakeClip]:
    """What is nearly the word, each by a few of the voices in turn."""
    for number, one in enumerate(WORDS[word].near.split("|")):
        for turn in range(NEAR_VOICES):
            place = NEAR_VOICES * number + turn
            voice = speaker.voices[place * 7 % len(speaker.voices)]
            yield speaker.say(one + "!."[turn % 2], voice, SPEEDS[place % len(SPEEDS)])


if __name__ == "__main__":
    main()
