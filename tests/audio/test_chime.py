"""The short sounds."""

from __future__ import annotations

import numpy as np
import pytest

from hearthd.audio.chime import NAMES, RATE, RING_LEVELS, chime, ring

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("name", NAMES)
def test_a_chime_is_quiet_short_and_without_a_click(name: str) -> None:
    pcm = chime(name).astype(float)
    assert np.abs(pcm).max() <= 0.11 * 32_768
    assert len(pcm) < 0.5 * RATE
    assert abs(pcm[0]) < 5
    assert abs(pcm[-1]) < 5
    assert np.abs(np.diff(pcm)).max() < 500


def test_the_wake_chime_is_over_before_anybody_speaks() -> None:
    assert len(chime("wake")) <= 0.13 * RATE


def test_an_unknown_chime_sounds_like_an_error() -> None:
    assert np.array_equal(chime("no such"), chime("error"))


def test_a_ring_begins_softly_and_rises_without_a_click() -> None:
    rounds = [ring(number).astype(float) for number in range(10)]
    peaks = [np.abs(pcm).max() / 32_767 for pcm in rounds]
    assert peaks[: len(RING_LEVELS)] == pytest.approx(list(RING_LEVELS), abs=0.001)
    assert peaks[len(RING_LEVELS) :] == pytest.approx([RING_LEVELS[-1]] * 4, abs=0.001)
    for pcm, peak in zip(rounds, peaks, strict=True):
        assert len(pcm) < 2.0 * RATE
        assert abs(pcm[0]) < 5
        assert abs(pcm[-1]) < 5
        # a tone of 1.65 kHz with its few overtones moves by no more from one sample to the next
        assert np.abs(np.diff(pcm)).max() < 0.35 * peak * 32_767
