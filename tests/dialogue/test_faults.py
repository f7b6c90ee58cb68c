"""Which broken parts people are told of, and when."""

from __future__ import annotations

import pytest

from hearthd.dialogue import events as e
from hearthd.dialogue.events import Ended
from hearthd.dialogue.faults import TELL_SECONDS
from hearthd.dialogue.machine import step
from hearthd.dialogue.state import Phase, State
from tests.dialogue.playing import play

pytestmark = pytest.mark.unit

LATER = 10.0 + TELL_SECONDS


@pytest.mark.parametrize("part", ["microphone", "store"])
def test_people_are_told_once_that_a_part_is_broken(part: str) -> None:
    state, commands = play(e.PartFailed(10.0, part), e.PartFailed(12.0, part))
    assert (state.due, commands) == (LATER, [])
    state, commands = step(state, e.Tick(LATER))
    assert (state.due, commands) == (None, [e.Tell(part)])
    assert play(e.PartFailed(90.0, part), e.Tick(99.0), state=state)[1] == []


def test_a_fault_that_mends_itself_at_once_is_not_told() -> None:
    state, commands = play(e.PartFailed(10.0, "microphone"), e.PartRecovered(11.0, "microphone"))
    assert (state.due, commands) == (None, [])


def test_a_microphone_that_was_told_to_be_gone_is_heard_to_be_back() -> None:
    gone = (e.PartFailed(10.0, "microphone"), e.Tick(LATER))
    assert play(*gone, e.PartRecovered(60.0, "microphone"))[1][-1] == e.Chime("unmuted")
    state, _ = play(*gone, e.PartRecovered(60.0, "microphone"), e.PartFailed(70.0, "microphone"))
    assert state.due == 70.0 + TELL_SECONDS


def test_nothing_is_told_to_a_room_without_a_speaker_until_it_has_one() -> None:
    both = (e.PartFailed(10.0, "microphone"), e.PartFailed(10.1, "speaker"), e.Tick(LATER))
    state, commands = play(*both)
    assert (state.due, commands) == (None, [])
    state, commands = step(state, e.PartRecovered(100.0, "speaker"))
    assert state.due == 100.0 + TELL_SECONDS
    assert step(state, e.Tick(100.0 + TELL_SECONDS))[1] == [e.Tell("microphone")]


@pytest.mark.parametrize("first", ["microphone", "speaker"])
@pytest.mark.parametrize("seconds", [1.0, 60.0])
def test_a_sound_server_that_comes_back_with_both_is_not_spoken_of(first: str, seconds: float) -> None:
    second = "speaker" if first == "microphone" else "microphone"
    gone = (e.PartFailed(10.0, "microphone"), e.PartFailed(10.1, "speaker"))
    waited = (e.Tick(LATER),) if seconds > TELL_SECONDS else ()
    back = (e.PartRecovered(10.0 + seconds, first), e.PartRecovered(10.5 + seconds, second), e.Tick(90.0))
    state, commands = play(*gone, *waited, *back)
    assert (state.due, commands) == (None, [])


def test_a_broker_or_a_stand_in_is_no_news_for_the_room() -> None:
    for part in ("mqtt", "chat server", "voice server", "asr", "chat"):
        state, commands = play(e.PartFailed(10.0, part))
        assert (state.due, commands) == (None, [])


def test_a_fault_from_the_start_is_told_once_it_can_speak() -> None:
    state, commands = play(e.PartFailed(1.0, "microphone"), e.Tick(6.0), state=State())
    assert commands == [e.Tell("microphone")]
    state, _ = step(state, e.AnnounceRequested(6.0, "I can't hear anything."))
    state, commands = step(state, e.Ready(9.0))
    assert e.Speak(1, "I can't hear anything.") in commands


def test_a_phase_s_own_deadline_is_kept_while_there_is_something_to_tell() -> None:
    wake = e.Wake(1.0, "hey_jarvis", 0.9, start=8_000, end=24_000)
    state, _ = play(wake, e.PartFailed(2.0, "store"))
    assert state.due == 2.0 + TELL_SECONDS
    state, commands = step(state, e.Tick(2.0 + TELL_SECONDS))
    assert (state.phase, commands) == (Phase.LISTENING, [e.Tell("store")])
    assert state.due == state.deadline


def test_a_speaker_that_crashed_is_heard_to_listen_again() -> None:
    assert e.Chime("unmuted") in step(State(), e.Ready(1.0, after_crash=True))[1]
    assert e.Chime("unmuted") not in step(State(), e.Ready(1.0))[1]
    assert e.Chime("unmuted") not in step(State(muted=True), e.Ready(1.0, after_crash=True))[1]


def test_a_turn_whose_failure_was_spoken_ends_without_a_chime() -> None:
    wake = e.Wake(1.0, "hey_jarvis", 0.9, start=8_000, end=24_000)
    _, commands = play(wake, e.TurnOver(3.0, 1, Ended.ERROR, told=True))
    assert e.Chime("error") not in commands
    _, commands = play(wake, e.TurnOver(3.0, 1, Ended.ERROR))
    assert e.Chime("error") in commands
