"""Pieces to train a voice with: whatever the recording, they are 3 to 10 s and no word is lost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthd.training.voice.slicer import BREATH, LONGEST, RATE, SHORTEST, WINDOW, cut, plan, seconds, spans

pytestmark = pytest.mark.unit

TALK = st.lists(st.tuples(st.integers(1, 900), st.integers(1, 200)), max_size=20)
"""Windows of speech and of silence, in turns."""


def heard(talk: list[tuple[int, int]], seed: int = 0) -> list[float]:
    random = np.random.default_rng(seed)
    found: list[float] = []
    for speech, silence in talk:
        found += [*random.uniform(0.4, 1.0, speech), *[0.0] * silence]
    return found


@settings(deadline=None)
@given(TALK, st.integers(0, 3))
def test_every_piece_has_a_length_that_trains_and_all_speech_is_in_one(
    talk: list[tuple[int, int]], seed: int
) -> None:
    probabilities = heard(talk, seed)
    found = spans(probabilities)
    pieces = plan(found, probabilities)
    assert all(SHORTEST - 1e-6 <= seconds(piece) <= LONGEST + 1e-6 for piece in pieces)
    parts = [span for piece in pieces for span in piece]
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(parts))
    if pieces:
        assert abs(sum(s.end - s.start for s in parts) - sum(s.end - s.start for s in found)) < 1e-6
    else:
        assert seconds(tuple(found)) < SHORTEST
    pcm = np.zeros(round(len(probabilities) * WINDOW * RATE), np.int16)
    assert all(abs(len(cut(pcm, piece)) / RATE - seconds(piece)) < 0.01 for piece in pieces)


def test_a_recording_is_cut_where_the_person_took_the_longest_breath() -> None:
    probabilities = heard([(0, 20), (180, 12), (160, 40), (170, 12)])  # 5.8, 5.1 and 5.4 s
    pieces = plan(spans(probabilities), probabilities)
    assert [len(piece) for piece in pieces] in ([1, 1, 1], [2, 1])
    assert pieces[-1][0].start > 350 * WINDOW


def test_a_long_pause_does_not_stay_in_a_piece() -> None:
    probabilities = heard([(100, 300), (100, 10)])
    (piece,) = plan(spans(probabilities), probabilities)
    assert seconds(piece) < 2 * (100 * WINDOW + 0.2) + BREATH + 0.01


def test_a_click_is_no_speech() -> None:
    assert spans(heard([(2, 100), (2, 100)])) == []
