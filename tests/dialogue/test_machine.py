"""The speaker's behaviour, event by event; ``test_sequences`` has what must hold whatever happens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearthd.dialogue import events as e
from hearthd.dialogue.events import Command, Ended, Event, Origin
from hearthd.dialogue.machine import MOST_HOLDS, ruled, step
from hearthd.dialogue.refusal import refusal
from hearthd.dialogue.state import MAX_ANNOUNCEMENTS, Phase, Rules, State
from hearthd.turn_taking.unfinished import WAIT_SECONDS
from tests.dialogue.playing import play

pytestmark = pytest.mark.unit

WAKE = e.Wake(1.0, "hey_jarvis", 0.9, start=8_000, end=24_000)


def utterance(end: int = 64_000) -> e.Utterance:
    return e.Utterance(start=8_000, end=end, speech_end=end - 8_000, speech_end_at=3.0)


def speaking(turn: int = 1) -> tuple[Event, ...]:
    """From idle to a sounding reply."""
    return (WAKE, e.SpeechEnded(4.0, utterance()), e.ReplyAudible(5.0, turn))


def ends(commands: list[Command]) -> list[tuple[int, Ended]]:
    return [(c.turn_id, c.ended) for c in commands if isinstance(c, e.EndTurn)]


def test_it_listens_only_when_everything_is_loaded() -> None:
    state, commands = step(State(), WAKE)
    assert (state.phase, commands) == (Phase.STARTING, [])
    state, commands = step(State(), e.Ready(1.0))
    assert (state.phase, commands) == (Phase.IDLE, [e.ReadMicrophone(True)])


def test_a_muted_speaker_starts_muted() -> None:
    state, commands = step(State(muted=True), e.Ready(1.0))
    assert (state.phase, commands) == (Phase.MUTED, [e.ReadMicrophone(False)])


def test_the_wake_word_opens_a_turn_chimes_and_listens_from_the_phrase_s_end() -> None:
    state, commands = play(WAKE)
    assert state.phase is Phase.LISTENING
    assert commands == [
        e.OpenTurn(1, Origin.WAKE, WAKE),
        e.Chime("wake"),
        e.Listen(24_000, state.rules.no_speech_seconds, include_from=8_000),
    ]


def test_a_pause_starts_work_that_more_speech_takes_back() -> None:
    _, commands = play(WAKE, e.SpeechPaused(2.0, utterance()), e.SpeechResumed(2.2))
    assert commands[-2:] == [e.Speculate(1, utterance()), e.Retract(1)]


def test_words_that_break_off_are_waited_for() -> None:
    _, commands = play(WAKE, e.SpeechPaused(2.0, utterance()), e.BrokenOff(2.4, 1))
    assert commands[-1] == e.WaitLonger(WAIT_SECONDS)
    _, commands = play(WAKE, e.SpeechPaused(2.0, utterance()), e.BrokenOff(2.4, 7))  # of another turn
    assert commands[-1] == e.Speculate(1, utterance())


def test_speech_that_ended_before_this_listening_is_old_news() -> None:
    old = e.Utterance(0, 20_000, 16_000, 1.0)
    state, commands = play(WAKE, e.SpeechEnded(2.0, old))
    assert state.phase is Phase.LISTENING
    assert not any(isinstance(c, e.Answer) for c in commands)


def test_a_whole_turn_ends_in_a_follow_up_window() -> None:
    state, commands = play(*speaking(), e.ReplyPlayed(9.0, 1))
    assert state.phase is Phase.FOLLOW_UP
    assert ends(commands) == [(1, Ended.COMPLETED)]
    assert commands[-1] == e.ListenAfterReply(4.0)


def test_a_question_leaves_the_window_open_longer() -> None:
    _, commands = play(*speaking(), e.ReplyPlayed(9.0, 1, asks=True))
    assert commands[-1] == e.ListenAfterReply(8.0)


def test_an_answer_in_the_window_needs_no_wake_word() -> None:
    state, commands = play(*speaking(), e.ReplyPlayed(9.0, 1), e.SpeechStarted(10.0, 90_000))
    assert state.phase is Phase.LISTENING
    assert commands[-1] == e.OpenTurn(2, Origin.FOLLOW_UP)
    state, commands = step(state, e.SpeechEnded(12.0, utterance(150_000)))
    assert state.phase is Phase.THINKING
    assert commands[0] == e.Answer(2, utterance(150_000))


def test_a_conversation_ends_by_itself() -> None:
    state, _ = play(*speaking(), e.ReplyPlayed(9.0, 1), e.NothingSaid(13.0))
    assert (state.phase, state.turn_id) == (Phase.IDLE, 0)


def test_the_wake_word_alone_waits_for_the_question() -> None:
    state, commands = play(WAKE, e.SpeechEnded(2.0, utterance()), e.OnlyWakeWordHeard(2.5, 1, 56_000))
    assert state.phase is Phase.LISTENING
    assert commands[-1] == e.Listen(56_000, 5.0, 56_000)
    state, commands = step(state, e.NothingSaid(8.0))
    assert ends(commands) == [(1, Ended.NO_SPEECH)]
    assert state.phase is Phase.IDLE


def test_an_unconfirmed_wake_ends_without_a_sound() -> None:
    state, commands = play(WAKE, e.SpeechEnded(2.0, utterance()), e.TurnOver(2.5, 1, Ended.NO_SPEECH))
    assert state.phase is Phase.IDLE
    assert e.Chime("error") not in commands


def test_something_short_over_the_reply_is_judged_by_its_words() -> None:
    short = e.NearEndShort(6.5, 90_000, 98_000)
    state, commands = play(*speaking(), e.NearEndSuspected(6.0, 92_000), short)
    assert (state.phase, commands[-1]) == (Phase.HELD, e.JudgeWords(1, 90_000, 98_000))
    gone, commands = step(state, e.NearEndGone(7.0))
    assert (gone.phase, commands) == (Phase.SPEAKING, [e.Resume(1)])
    stopped, commands = step(state, e.StopWord(7.0))
    assert (stopped.phase, ends(commands)) == (Phase.IDLE, [(1, Ended.STOPPED)])
    interrupted, commands = step(state, e.NearEndCertain(7.0, 90_000))
    assert interrupted.phase is Phase.LISTENING
    assert e.Listen(90_000, state.rules.no_speech_seconds, 90_000) in commands


def test_a_reply_that_was_not_held_goes_on_unless_the_word_was_stop() -> None:
    rules = Rules(barge_in="wake_word")
    state = replace(step(State(), e.Ready(0.0))[0], rules=rules)
    state, commands = play(*speaking(), e.NearEndShort(6.5, 90_000, 98_000), state=state)
    assert (state.phase, commands[-1]) == (Phase.SPEAKING, e.JudgeWords(1, 90_000, 98_000, only_stop=True))
    state, commands = step(state, e.NearEndGone(7.0))
    assert (state.phase, commands) == (Phase.SPEAKING, [])


def test_a_cough_holds_the_reply_and_lets_it_go_on() -> None:
    state, commands = play(*speaking(), e.NearEndSuspected(6.0, 96_000))
    assert (state.phase, commands[-1]) == (Phase.HELD, e.Hold(1))
    state, commands = step(state, e.NearEndGone(6.4))
    assert (state.phase, commands) == (Phase.SPEAKING, [e.Resume(1)])


def test_a_hold_that_nothing_settles_ends_by_itself() -> None:
    state, _ = play(*speaking(), e.NearEndSuspected(6.0, 96_000), e.Tick(8.9))
    assert state.phase is Phase.HELD
    state, commands = step(state, e.Tick(9.0))
    assert (state.phase, commands) == (Phase.SPEAKING, [e.Resume(1)])


def test_somebody_who_talks_over_it_is_heard_from_the_first_syllable() -> None:
    state, commands = play(*speaking(), e.NearEndSuspected(6.0, 96_000), e.NearEndCertain(6.3, 95_000))
    assert ends(commands) == [(1, Ended.BARGE_IN)]
    assert commands[-2:] == [e.OpenTurn(2, Origin.BARGE_IN), e.Listen(95_000, 5.0, 95_000)]
    assert (state.phase, state.turn_id) == (Phase.LISTENING, 2)


def test_who_goes_on_within_a_second_of_the_endpoint_asks_one_question() -> None:
    asked = (WAKE, e.SpeechEnded(4.0, utterance()))
    for sounding in ((), (e.ReplyAudible(4.3, 1), e.NearEndSuspected(4.5, 70_000))):
        state, commands = play(*asked, *sounding, e.NearEndCertain(4.9, 70_000))
        assert ends(commands) == [(1, Ended.BARGE_IN)]
        assert commands[-2:] == [
            e.OpenTurn(2, Origin.BARGE_IN, goes_on_from=8_000),
            e.Listen(70_000, 5.0, 70_000),
        ]
        _, commands = play(
            e.SpeechEnded(6.0, replace(utterance(96_000), start=70_000)),
            e.NearEndCertain(6.9, 100_000),
            state=state,
        )
        assert e.OpenTurn(3, Origin.BARGE_IN, goes_on_from=8_000) in commands
    _, commands = play(*asked, e.ReplyAudible(5.0, 1), e.NearEndCertain(5.9, 64_000 + 16_001))
    assert e.OpenTurn(2, Origin.BARGE_IN) in commands


def test_who_goes_on_before_anything_of_the_answer_was_heard_asks_one_question() -> None:
    asked = (WAKE, e.SpeechEnded(4.0, utterance()))
    late = 64_000 + 9 * 16_000
    for held in ((), (e.NearEndSuspected(13.0, late),)):
        _, commands = play(*asked, *held, e.NearEndCertain(13.4, late))
        assert e.OpenTurn(2, Origin.BARGE_IN, goes_on_from=8_000) in commands
    _, commands = play(*asked, e.NearEndCertain(16.0, 64_000 + 11 * 16_000))
    assert e.OpenTurn(2, Origin.BARGE_IN) in commands


def test_the_wake_word_over_the_reply_begins_a_new_turn() -> None:
    state, commands = play(*speaking(), replace(WAKE, at=6.0))
    assert ends(commands) == [(1, Ended.BARGE_IN)]
    assert (state.phase, state.turn_id) == (Phase.LISTENING, 2)


def test_a_stop_word_silences_without_a_turn() -> None:
    state, commands = play(*speaking(), e.StopWord(6.0))
    assert ends(commands) == [(1, Ended.STOPPED)]
    assert (state.phase, state.turn_id) == (Phase.IDLE, 0)


@pytest.mark.parametrize("event", [e.NearEndSuspected(6.0, 1), e.NearEndCertain(6.0, 1)])
def test_with_wake_word_barge_in_speech_alone_does_nothing(event: Event) -> None:
    ready = step(State(rules=Rules(barge_in="wake_word")), e.Ready(0.0))[0]
    state, commands = play(*speaking(), event, state=ready)
    assert state.phase is Phase.SPEAKING
    assert ends(commands) == []


def test_with_barge_in_off_only_a_command_stops_it() -> None:
    ready = step(State(rules=Rules(barge_in="off")), e.Ready(0.0))[0]
    state, commands = play(*speaking(), replace(WAKE, at=6.0), e.StopWord(6.0), state=ready)
    assert state.phase is Phase.SPEAKING
    assert not any(isinstance(c, e.WatchNearEnd) for c in commands)
    state, commands = step(state, e.StopRequested(7.0))
    assert (state.phase, ends(commands)) == (Phase.IDLE, [(1, Ended.STOPPED)])


def test_ears_that_hear_the_speaker_itself_leave_only_the_wake_word_and_stop() -> None:
    deaf, commands = play(*speaking(), e.NearEndSuspected(6.0, 96_000), e.PartFailed(6.1, "echo"))
    assert (deaf.phase, commands[-1]) == (Phase.SPEAKING, e.Resume(1))
    state, commands = play(e.NearEndSuspected(7.0, 1), e.NearEndCertain(7.1, 1), state=deaf)
    assert (state.phase, commands) == (Phase.SPEAKING, [])
    short = e.NearEndShort(8.0, 90_000, 98_000)
    assert step(state, short)[1] == [e.JudgeWords(1, 90_000, 98_000, only_stop=True)]
    assert step(state, replace(WAKE, at=8.0))[0].phase is Phase.LISTENING
    well = step(state, e.PartRecovered(9.0, "echo"))[0]
    assert step(well, e.NearEndSuspected(9.5, 1))[0].phase is Phase.HELD


def test_a_change_of_the_rules_reaches_the_reply_that_sounds() -> None:
    held, _ = play(*speaking(), e.NearEndSuspected(6.0, 96_000))
    state, commands = ruled(held, 6.2, Rules(barge_in="wake_word"))
    assert (state.phase, commands) == (Phase.SPEAKING, [e.Resume(1)])
    state, commands = ruled(held, 6.2, Rules(barge_in="off"))
    assert (state.phase, commands) == (Phase.SPEAKING, [e.WatchNearEnd(False), e.Resume(1)])
    state, commands = ruled(state, 6.4, Rules(barge_in="speech"))
    assert (state.phase, commands) == (Phase.SPEAKING, [e.WatchNearEnd(True)])
    assert ruled(held, 6.2, Rules(follow_up_seconds=9.0))[1] == []
    assert ruled(step(State(), e.Ready(0.0))[0], 1.0, Rules(barge_in="off"))[1] == []


def test_late_events_of_an_old_turn_are_ignored() -> None:
    state, _ = play(*speaking(), e.StopRequested(6.0), replace(WAKE, at=7.0))
    assert step(state, e.ReplyAudible(8.0, 1)) == (state, [])
    assert step(state, e.TurnOver(8.0, 1, Ended.ERROR)) == (state, [])


def test_mute_ends_the_turn_and_closes_the_microphone() -> None:
    state, commands = play(*speaking(), e.MuteRequested(6.0, True))
    assert ends(commands) == [(1, Ended.STOPPED)]
    assert commands[-3:-1] == [e.WatchNearEnd(False), e.ReadMicrophone(False)]
    assert state.phase is Phase.MUTED
    assert play(replace(WAKE, at=7.0), state=state) == (state, [])
    state, commands = step(state, e.MuteRequested(8.0, False))
    assert (state.phase, commands[0]) == (Phase.IDLE, e.ReadMicrophone(True))


def test_a_muted_speaker_still_speaks_when_told_to() -> None:
    muted = step(State(muted=True), e.Ready(0.0))[0]
    state, commands = play(
        e.SayRequested(1.0, "dinner"), e.ReplyAudible(1.2, 1), e.ReplyPlayed(2.0, 1), state=muted
    )
    assert state.phase is Phase.MUTED
    assert e.Speak(1, "dinner") in commands
    assert not any(isinstance(c, e.WatchNearEnd) and c.on for c in commands)


def test_an_announcement_waits_for_the_turn_and_takes_the_place_of_the_follow_up() -> None:
    state, commands = play(*speaking(), e.AnnounceRequested(6.0, "the door"))
    assert state.phase is Phase.SPEAKING
    state, commands = step(state, e.ReplyPlayed(9.0, 1))
    assert ends(commands) == [(1, Ended.COMPLETED)]
    assert commands[-3:-1] == [e.Chime("announce"), e.Speak(2, "the door")]
    state, commands = play(e.ReplyAudible(9.5, 2), e.ReplyPlayed(11.0, 2), state=state)
    assert state.phase is Phase.IDLE


def test_stop_drops_the_announcements_that_wait() -> None:
    state, _ = play(*speaking(), e.AnnounceRequested(6.0, "a"), e.StopRequested(7.0))
    assert (state.phase, state.announcements) == (Phase.IDLE, ())


def test_a_sound_that_is_announced_waits_for_its_turn_like_a_text() -> None:
    state, commands = play(*speaking(), e.AnnounceRequested(6.0, "", 7), e.ReplyPlayed(9.0, 1))
    assert e.Speak(2, "", 7) in commands
    assert state.announcements == ()


def test_a_flood_of_announcements_is_bounded() -> None:
    state, _ = play(*speaking(), *(e.AnnounceRequested(6.0, str(n)) for n in range(100)))
    assert len(state.announcements) == MAX_ANNOUNCEMENTS
    assert "waiting" in refusal(state, e.AnnounceRequested(6.0, "one more"))


def test_an_announcement_before_it_is_ready_is_spoken_then() -> None:
    state, _ = step(State(), e.AnnounceRequested(0.0, "hello"))
    state, commands = step(state, e.Ready(1.0))
    assert e.Speak(1, "hello") in commands


def test_ask_answers_a_text_as_if_it_had_been_heard() -> None:
    state, commands = play(e.AskRequested(1.0, "what time is it"))
    assert commands[:2] == [e.OpenTurn(1, Origin.ASK), e.AnswerText(1, "what time is it")]
    assert state.phase is Phase.THINKING


def test_a_microphone_lost_while_listening_ends_the_turn_and_is_only_a_fault() -> None:
    state, commands = play(WAKE, e.PartFailed(2.0, "microphone"))
    assert ends(commands) == [(1, Ended.ERROR)]
    assert (state.phase, state.faults) == (Phase.IDLE, {"microphone"})
    assert step(state, e.PartRecovered(3.0, "microphone"))[0].faults == frozenset()


def test_a_broken_broker_does_not_stop_the_ears() -> None:
    state, commands = play(*speaking(), e.PartFailed(6.0, "mqtt"))
    assert state.phase is Phase.SPEAKING
    assert ends(commands) == []


def test_a_reply_that_never_comes_ends_with_a_sign() -> None:
    state, commands = play(WAKE, e.SpeechEnded(4.0, utterance()), e.Tick(63.9))
    assert state.phase is Phase.THINKING
    state, commands = step(state, e.Tick(64.0))
    assert ends(commands) == [(1, Ended.TIMEOUT)]
    assert e.Chime("error") in commands


def test_dead_ears_do_not_leave_it_listening() -> None:
    state, commands = play(WAKE, e.Tick(1000.0))
    assert (state.phase, ends(commands)) == (Phase.IDLE, [(1, Ended.TIMEOUT)])


def watches(commands: list[Command]) -> list[bool]:
    """What the front end was told of the near end, in order."""
    return [c.on for c in commands if isinstance(c, e.WatchNearEnd)]


def test_a_wake_word_with_nothing_behind_it_leaves_no_watch_behind() -> None:
    asked = (WAKE, e.SpeechEnded(2.0, utterance()), e.OnlyWakeWordHeard(2.5, 1, 56_000))
    state, commands = play(*asked)
    assert (state.phase, watches(commands)) == (Phase.LISTENING, [True, False])
    state, commands = play(*asked, e.NothingSaid(8.0))
    assert (state.phase, watches(commands)) == (Phase.IDLE, [True, False])


def test_a_reply_that_began_while_muted_can_be_talked_over_once_it_is_unmuted() -> None:
    muted = step(State(muted=True), e.Ready(0.0))[0]
    said = (e.SayRequested(1.0, "dinner"), e.ReplyAudible(1.2, 1))
    state, commands = play(*said, e.MuteRequested(2.0, False), state=muted)
    assert (state.phase, watches(commands)) == (Phase.SPEAKING, [True])
    assert step(state, e.NearEndSuspected(3.0, 40_000))[0].phase is Phase.HELD


def test_each_turn_is_watched_anew() -> None:
    state, commands = play(*speaking(), e.AnnounceRequested(6.0, "the door"), e.ReplyPlayed(9.0, 1))
    assert (state.phase, watches(commands)) == (Phase.THINKING, [True, True])


def test_a_reply_that_has_fallen_silent_ends() -> None:
    state, _ = play(*speaking())
    assert step(state, e.Tick(64.9))[0].phase is Phase.SPEAKING
    state, commands = step(state, e.Tick(65.0))
    assert (state.phase, ends(commands)) == (Phase.IDLE, [(1, Ended.TIMEOUT)])
    assert e.Chime("error") in commands


def test_a_reply_that_sounds_goes_on_for_as_long_as_it_does() -> None:
    state, _ = play(*speaking())
    for minute in range(1, 30):
        state, commands = step(state, e.Tick(65.0 + 60.0 * minute, sounded_at=60.0 * minute + 10.0))
        assert (state.phase, commands) == (Phase.SPEAKING, [])
        assert state.due == 60.0 * minute + 70.0
    assert step(state, e.Tick(3000.0, sounded_at=1750.0))[0].phase is Phase.IDLE


def test_an_announcement_does_not_wait_for_ever_behind_a_reply_that_does() -> None:
    state, _ = play(*speaking(), e.AnnounceRequested(6.0, "the door"))
    state, commands = step(state, e.Tick(70.0))
    assert ends(commands) == [(1, Ended.TIMEOUT)]
    assert e.Speak(2, "the door") in commands


def test_a_television_does_not_hold_a_reply_for_ever() -> None:
    state, _ = play(*speaking(), e.NearEndSuspected(6.0, 96_000))
    at = 6.0
    while state.phase is Phase.HELD and at < 60.0:
        at += 1.0
        state, _ = play(e.Tick(at), e.NearEndShort(at, 96_000, 98_000), state=state)
    assert (state.phase, at) == (Phase.SPEAKING, 6.0 + MOST_HOLDS * state.rules.hold_seconds)


def test_being_held_gives_an_answer_no_more_time_to_come() -> None:
    state, _ = play(WAKE, e.SpeechEnded(4.0, utterance()))
    for at in range(5, 64, 2):
        state, _ = play(e.NearEndSuspected(at, 96_000), e.NearEndGone(at + 0.5), state=state)
    assert (state.phase, state.due) == (Phase.THINKING, 64.0)


@pytest.mark.parametrize(
    "order", [e.SayRequested(0.5, "x"), e.AskRequested(0.5, "x"), e.ListenRequested(0.5, 1)]
)
def test_an_order_while_it_starts_is_refused_with_a_reason(order: Event) -> None:
    assert step(State(), order) == (State(), [])
    assert "starting" in refusal(State(), order)
    assert refusal(step(State(), e.Ready(1.0))[0], order) == ""


def test_listening_that_was_ordered_in_vain_is_refused_with_a_reason() -> None:
    order = e.ListenRequested(7.0, 1)
    busy, _ = play(*speaking())
    assert "busy" in refusal(busy, order)
    muted, _ = play(e.MuteRequested(1.0, True))
    assert "muted" in refusal(muted, order)
    assert step(muted, order)[1] == [e.Chime("muted")]
