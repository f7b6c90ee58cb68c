"""A wake word is made from nothing but its phrase, and hears throats that it does not know."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.common.paths import models_dir
from hearthd.config.settings import WakeWordModel
from hearthd.engines.wake_word.openwakeword import OpenWakeWord
from hearthd.training.wake import fit, trainer
from hearthd.training.wake.trainer import Voices, train
from tests.utterances import available, say, silence

pytestmark = [
    pytest.mark.integration,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.skipif(not available(), reason="the starter models are not there"),
]

THROATS = ("0.84", "0.88", "0.92", "0.96", "1.00", "1.04", "1.08", "1.12")
"""How much faster the quick voice is played: each is somebody else's."""


def speak(text: str, voice: str, speed: float) -> Pcm:
    made: Pcm = soxr.resample(say(text, "heart", speed=speed), SAMPLE_RATE * float(voice), SAMPLE_RATE)
    return made


def test_a_word_made_at_home_hears_those_who_say_it_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, less in (("NEAR", 4), ("SENTENCES", 4), ("NOISE_SECONDS", 40.0)):
        monkeypatch.setattr(trainer, name, less)
    monkeypatch.setattr(fit, "EPOCHS", 25)
    done: list[str] = []
    folder = models_dir() / "openwakeword"
    made = train("hello computer", speak, Voices(THROATS, ()), folder, told=lambda what, _: done.append(what))
    assert made.judged.heard >= 0.95 * made.judged.said > 0
    assert made.judged.false_wakes == 0
    assert done[-1] == "judging"
    made.head.save(tmp_path / "computer.npz")
    word = WakeWordModel(name="computer", model=str(tmp_path / "computer.npz"), threshold=made.threshold)
    engine = OpenWakeWord([word], folder, refractory_seconds=2.0, gated=False)
    called = np.concatenate((silence(2.0), speak("Hello computer!", "0.98", 1.0), silence(1.0)))
    other = np.concatenate((silence(2.0), speak("What is for dinner today?", "0.98", 1.0), silence(1.0)))
    assert [hit.word for hit in engine.process(called)] == ["computer"]
    assert engine.process(other) == []


def test_a_phrase_that_takes_too_long_is_refused() -> None:
    with pytest.raises(EngineError, match=r"takes 2\.\d s"):
        train("please be so kind and listen to me", speak, Voices(THROATS, ()), models_dir() / "openwakeword")
