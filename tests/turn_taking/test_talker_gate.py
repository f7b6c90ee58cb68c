"""The person is told from what speaks behind them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.turn_taking.talker_gate import TalkerGate

pytestmark = pytest.mark.unit

SECOND = 31  # windows
PERSON, TALK = -30.0, 0.98


def feed(foreground: TalkerGate, seconds: float, probability: float, level_db: float) -> list[bool]:
    return [foreground.process(probability, level_db) for _ in range(round(seconds * SECOND))]


@pytest.mark.parametrize("below", [12.0, 15.0, 20.0])
def test_a_television_does_not_hold_the_turn_open(below: float) -> None:
    foreground = TalkerGate()
    for _ in range(3 * SECOND):
        foreground.room(PERSON - below)
    assert all(feed(foreground, 2.0, TALK, PERSON))
    assert not any(feed(foreground, 5.0, TALK, PERSON - below)[SECOND:])


@pytest.mark.parametrize("below", [0.0, 6.0, 10.0, 18.0])
def test_in_a_quiet_room_people_may_drop_their_voice(below: float) -> None:
    foreground = TalkerGate()
    for _ in range(SECOND):
        foreground.room(-70.0)
    feed(foreground, 1.0, TALK, PERSON)
    assert not any(feed(foreground, 0.6, 0.02, -70.0))
    assert all(feed(foreground, 2.0, TALK, PERSON - below))


@pytest.mark.parametrize("before", [1.0, 0.5])
def test_in_an_echoing_room_that_was_quiet_people_may_drop_their_voice(before: float) -> None:
    foreground = TalkerGate()
    for _ in range(round(before * SECOND)):
        foreground.room(-70.0)
    feed(foreground, 3.5, TALK, PERSON)
    dropped = feed(foreground, 2.0, TALK, PERSON - 15.0)
    assert all(dropped) is (before >= 1.0)  # less tells too little


def test_a_soft_consonant_is_no_television() -> None:
    foreground = TalkerGate()
    assert all(all(feed(foreground, 0.1, TALK, level)) for level in [PERSON, PERSON - 25] * 20)


def test_a_voice_that_trails_off_is_still_a_voice() -> None:
    foreground = TalkerGate()
    assert not any(feed(foreground, 0.2, 0.4, PERSON))
    assert all(feed(foreground, 0.2, 0.6, PERSON))
    assert all(feed(foreground, 0.2, 0.4, PERSON))
    assert not any(feed(foreground, 0.2, 0.3, PERSON))


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-120, 0)), max_size=200))
def test_what_silero_takes_for_no_speech_never_is(windows: list[tuple[float, float]]) -> None:
    foreground = TalkerGate()
    for probability, level in windows:
        assert not (foreground.process(probability, level) and probability < 0.35)
