"""A wake word is made from nothing but its phrase, and hears throats that it does not know."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soxr

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.common.paths import models_dir
from hearthd.config.settings import WakeWordModel
from hearthd.engines.wake_word.openwakeword import OpenWakeWord
from hearthd.training.wake import trainer
from hearthd.training.wake.trainer import train
from hearthd.training.wake.voices import Voices
from tests.utterances import available, say, silence

pytestmark = [
    pytest.mark.integration,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.skipif(not available(), reason="the starter models are not there"),
]

THROATS = ("0.84", "0.88", "0.92", "0.96", "1.00", "1.04", "1.08", "1.12")
"""How much faster the quick voice is played: each is somebody else's."""
SPEEDS = (0.85, 1.0, 1.2)
LESS = {"CALLS": 40, "JUDGES": 16, "NEARLY": 10, "SENTENCES": 6, "NOISE_SECONDS": 40.0}
"""Of everything, that it takes a minute."""


def speak(text: str, voice: str, speed: float) -> Pcm:
    """A throat that begins with "zh" is Chinese."""
    factor = float(voice.removeprefix("zh"))
    nearest = min(SPEEDS, key=lambda one: abs(one - speed))
    said = say(text, "zf_xiaoxiao" if voice.startswith("zh") else "heart", speed=nearest)
    made: Pcm = soxr.resample(said, SAMPLE_RATE * factor, SAMPLE_RATE)
    return made


class Word(NamedTuple):
    """A phrase, whose throats begin with ``prefix``; somebody calls it, somebody says something else."""

    phrase: str
    prefix: str
    called: str
    other: str


WORDS = (
    Word("hello computer", "", "Hello computer!", "What is for dinner today?"),
    Word("小智小智", "zh", "小智小智！", "今天晚上我们吃什么？"),
)


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.phrase)
def test_a_word_made_at_home_hears_those_who_say_it_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: Word
) -> None:
    for name, less in LESS.items():
        monkeypatch.setattr(trainer, name, less)
    done: list[str] = []
    folder = models_dir() / "openwakeword"
    throats = [f"{word.prefix}{throat}" for throat in THROATS]
    voices = Voices((), throats) if word.prefix else Voices(throats, ())
    made = train(word.phrase, speak, voices, folder, told=lambda what, _: done.append(what))
    assert made.judged.heard >= 0.95 * made.judged.said > 0
    assert made.judged.false_wakes == 0
    assert done[-1] == "judging"
    made.head.save(tmp_path / "computer.npz")
    model = WakeWordModel(name="computer", model=str(tmp_path / "computer.npz"), threshold=made.threshold)
    engine = OpenWakeWord([model], folder, refractory_seconds=2.0, gated=False)
    calls, talks = (
        np.concatenate((silence(2.0), speak(text, f"{word.prefix}0.98", 1.0), silence(1.0)))
        for text in (word.called, word.other)
    )
    assert [hit.word for hit in engine.process(calls)] == ["computer"]
    assert engine.process(talks) == []


def test_a_phrase_that_takes_too_long_is_refused() -> None:
    with pytest.raises(EngineError, match=r"takes 2\.\d s"):
        train("please be so kind and listen to me", speak, Voices(THROATS, ()), models_dir() / "openwakeword")
