"""The level that a person is shown."""

from __future__ import annotations

import numpy as np
import pytest

from hearthd.audio.devices.level_meter import FLOOR_DB, WIDTH, bar, decibels

pytestmark = pytest.mark.unit


def test_levels_are_decibels_of_full_scale() -> None:
    square = np.where(np.arange(320) % 2, 32_767, -32_767).astype(np.int16)
    assert decibels(square) == pytest.approx(0.0, abs=0.01)
    assert decibels((square // 10).astype(np.int16)) == pytest.approx(-20.0, abs=0.01)
    assert decibels(np.zeros(320, np.int16)) == FLOOR_DB
    assert decibels(np.zeros(0, np.int16)) == FLOOR_DB


@pytest.mark.parametrize(
    ("level", "filled"), [(FLOOR_DB, 0), (-35.0, WIDTH // 2), (0.0, WIDTH), (3.0, WIDTH)]
)
def test_the_bar_fills_with_the_level(level: float, filled: int) -> None:
    assert bar(level, level).plain.count("█") == filled


def test_a_terminal_that_knows_no_blocks_gets_a_plain_bar() -> None:
    plain = bar(-35.0, -10.0, ascii_only=True).plain
    assert plain.isascii()
    assert plain.count("#") == WIDTH // 2
