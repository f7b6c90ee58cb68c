"""What is taken for speech, and that the size of the blocks does not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthd.common.errors import EngineError
from hearthd.engines.vad.vad import WINDOW, Silero, WebRtcVad, level_db, silero_path
from tests.utterances import noise, say, silence

pytestmark = pytest.mark.integration


def hum(seconds: float) -> np.ndarray:  # type: ignore[type-arg]
    t = np.arange(round(seconds * 16_000)) / 16_000
    return (3000 * sum(np.sin(2 * np.pi * 50 * k * t) / k for k in range(1, 8))).astype(np.int16)


@pytest.mark.models
def test_silero_hears_a_person_and_not_the_room() -> None:
    person = Silero().process(say("What is the weather like tomorrow in London?", "heart"))
    assert np.mean(np.array(person) > 0.5) > 0.6
    for room in (silence(3.0), noise(3.0, -30), hum(3.0)):
        assert max(Silero().process(room)[3:]) < 0.5


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 2000), min_size=1, max_size=20))
def test_blocks_of_any_size_give_the_same_answer(sizes: list[int]) -> None:
    sound = noise(1.0, -20)
    whole, pieces, gate, gate_pieces = Silero(), Silero(), WebRtcVad(3), WebRtcVad(3)
    expected, strict = whole.process(sound), gate.process(sound)
    got: list[float] = []
    got_strict: list[float] = []
    first, turn = 0, 0
    while first < len(sound):
        size = max(1, sizes[turn % len(sizes)])
        got += pieces.process(sound[first : first + size])
        got_strict += gate_pieces.process(sound[first : first + size])
        first, turn = first + size, turn + 1
    assert got == expected
    assert len(got) == len(sound) // WINDOW
    assert got_strict == strict


def test_a_new_utterance_begins_without_memory() -> None:
    vad = Silero()
    fresh = vad.process(noise(0.5, -20))
    vad.process(hum(1.0)[:5001])
    vad.reset()
    assert vad.process(noise(0.5, -20)) == fresh


def test_loudness_leaves_rumble_out() -> None:
    assert level_db(silence(0.1)) == pytest.approx(-120, abs=1)
    t = np.arange(1600) / 16_000
    rumble, voice = (3000 * np.sin(2 * np.pi * f * t) for f in (50, 1000))
    assert level_db(voice.astype(np.int16)) - level_db(rumble.astype(np.int16)) > 20
    assert level_db(np.zeros(1, np.int16)) < -100


def test_a_missing_network_says_how_to_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearthd.engines.vad.vad.find_spec", lambda name: None)
    with pytest.raises(EngineError, match="faster-whisper"):
        silero_path()
