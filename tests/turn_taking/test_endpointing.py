"""The endpoint: where words begin, where they end, and that a pause is only a pause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.turn_taking.endpointing import PAUSE_SECONDS, EndpointChange, EndpointDetector, EndpointMark

pytestmark = pytest.mark.unit

RATE = 16_000
WINDOW = 512


def make(silence: float = 0.75, nothing: float = 5.0, longest: float = 25.0) -> EndpointDetector:
    return EndpointDetector(silence_seconds=silence, no_speech_seconds=nothing, max_seconds=longest)


def feed(
    endpoint: EndpointDetector, *stretches: tuple[float, bool], window: int = WINDOW
) -> list[EndpointMark]:
    """Feed stretches of (seconds, speech) in windows."""
    marks = []
    for seconds, speech in stretches:
        for _ in range(round(seconds * RATE / window)):
            marks += endpoint.process(window, speech)
    return marks


def changes(marks: list[EndpointMark]) -> list[EndpointChange]:
    return [mark.change for mark in marks]


def test_words_and_then_silence_are_an_utterance() -> None:
    marks = feed(make(), (1.0, False), (1.5, True), (2.0, False))
    assert changes(marks) == [EndpointChange.STARTED, EndpointChange.PAUSED, EndpointChange.ENDED]
    started, paused, ended = (mark.sample / RATE for mark in marks)
    assert started == pytest.approx(1.0, abs=0.04)
    assert paused == ended == pytest.approx(2.5, abs=0.04)


def test_nobody_speaks() -> None:
    marks = feed(make(), (10.0, False))
    assert changes(marks) == [EndpointChange.NOTHING]
    assert marks[0].sample / RATE == pytest.approx(5.0, abs=0.04)


@pytest.mark.parametrize("pause", [0.1, 0.3, 0.6, 0.7])
def test_a_pause_inside_a_sentence_does_not_end_it(pause: float) -> None:
    marks = feed(make(), (0.8, True), (pause, False), (0.6, True), (1.0, False))
    assert changes(marks)[-1] is EndpointChange.ENDED
    assert marks[-1].sample / RATE == pytest.approx(1.4 + pause, abs=0.1)


def test_many_short_pauses_never_add_up() -> None:
    marks = feed(make(), *[(0.3, True), (0.5, False)] * 20, (1.0, False))
    assert changes(marks).count(EndpointChange.ENDED) == 1
    assert marks[-1].sample / RATE == pytest.approx(20 * 0.8 - 0.5, abs=1.0)


def test_speech_that_begins_at_the_last_moment_is_waited_for() -> None:
    """The VAD is late: what begins when 0.7 s of 0.75 s are spent must have time to prove itself."""
    endpoint = make()
    feed(endpoint, (1.0, True), (0.704, False))
    marks = feed(endpoint, (0.3, True), (0.7, False))
    assert changes(marks) == [EndpointChange.RESUMED, EndpointChange.PAUSED]


def test_a_cough_in_the_silence_does_not_hold_the_turn_open() -> None:
    marks = feed(make(), (1.0, True), (0.4, False), (0.032, True), (0.4, False))
    assert changes(marks) == [EndpointChange.STARTED, EndpointChange.PAUSED, EndpointChange.ENDED]
    assert marks[-1].sample / RATE == pytest.approx(1.0, abs=0.04)


def test_a_short_word_after_a_pause_takes_the_guess_back() -> None:
    """Too short to refill the budget, but the guess from the pause lacks it."""
    marks = feed(make(), (1.0, True), (0.4, False), (0.1, True), (1.0, False))
    assert EndpointChange.RESUMED in changes(marks)
    assert marks[-1].sample / RATE == pytest.approx(1.5, abs=0.05)


def test_a_click_is_no_speech() -> None:
    marks = feed(make(), (1.0, False), (0.064, True), (6.0, False))
    assert changes(marks) == [EndpointChange.NOTHING]


def test_a_room_that_never_falls_silent_ends_too() -> None:
    marks = feed(make(longest=10.0), (20.0, True))
    assert changes(marks) == [EndpointChange.STARTED, EndpointChange.ENDED]


def test_speech_under_way_when_the_time_is_up_is_heard() -> None:
    marks = feed(make(), (4.96, False), (1.0, True), (1.0, False))
    assert changes(marks) == [EndpointChange.STARTED, EndpointChange.PAUSED, EndpointChange.ENDED]


stretches = st.lists(st.tuples(st.integers(1, 4000), st.booleans()), min_size=1, max_size=400)


@given(stretches, st.floats(0.2, 3.0))
def test_whatever_comes_the_story_it_tells_makes_sense(fed: list[tuple[int, bool]], silence: float) -> None:
    endpoint = make(silence=silence, longest=10.0)
    told: list[EndpointMark] = []
    for samples, speech in fed:
        new = endpoint.process(samples, speech)
        assert not (told and told[-1].change in (EndpointChange.ENDED, EndpointChange.NOTHING) and new)
        told += new
    story = changes(told)
    if EndpointChange.NOTHING in story:
        assert story == [EndpointChange.NOTHING]
        return
    assert story[:1] in ([], [EndpointChange.STARTED])
    turns = [c for c in story if c in (EndpointChange.PAUSED, EndpointChange.RESUMED)]
    assert turns == [EndpointChange.PAUSED, EndpointChange.RESUMED] * (len(turns) // 2) + [
        EndpointChange.PAUSED
    ] * (len(turns) % 2)
    samples_told = [mark.sample for mark in told]
    assert samples_told == sorted(samples_told)


@given(stretches)
def test_it_always_ends(fed: list[tuple[int, bool]]) -> None:
    endpoint = make(longest=10.0)
    bound = (5.0 + 10.0 + 1.0) * RATE
    total = 0
    while not endpoint.over:
        for samples, speech in fed:
            endpoint.process(samples, speech)
            total += samples
            if endpoint.over:
                break
        assert total <= bound


@given(stretches)
def test_no_pause_shorter_than_the_budget_ends_an_utterance(fed: list[tuple[int, bool]]) -> None:
    """Every silence is shorter than the budget, every speech long enough to refill it."""
    endpoint = make(longest=30.0)
    feed(endpoint, (0.5, True))
    total = 0.5
    for samples, speech in fed:
        marks = feed(endpoint, (0.2 + samples / RATE, True) if speech else (0.0, False))
        marks += feed(endpoint, (min(0.7, samples / RATE), False), (0.2, True))
        total += 0.4 + 2 * samples / RATE
        if total > 28:
            break
        assert EndpointChange.ENDED not in changes(marks)


@given(stretches, st.integers(1, 600))
def test_the_size_of_the_pieces_changes_little(fed: list[tuple[int, bool]], size: int) -> None:
    whole, pieces = make(), make()
    told: list[EndpointMark] = []
    told_in_pieces: list[EndpointMark] = []
    for samples, speech in fed:
        told += whole.process(samples, speech)
        for first in range(0, samples, size):
            told_in_pieces += pieces.process(min(size, samples - first), speech)
    assert EndpointChange.STARTED not in changes(told) or EndpointChange.STARTED in changes(told_in_pieces)


def test_nothing_fed_changes_nothing() -> None:
    endpoint = make()
    assert endpoint.process(0, True) == []
    assert endpoint.process(-5, True) == []


def test_a_pause_is_told_long_before_the_end() -> None:
    endpoint = make()
    marks = feed(endpoint, (1.0, True), (PAUSE_SECONDS + 0.04, False))
    assert changes(marks) == [EndpointChange.STARTED, EndpointChange.PAUSED]


def test_words_that_break_off_are_waited_for_and_only_once() -> None:
    endpoint = make()
    assert EndpointChange.PAUSED in changes(feed(endpoint, (1.0, True), (0.5, False)))
    endpoint.wait(1.5)
    assert changes(feed(endpoint, (0.8, False), (0.5, True))) == [EndpointChange.RESUMED]
    marks = feed(endpoint, (2.0, False))
    assert changes(marks) == [EndpointChange.PAUSED, EndpointChange.ENDED]
    assert endpoint.over
    short = make()
    feed(short, (1.0, True), (0.5, False))
    short.wait(0.1)  # it only ever lengthens
    assert changes(feed(short, (0.15, False))) == []
