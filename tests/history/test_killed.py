"""A power cut loses at most the sentence in the air."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.killed_mid_write import Outcome, kill_often

pytestmark = pytest.mark.integration


@pytest.mark.slow
def test_a_kill_at_any_instant_loses_no_finished_turn(tmp_path: Path) -> None:
    outcome = kill_often(tmp_path, 25, seed=1)
    assert outcome.finished > 5
    assert outcome == Outcome(kills=25, finished=outcome.finished, heard=outcome.heard)
