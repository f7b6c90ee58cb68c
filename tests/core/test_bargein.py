"""Who talks over the speaker, window by window, and what a few words mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.core.backchannel import Meaning, meaning
from hearthd.core.bargein import CERTAIN, QUIET, SUSPECTED, WINDOW, WORD, BargeIn, Change, Mark, Window

QUIET_ROOM = Window(0.02, 0.02, sounding=False)
PERSON = Window(0.9, 0.8, sounding=True)
PERSON_AFTER_THE_HOLD = Window(0.9, 0.1, sounding=False)
RESIDUE = Window(0.8, 0.05, sounding=True)
TELEVISION = Window(0.9, 0.9, sounding=True, near=False)


def heard(*windows: Window, thinking: bool = False) -> list[Mark]:
    decision = BargeIn()
    marks = (decision.process(window, thinking=thinking) for window in windows)
    return [mark for mark in marks if mark is not None]


def changes(*windows: Window, thinking: bool = False) -> list[Change]:
    return [mark.change for mark in heard(*windows, thinking=thinking)]


def test_a_person_is_suspected_after_128_ms_and_certain_after_384() -> None:
    marks = heard(*[QUIET_ROOM] * 10, *[PERSON] * CERTAIN)
    assert [mark.change for mark in marks] == [Change.SUSPECTED, Change.CERTAIN]
    assert {mark.start for mark in marks} == {10 * WINDOW}
    assert [mark.end for mark in marks] == [(10 + SUSPECTED) * WINDOW, (10 + CERTAIN) * WINDOW]


def test_what_goes_on_when_nothing_sounds_any_more_is_a_person() -> None:
    assert changes(*[RESIDUE] * 4, *[PERSON_AFTER_THE_HOLD] * 12) == [Change.SUSPECTED, Change.CERTAIN]


def test_its_own_residue_alone_never_becomes_certain() -> None:
    found = changes(*([RESIDUE] * 30 + [QUIET_ROOM] * 10) * 20)
    assert set(found) == {Change.SUSPECTED, Change.GONE}


def test_something_short_is_left_to_its_words() -> None:
    assert changes(*[PERSON] * 8, *[QUIET_ROOM] * QUIET) == [Change.SUSPECTED, Change.SHORT]


def test_a_click_is_nothing_at_all() -> None:
    assert changes(*[PERSON] * (SUSPECTED - 1), *[QUIET_ROOM] * 30) == []


def test_a_television_in_the_back_is_nothing_at_all() -> None:
    assert changes(*[TELEVISION] * 200) == []


def test_it_is_more_patient_while_it_thinks() -> None:
    assert changes(*[PERSON_AFTER_THE_HOLD] * CERTAIN, thinking=True) == [Change.SUSPECTED]


@given(
    st.lists(st.builds(Window, st.floats(0, 1), st.floats(0, 1), st.booleans(), st.booleans()), max_size=300)
)
def test_every_suspicion_ends_and_none_begins_within_another(windows: list[Window]) -> None:
    found = heard(*windows, *[QUIET_ROOM] * QUIET)
    open_ = False
    for mark in found:
        assert 0 <= mark.start < mark.end <= (len(windows) + QUIET) * WINDOW
        assert (mark.change is Change.SUSPECTED) != open_
        open_ = mark.change is Change.SUSPECTED
    assert not open_
    assert WORD < SUSPECTED + 1


BACKCHANNELS = (
    "Mm-hm.",
    "Yeah.",
    "right",
    "Okay, okay.",
    "嗯。",
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
    assert meaning(text) is Meaning.NOTHING


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
)


@pytest.mark.parametrize("text", STOPS)
def test_a_stop_word_stops(text: str) -> None:
    assert meaning(text) is Meaning.STOP


@pytest.mark.parametrize(
    "text",
    [
        "Stop the kitchen light.",
        "What?",
        "Wait.",
        "right now please call",
        "等一下",
        "喂",
        "对了，明天呢",
        "no",
        "不对",
    ],
)
def test_other_words_interrupt(text: str) -> None:
    assert meaning(text) is Meaning.INTERRUPTION


def test_its_own_words_are_its_own() -> None:
    reply = "Once upon a time there was a sailor. 从前有一个水手。"
    assert meaning("There was a sailor.", own=reply) is Meaning.NOTHING
    assert meaning("一个水手", own=reply) is Meaning.NOTHING
    assert meaning("Sailor?", own=reply) is Meaning.INTERRUPTION


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_has_a_meaning(text: str, own: str) -> None:
    assert meaning(text, own) in Meaning
