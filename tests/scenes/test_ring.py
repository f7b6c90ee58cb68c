"""Somebody speaks over a ring, in a room rendered to the real canceller: what is heeded, and how soon.

A short form of ``python -m tests.bench ring_words``.
"""

from __future__ import annotations

import numpy as np
import pytest

from hearthd.dialogue import events as e
from tests.bench.ring_words import heeded
from tests.scenes.scene import Scene
from tests.scenes.stage import Recognise, play
from tests.utterances import available

pytestmark = [
    pytest.mark.integration,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.skipif(not available(), reason="the starter models are not there"),
]


def test_a_word_over_the_ring_ends_it_and_it_is_quiet_before_a_third_of_a_second_has_passed(
    recognise: Recognise,
) -> None:
    right, after, wrong = heeded(recognise, each=1, seed=1)
    assert sum(right) >= 7
    assert np.percentile(after, 95) <= 0.3
    assert not any(wrong)


@pytest.mark.parametrize("delay", [0.03, 0.12, 0.2])
def test_the_ring_teaches_the_canceller_how_late_it_is_heard(delay: float) -> None:
    outcome = play(Scene(("The pasta timer.",), rings=True, seconds=12, delay=delay))
    assert outcome.canceller is not None
    late = (outcome.canceller.delay + 800) / 16_000
    assert abs(late - delay) < 0.04
    assert not [event for _, event in outcome.events if isinstance(event, e.NearEndCertain)]
