"""A second opinion on a wake word: what is nearly the word sounds like it to the first network only."""

from pathlib import Path

import numpy as np
import pytest

from hearthd.common.audio import Pcm
from hearthd.engines.wake_word import second_ear
from hearthd.engines.wake_word.second_ear import PHRASES, likeness, weights
from tests.utterances import noise, say, silence

pytestmark = [pytest.mark.integration, pytest.mark.models]

VOICES = ("heart", "am_fenrir", "bf_emma", "zf_xiaobei", "zm_yunxi")
"""None that it was trained with."""


def said(text: str, voice: str) -> Pcm:
    sound = np.concatenate([silence(1.0), say(text, voice), silence(0.3)])
    return (sound.astype(np.int32) + noise(len(sound) / 16_000 + 1, -66)[: len(sound)]).astype(np.int16)


@pytest.mark.parametrize("voice", VOICES)
def test_a_call_sounds_more_like_the_word_than_what_is_nearly_it(voice: str) -> None:
    called = likeness(said("Hey Mycroft!", voice), "hey mycroft")
    missed = likeness(said("Hey Minecraft!", voice), "hey mycroft")
    assert called is not None
    assert missed is not None
    assert called > max(0.8, missed)


@pytest.mark.parametrize("length", [0, 1, 5_000, 24_032, 80_000])
def test_any_length_of_any_sound_is_judged(length: int) -> None:
    for sound in (np.zeros(length, np.int16), noise(5.0, -10)[:length]):
        found = likeness(sound, "Hey  Mycroft")
        assert found is not None
        assert 0.0 <= found < 0.5


@pytest.mark.parametrize("phrase", ["", "hey nobody", "小智小智", "mycroft", "😀" * 100])
def test_of_other_phrases_nothing_is_known(phrase: str) -> None:
    assert likeness(silence(2.0), phrase) is None


def test_without_the_shared_networks_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHD_MODELS", str(tmp_path))
    assert likeness(silence(2.0), "hey mycroft") is None


@pytest.mark.parametrize("word", PHRASES.values())
def test_every_head_is_small(word: str) -> None:
    assert weights(word).stat().st_size < 150_000
    assert second_ear.second_ear(word).frames <= 16
