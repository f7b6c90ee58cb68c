"""Whether the last life ended in order."""

from pathlib import Path

import pytest

from hearthd.service.crash_marker import Life

pytestmark = pytest.mark.unit


def test_a_life_that_ended_in_order_leaves_no_mark(tmp_path: Path) -> None:
    Life(tmp_path / "alive").end()
    assert not Life(tmp_path / "alive").after_crash


def test_a_life_that_was_cut_off_is_known_by_the_next(tmp_path: Path) -> None:
    Life(tmp_path / "alive")
    second = Life(tmp_path / "alive")
    assert second.after_crash
    second.end()
    second.end()
    assert not Life(tmp_path / "alive").after_crash


def test_a_disk_that_takes_nothing_ends_no_start(tmp_path: Path) -> None:
    life = Life(tmp_path / "no such folder" / "alive")
    assert not life.after_crash
    life.end()
