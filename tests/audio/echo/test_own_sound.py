"""What rises and falls with the reply is the reply."""

from __future__ import annotations

import numpy as np
import pytest

from hearthd.audio.echo import own_sound
from hearthd.common.audio import Pcm
from tests.scenes.scene import RATE, impulse_response
from tests.utterances import available, noise, say

pytestmark = [
    pytest.mark.integration,
    pytest.mark.models,
    pytest.mark.skipif(not available(), reason="the starter models are not there"),
]


def alike(heard: Pcm, played: Pcm, late: int = 40) -> float:
    rows = own_sound.levels(heard[late * own_sound.HOP :])
    return own_sound.likeness(rows, own_sound.levels(played))


def test_the_reply_in_a_room_is_told_from_a_person() -> None:
    played = say("Monks carried the leaves along the rivers.", "heart")[: 2 * RATE]
    person = say("Please turn off the kitchen light.", "am_michael")[: 2 * RATE]
    room = np.convolve(played, impulse_response(0.25, np.random.default_rng(1)))[: len(played)]
    late = (np.concatenate((np.zeros(4800), room))[: len(played)] / 4).astype(np.int16)
    assert alike(late, played) > 0.8
    assert alike(person, played[: len(person)]) < 0.6


def test_noise_and_silence_are_no_likeness() -> None:
    assert own_sound.likeness(own_sound.levels(np.zeros(8000, np.int16)), own_sound.levels(noise(1))) == 0.0
    assert alike(noise(2, -30, seed=1), noise(2, -30, seed=2)) < 0.3


@pytest.mark.parametrize("count", [0, 1, 511, 512, 600])
def test_too_little_sound_is_no_likeness(count: int) -> None:
    few = own_sound.levels(noise(1)[:count])
    assert few.shape[1] == own_sound.BANDS
    assert own_sound.likeness(few, own_sound.levels(noise(1))) == 0.0
