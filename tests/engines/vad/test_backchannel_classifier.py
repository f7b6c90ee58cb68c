"""Whether what is being said sounds like a backchannel."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.engines.vad.backchannel_classifier import SAMPLES, BackchannelSound
from tests.scenes.scene import RATE, Line
from tests.utterances import available, noise, silence

pytestmark = [
    pytest.mark.integration,
    pytest.mark.models,
    pytest.mark.skipif(not available(), reason="the starter models are not there"),
]

HUMS = [("bf_emma", "Mm-hm."), ("am_michael", "Okay."), ("bm_george", "Uh-huh."), ("zf_xiaoxiao", "嗯嗯。")]
SENTENCES = [
    ("bf_emma", "Wait, what is the weather like tomorrow?"),
    ("am_michael", "Please turn off the kitchen light."),
    ("af_bella", "How long does it take to cook an egg?"),
    ("zm_yunyang", "帮我打开客厅的电视。"),
    ("zf_xiaoxiao", "请把厨房的灯关掉。"),
]


@pytest.fixture(scope="module")
def sound() -> BackchannelSound:
    return BackchannelSound()


def begun(voice: str, text: str, seconds: float) -> Pcm:
    """The first ``seconds`` of it in a quiet room."""
    said = np.concatenate((silence(1.0), Line(0.0, text, voice).render() // 4, silence(1.0)))
    return (said + noise(len(said) / RATE, -66))[: int((1.0 + seconds) * RATE)].astype(np.int16)


@pytest.mark.parametrize("seconds", [0.4, 0.48])
def test_backchannels_sound_otherwise_than_the_beginnings_of_sentences(
    sound: BackchannelSound, seconds: float
) -> None:
    hums = [sound.score(begun(voice, text, seconds)) for voice, text in HUMS]
    sentences = [sound.score(begun(voice, text, seconds)) for voice, text in SENTENCES]
    apart = [hum > sentence for hum, sentence in product(hums, sentences)]
    assert sum(apart) >= 0.9 * len(apart), (hums, sentences)


def test_only_its_end_counts(sound: BackchannelSound) -> None:
    said = begun("bf_emma", "Mm-hm.", 0.4)
    before = np.concatenate((noise(3.0, -10), said))
    assert len(said) > SAMPLES
    assert sound.score(before) == sound.score(said) == sound.score(said[-SAMPLES:])


@pytest.mark.parametrize("heard", [silence(0), silence(0.03), np.full(99, -32768, np.int16), noise(3, 0)])
def test_anything_has_a_score(sound: BackchannelSound, heard: Pcm) -> None:
    assert np.isfinite(sound.score(heard))


def test_without_the_networks_it_says_which_file_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHD_MODELS", str(tmp_path))
    with pytest.raises(EngineError, match=r"melspectrogram\.onnx"):
        BackchannelSound()
