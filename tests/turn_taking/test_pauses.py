"""The pauses of the people of a room: who needs time to think gets it, the others do not wait for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.turn_taking.pauses import MOST_SECONDS, PAUSED, UTTERANCES, Pauses

pytestmark = pytest.mark.unit

SILENCE = 0.75


def after(*longest: float) -> Pauses:
    pauses = Pauses()
    for one in longest:
        pauses.ended(one)
    return pauses


def test_people_who_hardly_pause_wait_for_nothing() -> None:
    assert after(*[0.3, 0.0, 0.5] * 10).silence(SILENCE) == SILENCE


def test_who_pauses_often_is_given_the_time() -> None:
    assert after(0.2, 0.7, 0.0, 0.7, 0.72).silence(SILENCE) == pytest.approx(0.85)


def test_two_odd_pauses_change_nothing() -> None:
    assert after(0.2, 0.74, 0.0, 0.74, 0.1).silence(SILENCE) == SILENCE


def test_who_was_cut_off_and_went_on_had_only_paused() -> None:
    pauses = Pauses()
    for _ in range(PAUSED):
        pauses.ended(0.1)
        pauses.began(0.95)
    assert pauses.silence(SILENCE) == pytest.approx(1.1)


def test_who_speaks_after_an_answer_has_not_paused() -> None:
    pauses = Pauses()
    for _ in range(PAUSED):
        pauses.ended(0.1)
        pauses.began(4.0)
    assert pauses.silence(SILENCE) == SILENCE


def test_who_is_not_heard_any_more_is_forgotten() -> None:
    pauses = after(0.9, 0.9, 0.9)
    assert pauses.silence(SILENCE) > SILENCE
    for _ in range(UTTERANCES):
        pauses.ended(0.2)
    assert pauses.silence(SILENCE) == SILENCE


@given(st.lists(st.floats(0, 30)), st.floats(0.2, 3))
def test_the_silence_only_grows_and_by_a_bounded_length(longest: list[float], silence: float) -> None:
    assert silence <= after(*longest).silence(silence) <= silence + MOST_SECONDS
