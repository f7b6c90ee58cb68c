"""Who talks over the speaker, window by window, and what a few words mean."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.turn_taking.backchannel import Overheard, overheard
from hearthd.turn_taking.barge_in import (
    EARLY,
    GOES_ON,
    LONG,
    LONG_THINKING,
    PROOFS,
    QUIET,
    SURELY_GOES_ON,
    SUSPECTED,
    UNCLEAR,
    WINDOW,
    WORD,
    BargeInChange,
    BargeInDetector,
    BargeInMark,
    Window,
)

pytestmark = pytest.mark.unit

QUIET_ROOM = Window(0.02, 0.02, sounding=False, level_db=-60.0)
PERSON = Window(0.9, 0.8, sounding=True, above_db=15.0, backchannel=GOES_ON[-1][1] + 0.1)
SENTENCE = replace(PERSON, backchannel=GOES_ON[0][1] - 0.1)
PERSON_WHOM_THE_STRICT_EAR_ATE = Window(0.9, 0.02, sounding=True, above_db=15.0)
PERSON_AFTER_THE_HOLD = Window(0.9, 0.1, sounding=False)
FADING = Window(0.9, 0.8, sounding=False, level_db=-45.0)
RESIDUE = Window(0.9, 0.05, sounding=True, above_db=-6.0)
LOUD_RESIDUE = Window(0.9, 0.05, sounding=True, above_db=12.0)
TELEVISION = Window(0.9, 0.9, sounding=False, behind_db=11.0)
SOFT_SPEECH = Window(0.9, 0.9, sounding=False, behind_db=9.0)


def heard(*windows: Window, thinking: bool = False) -> list[BargeInMark]:
    decision = BargeInDetector()
    marks = (decision.process(window, thinking=thinking) for window in windows)
    return [mark for mark in marks if mark is not None]


def changes(*windows: Window, thinking: bool = False) -> list[BargeInChange]:
    return [mark.change for mark in heard(*windows, thinking=thinking)]


def test_a_person_is_suspected_after_96_ms_and_certain_when_they_go_on() -> None:
    marks = heard(*[QUIET_ROOM] * 10, *[PERSON] * LONG)
    assert [mark.change for mark in marks] == [BargeInChange.SUSPECTED, BargeInChange.CERTAIN]
    assert {mark.start for mark in marks} == {10 * WINDOW}
    assert [mark.end for mark in marks] == [(10 + SUSPECTED) * WINDOW, (10 + LONG) * WINDOW]


def test_whom_only_the_faithful_ear_hears_is_suspected_and_certain_once_the_reply_is_held() -> None:
    person = [PERSON_WHOM_THE_STRICT_EAR_ATE] * 8 + [PERSON_AFTER_THE_HOLD] * (LONG - 8)
    assert changes(*person) == [BargeInChange.SUSPECTED, BargeInChange.CERTAIN]


def test_its_own_residue_is_no_suspicion() -> None:
    assert changes(*([RESIDUE] * 30 + [QUIET_ROOM] * 10) * 20) == []


def test_a_residue_that_grew_louder_never_becomes_certain() -> None:
    found = changes(*([LOUD_RESIDUE] * 30 + [QUIET_ROOM] * 10) * 20)
    assert set(found) == {BargeInChange.SUSPECTED, BargeInChange.GONE}


def test_a_bang_that_is_over_when_the_reply_is_held_is_nothing() -> None:
    assert changes(*[PERSON_WHOM_THE_STRICT_EAR_ATE] * 12, *[QUIET_ROOM] * QUIET) == [
        BargeInChange.SUSPECTED,
        BargeInChange.GONE,
    ]


def test_whom_the_strict_ear_loses_while_the_held_reply_dies_away_is_not_given_up() -> None:
    marks = heard(*[PERSON] * 3, *[RESIDUE] * 12, *[PERSON_AFTER_THE_HOLD] * 8)
    assert [mark.change for mark in marks] == [BargeInChange.SUSPECTED, BargeInChange.CERTAIN]
    assert marks[1].start == 0


def doubted(*windows: Window) -> list[BargeInChange]:
    """What comes after a certainty that may be the reply itself."""
    decision = BargeInDetector()
    for _ in range(EARLY + 1):
        decision.process(SENTENCE, thinking=False)
    assert decision.proofs
    decision.doubt()
    assert decision.doubted
    marks = [decision.process(window, thinking=False) for window in windows]
    return [mark.change for mark in marks if mark is not None]


def test_what_may_be_the_reply_itself_is_a_person_if_it_goes_on_where_nothing_sounds() -> None:
    goes_on = replace(SENTENCE, sounding=False)
    assert doubted(*[SENTENCE] * 6, *[goes_on] * (PROOFS - 1)) == []
    assert doubted(*[SENTENCE] * 6, *[goes_on] * PROOFS) == [BargeInChange.CERTAIN]


def test_what_may_be_the_reply_itself_is_nobody_if_it_ends_with_the_reply() -> None:
    tail = replace(SENTENCE, sounding=False, backchannel=9.0)
    assert doubted(*[SENTENCE] * 4, tail, *[QUIET_ROOM] * QUIET) == [BargeInChange.GONE]


def test_a_residue_that_goes_on_because_the_reply_is_only_ducked_ends_the_suspicion() -> None:
    assert changes(*[LOUD_RESIDUE] * 3, *[RESIDUE] * UNCLEAR) == [BargeInChange.SUSPECTED, BargeInChange.GONE]


def test_something_short_is_left_to_its_words() -> None:
    assert changes(*[PERSON] * 8, *[QUIET_ROOM] * QUIET) == [BargeInChange.SUSPECTED, BargeInChange.SHORT]


def test_a_word_that_fades_is_left_to_its_words_too() -> None:
    assert changes(*[PERSON] * (LONG - 2), *[FADING] * 6, *[QUIET_ROOM] * QUIET) == [
        BargeInChange.SUSPECTED,
        BargeInChange.SHORT,
    ]


def test_what_sounds_like_a_sentence_is_certain_sooner_than_what_sounds_like_a_backchannel() -> None:
    for window, windows in ((SENTENCE, EARLY), (PERSON, LONG)):
        assert changes(*[window] * (windows - 1)) == [BargeInChange.SUSPECTED]
        assert changes(*[window] * windows) == [BargeInChange.SUSPECTED, BargeInChange.CERTAIN]


@pytest.mark.parametrize(("windows", "odds"), GOES_ON)
def test_the_longer_it_is_the_less_it_must_sound_like_a_sentence(windows: int, odds: float) -> None:
    drawn_out = [replace(PERSON, backchannel=odds - 0.1)] * windows
    assert changes(*drawn_out[1:]) == [BargeInChange.SUSPECTED]
    assert changes(*drawn_out) == [BargeInChange.SUSPECTED, BargeInChange.CERTAIN]


def test_who_goes_on_after_a_first_short_word_is_certain_as_soon_as_over_a_reply() -> None:
    decision, found = BargeInDetector(), []
    words = [PERSON] * 8, [QUIET_ROOM] * 20, [replace(SENTENCE, sounding=False)] * EARLY
    for number, window in enumerate([*words[0], *words[1], *words[2]]):
        mark = decision.process(window, thinking=number > 20)  # held: nothing has sounded for a while
        found += [mark.change] if mark else []
    assert found == [
        BargeInChange.SUSPECTED,
        BargeInChange.SHORT,
        BargeInChange.SUSPECTED,
        BargeInChange.CERTAIN,
    ]


def test_what_fades_must_sound_the_more_like_a_sentence() -> None:
    begun = [SENTENCE] * (EARLY - 1)
    for backchannel, expected in ((GOES_ON[0][1] - 0.1, []), (SURELY_GOES_ON - 0.1, [BargeInChange.CERTAIN])):
        fading = replace(FADING, backchannel=backchannel)
        assert changes(*begun, fading) == [BargeInChange.SUSPECTED, *expected]


def test_its_sound_is_asked_for_only_while_it_decides() -> None:
    decision, asked = BargeInDetector(), []
    for window in [*[QUIET_ROOM] * 3, *[PERSON] * (LONG + 3), *[QUIET_ROOM] * QUIET]:
        asked.append(decision.asks_for_sound)
        decision.process(window, thinking=False)
    assert asked == [3 + EARLY - 1 <= number < 3 + LONG - 1 for number in range(len(asked))]


def test_a_sentence_may_dip() -> None:
    dipping = [PERSON] * (LONG - 2), [FADING] * 4, [PERSON] * 2
    assert changes(*dipping[0], *dipping[1], *dipping[2]) == [BargeInChange.SUSPECTED, BargeInChange.CERTAIN]


def test_a_click_is_nothing_at_all() -> None:
    assert changes(*[PERSON] * (SUSPECTED - 1), *[QUIET_ROOM] * 30) == []


def test_a_television_in_the_back_is_nothing_at_all() -> None:
    assert changes(*[TELEVISION] * 200) == []


def test_what_is_too_soft_for_a_person_at_the_speaker_holds_it_at_most() -> None:
    assert changes(*[SOFT_SPEECH] * 100, *[QUIET_ROOM] * QUIET) == [
        BargeInChange.SUSPECTED,
        BargeInChange.GONE,
    ]


def test_it_is_more_patient_while_it_thinks() -> None:
    assert changes(*[PERSON_AFTER_THE_HOLD] * (LONG_THINKING - 1), thinking=True) == [BargeInChange.SUSPECTED]
    assert BargeInChange.CERTAIN in changes(*[PERSON_AFTER_THE_HOLD] * LONG_THINKING, thinking=True)


def test_who_was_suspected_while_it_spoke_is_judged_so_though_the_reply_is_held_for_long() -> None:
    decision = BargeInDetector()
    marks = [decision.process(PERSON, thinking=False) for _ in range(SUSPECTED)]
    marks += [decision.process(SENTENCE, thinking=True) for _ in range(EARLY - SUSPECTED)]
    assert [mark.change for mark in marks if mark] == [BargeInChange.SUSPECTED, BargeInChange.CERTAIN]


windows = st.builds(
    Window,
    st.floats(0, 1),
    st.floats(0, 1),
    st.booleans(),
    st.floats(-99, 60),
    st.floats(0, 40),
    st.floats(-90, 0),
    st.floats(-9, 9),
)


@given(st.lists(windows, max_size=300))
def test_every_suspicion_ends_and_none_begins_within_another(windows: list[Window]) -> None:
    found = heard(*windows, *[QUIET_ROOM] * QUIET)
    open_ = False
    for mark in found:
        assert 0 <= mark.start < mark.end <= (len(windows) + QUIET) * WINDOW
        assert (mark.change is BargeInChange.SUSPECTED) != open_
        open_ = mark.change is BargeInChange.SUSPECTED
    assert not open_
    assert WORD < SUSPECTED + 1


BACKCHANNELS = (
    "Mm-hm.",
    "Yeah.",
    "right",
    "Okay, okay.",
    "嗯。",
    "3, 2, 3",
    "追",
    "对对对",
    "哦，是吗？",
    "Uh-huh.",
    "mmmm",
    "",
    "...",
)


@pytest.mark.parametrize("text", BACKCHANNELS)
def test_a_listener_s_words_do_not_interrupt(text: str) -> None:
    assert overheard(text) is Overheard.NOTHING


STOPS = (
    "Stop!",
    "stop, stop",
    "OK stop.",
    "停",
    "停停停。",
    "闭嘴！",
    "鼻嘴",
    "够了",
    "That's enough.",
    "Shut up.",
    "好了停",
    "算了",
    "别念了",
    "不用了，谢谢",
    "取消",
    "Never mind.",
    "Forget it!",
    "Stop stop stop stop stop stop stop stop!",
    "停，停，停，停，停，停，停，停",
)


@pytest.mark.parametrize("text", STOPS)
def test_a_stop_word_stops(text: str) -> None:
    assert overheard(text) is Overheard.STOP


@pytest.mark.parametrize(
    "text", ["Stop the kitchen light.", "What?", "right now please call", "对了，明天呢", "什么"]
)
def test_other_words_interrupt(text: str) -> None:
    assert overheard(text) is Overheard.INTERRUPTION


@pytest.mark.parametrize(
    "text",
    [
        "Wait.",
        "no",
        "No, wait!",
        "Wait, wait!",
        "oh wait",
        "Hold on.",
        "等一下",
        "喂",
        "不对",
        "不是，等等",
        "你好！",
    ],
)
def test_a_few_words_that_are_nothing_else_call_it(text: str) -> None:
    assert overheard(text) is Overheard.CALL


@given(st.text(max_size=200))
def test_any_text_has_a_meaning(text: str) -> None:
    assert overheard(text) in Overheard
