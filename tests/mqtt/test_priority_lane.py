"""The priority lane: a stop is carried out once, and nothing that was commanded before it follows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthd.mqtt.priority_lane import PATIENCE_SECONDS, QUIET_SECONDS, PriorityLane

pytestmark = pytest.mark.unit


class Clock:
    """A clock that stands until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_first_copy_acts_and_the_second_marks() -> None:
    lane = PriorityLane(Clock())
    assert lane.fast()
    assert lane.passing(), "older than the stop"
    assert not lane.ordinary()
    assert not lane.passing(), "newer than the stop"
    assert lane.ordinary(), "now the ordinary copy was first"
    assert not lane.fast()


@settings(deadline=None)
@given(st.lists(st.booleans()))
def test_each_stop_acts_exactly_once_in_whatever_order_the_copies_come(fast_first: list[bool]) -> None:
    lane = PriorityLane(Clock())
    for first in fast_first:
        both = (lane.fast, lane.ordinary) if first else (lane.ordinary, lane.fast)
        assert [copy() for copy in both] == [True, False]


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=30))
def test_a_stop_whose_other_copy_is_lost_acts_all_the_same(fast: list[bool]) -> None:
    clock = Clock()
    lane = PriorityLane(clock)
    for one in fast:
        clock.now += QUIET_SECONDS + 1
        assert lane.fast() if one else lane.ordinary()


def test_a_lost_copy_overrules_nothing_once_the_queue_is_empty() -> None:
    clock = Clock()
    lane = PriorityLane(clock)
    lane.fast()
    clock.now += QUIET_SECONDS + 0.1
    assert not lane.passing()


def test_a_long_queue_is_overruled_to_its_end() -> None:
    clock = Clock()
    lane = PriorityLane(clock)
    lane.fast()
    for _ in range(100):
        clock.now += 0.1
        assert lane.passing()
    clock.now += PATIENCE_SECONDS
    assert not lane.passing()
