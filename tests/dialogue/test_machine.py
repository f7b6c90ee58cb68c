"""The speaker's behaviour, event by event, and what must hold whatever happens."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from hearthd.dialogue import events as e
from hearthd.dialogue.events import Command, Ended, Event, Origin
from hearthd.dialogue.machine import MAX_ANNOUNCEMENTS, ruled, step
from hearthd.dialogue.state import Phase, Rules, State
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


def test_speech_that_ended_before_this_listening_is_old_news() -> None:
    old = e.Utterance(0, 20_000, 16_000, 1.0)
    state, commands = play(WAKE, e.SpeechEnded(2.0, old))
    assert state.phase is Phase.LISTENING
    assert not any(isinstance(c, e.Answer) for c in commands)


def test_a_whole_turn_ends_in_a_follow_up_window() -> None:
    state, commands = play(*speaking(), e.ReplyHeard(9.0, 1))
    assert state.phase is Phase.FOLLOW_UP
    assert ends(commands) == [(1, Ended.COMPLETED)]
    assert commands[-1] == e.ListenAfterReply(4.0)


def test_a_question_leaves_the_window_open_longer() -> None:
    _, commands = play(*speaking(), e.ReplyHeard(9.0, 1, asks=True))
    assert commands[-1] == e.ListenAfterReply(8.0)


def test_an_answer_in_the_window_needs_no_wake_word() -> None:
    state, commands = play(*speaking(), e.ReplyHeard(9.0, 1), e.SpeechStarted(10.0, 90_000))
    assert state.phase is Phase.LISTENING
    assert commands[-1] == e.OpenTurn(2, Origin.FOLLOW_UP)
    state, commands = step(state, e.SpeechEnded(12.0, utterance(150_000)))
    assert state.phase is Phase.THINKING
    assert commands[0] == e.Answer(2, utterance(150_000))


def test_a_conversation_ends_by_itself() -> None:
    state, _ = play(*speaking(), e.ReplyHeard(9.0, 1), e.NothingSaid(13.0))
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
    assert (state.phase, commands) == (Phase.SPEAKING, [e.Resume(1), e.WatchNearEnd(False)])
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
    assert commands[-3] == e.ReadMicrophone(False)
    assert state.phase is Phase.MUTED
    assert play(replace(WAKE, at=7.0), state=state) == (state, [])
    state, commands = step(state, e.MuteRequested(8.0, False))
    assert (state.phase, commands[0]) == (Phase.IDLE, e.ReadMicrophone(True))


def test_a_muted_speaker_still_speaks_when_told_to() -> None:
    muted = step(State(muted=True), e.Ready(0.0))[0]
    state, commands = play(
        e.SayRequested(1.0, "dinner"), e.ReplyAudible(1.2, 1), e.ReplyHeard(2.0, 1), state=muted
    )
    assert state.phase is Phase.MUTED
    assert e.Speak(1, "dinner") in commands
    assert not any(isinstance(c, e.WatchNearEnd) and c.on for c in commands)


def test_an_announcement_waits_for_the_turn_and_takes_the_place_of_the_follow_up() -> None:
    state, commands = play(*speaking(), e.AnnounceRequested(6.0, "the door"))
    assert state.phase is Phase.SPEAKING
    state, commands = step(state, e.ReplyHeard(9.0, 1))
    assert ends(commands) == [(1, Ended.COMPLETED)]
    assert commands[-3:-1] == [e.Chime("announce"), e.Speak(2, "the door")]
    state, commands = play(e.ReplyAudible(9.5, 2), e.ReplyHeard(11.0, 2), state=state)
    assert state.phase is Phase.IDLE


def test_stop_drops_the_announcements_that_wait() -> None:
    state, _ = play(*speaking(), e.AnnounceRequested(6.0, "a"), e.StopRequested(7.0))
    assert (state.phase, state.announcements) == (Phase.IDLE, ())


def test_a_flood_of_announcements_is_bounded() -> None:
    state, _ = play(*speaking(), *(e.AnnounceRequested(6.0, str(n)) for n in range(100)))
    assert len(state.announcements) == MAX_ANNOUNCEMENTS


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


# --- whatever happens ---------------------------------------------------------------------------


def random_event(rng: random.Random, at: float, turn: int) -> Event:
    """Any event there is, with values near what the state expects and far from it."""
    turn_id = turn if rng.random() < 0.7 else rng.randrange(-1, turn + 2)
    sample = rng.randrange(0, 10**7)
    words = e.Utterance(sample, sample + 9_000, sample + 8_000, at)
    return rng.choice(
        [
            lambda: e.Ready(at),
            lambda: e.Tick(at),
            lambda: e.Tick(at + 1000.0),
            lambda: e.Wake(at, "hey_jarvis", rng.random(), sample, sample + 1),
            lambda: e.SpeechStarted(at, sample),
            lambda: e.SpeechPaused(at, words),
            lambda: e.SpeechResumed(at),
            lambda: e.SpeechEnded(at, words),
            lambda: e.NothingSaid(at),
            lambda: e.NearEndSuspected(at, sample),
            lambda: e.NearEndShort(at, sample, sample + 8_000),
            lambda: e.NearEndCertain(at, sample),
            lambda: e.NearEndGone(at),
            lambda: e.StopWord(at),
            lambda: e.OnlyWakeWordHeard(at, turn_id, sample),
            lambda: e.ReplyAudible(at, turn_id),
            lambda: e.ReplyHeard(at, turn_id, rng.random() < 0.5),
            lambda: e.TurnOver(at, turn_id, rng.choice(list(Ended))),
            lambda: e.StopRequested(at),
            lambda: e.ListenRequested(at, sample),
            lambda: e.MuteRequested(at, rng.random() < 0.3),
            lambda: e.SayRequested(at, "x"),
            lambda: e.AskRequested(at, "x"),
            lambda: e.AnnounceRequested(at, "x"),
            lambda: e.PartFailed(at, rng.choice(["microphone", "speaker", "store", "mqtt", "echo"])),
            lambda: e.PartRecovered(at, rng.choice(["microphone", "speaker", "store", "mqtt", "echo"])),
        ]
    )()


WITH_A_TURN = {Phase.LISTENING, Phase.THINKING, Phase.SPEAKING, Phase.HELD}


def check_sequence(seed: int) -> None:
    """One random life: no event raises, one turn at most, every turn ends once, nothing is stuck."""
    rng = random.Random(seed)
    state = State(rules=Rules(barge_in=rng.choice(["speech", "wake_word", "off"])), muted=rng.random() < 0.1)
    opened: list[int] = []
    ended: dict[int, Ended] = {}
    reading = False
    held = False
    at = 0.0
    for _ in range(rng.randrange(5, 40)):
        at += rng.random() * 3
        event = e.Ready(at) if rng.random() < 0.1 else random_event(rng, at, state.turn_id)
        if rng.random() < 0.05:  # the owner changes the rules
            state, commands = ruled(state, at, Rules(barge_in=rng.choice(["speech", "wake_word", "off"])))
        else:
            state, commands = step(state, event)
        for command in commands:
            match command:
                case e.OpenTurn(turn_id=turn_id):
                    assert len(opened) == len(ended), "a turn was opened while another was live"
                    opened.append(turn_id)
                case e.EndTurn(turn_id=turn_id, ended=why):
                    assert turn_id == opened[-1]
                    assert turn_id not in ended, "a turn ended twice"
                    ended[turn_id] = why
                    held = False
                case e.Speculate() | e.Retract() | e.Answer() | e.AnswerText() | e.Speak() | e.JudgeWords():
                    assert command.turn_id == opened[-1]
                    assert command.turn_id not in ended, "work for a turn that is over"
                case e.Hold():
                    assert not held
                    held = True
                case e.Resume():
                    assert held
                    held = False
                case e.ReadMicrophone(on=on):
                    reading = on
        assert (state.turn_id != 0) == (state.phase in WITH_A_TURN)
        assert (state.turn_id != 0) == (len(opened) != len(ended))
        assert held == (state.phase is Phase.HELD)
        assert state.untold <= state.faults
        assert state.phase is Phase.STARTING or reading != state.muted
        assert state.phase is not Phase.IDLE or not state.muted
        if state.phase in WITH_A_TURN | {Phase.FOLLOW_UP} and state.phase is not Phase.SPEAKING:
            assert state.deadline is not None, "nothing would ever end this"
    # let every deadline pass: it comes to rest
    if state.phase is Phase.STARTING:
        return
    for _ in range(2 * MAX_ANNOUNCEMENTS + 4):
        at += 2000.0
        over = e.ReplyHeard(at, state.turn_id) if state.phase is Phase.SPEAKING else e.Tick(at)
        state, commands = step(state, over)
    assert state.phase in (Phase.IDLE, Phase.MUTED)
    assert not state.untold or "speaker" in state.faults, "somebody should have been told"


def test_no_sequence_of_events_breaks_it() -> None:
    """``python -m tests.bench sequences`` checks two hundred thousand others."""
    for seed in range(20_000):
        check_sequence(seed)
