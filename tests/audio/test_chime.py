"""The short sounds."""

from __future__ import annotations

import numpy as np
import pytest

from hearthd.audio.chime import NAMES, RATE, chime

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
