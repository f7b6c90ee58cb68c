"""What must hold whatever happens to the speaker."""

from __future__ import annotations

import random

import pytest

from hearthd.dialogue import events as e
from hearthd.dialogue import ring_events as r
from hearthd.dialogue.events import Command, Ended, Event
from hearthd.dialogue.machine import ruled, step
from hearthd.dialogue.refusal import refusal
from hearthd.dialogue.state import MAX_ANNOUNCEMENTS, Phase, Quiet, Rules, State

pytestmark = pytest.mark.unit


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
            lambda: e.Tick(at + 1000.0, at + 990.0),
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
            lambda: e.BrokenOff(at, turn_id),
            lambda: e.ReplyAudible(at, turn_id),
            lambda: e.ReplyPlayed(at, turn_id, rng.random() < 0.5),
            lambda: e.TurnOver(at, turn_id, rng.choice(list(Ended))),
            lambda: r.RingDue(at, rng.choice(ALERTS)),
            lambda: r.RingDue(at, rng.choice(ALERTS)),
            lambda: r.RingGone(at, rng.choice(ALERTS)),
            lambda: r.RingSaid(at, turn_id + rng.randrange(3)),
            lambda: r.SnoozeRequested(at),
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


ALERTS = "abcde"
ORDERS = (e.SayRequested, e.AskRequested, e.ListenRequested, e.AnnounceRequested)
WITH_A_TURN = {Phase.LISTENING, Phase.THINKING, Phase.SPEAKING, Phase.HELD}


class Outside:
    """What the commands do to the rest of the speaker: what begins must end, and in the right order."""

    def __init__(self) -> None:
        self.opened: list[int] = []
        self.ended: set[int] = set()
        self.reading = self.held = False
        self.listening = self.watching = False
        self.sounding = 0
        """The number of the ring that sounds."""
        self.numbers = 0
        self.ducked = False
        self.due: set[str] = set()
        """Alerts that are to ring, and whose ring is not over."""

    def hear(self, event: Event) -> None:
        """The front end end a listening by themselves, and tell."""
        if isinstance(event, e.SpeechEnded | e.NothingSaid):
            self.listening = False
        elif isinstance(event, r.RingDue):
            self.due.add(event.alert_id)
        elif isinstance(event, r.RingGone):
            self.due.discard(event.alert_id)

    def obey(self, command: Command) -> None:
        match command:
            case e.OpenTurn(turn_id=turn_id):
                assert len(self.opened) == len(self.ended), "a turn was opened while another was live"
                assert not self.sounding, "it talks and rings at once"
                self.count(turn_id)
                self.opened.append(turn_id)
            case e.EndTurn(turn_id=turn_id):
                assert turn_id == self.opened[-1]
                assert turn_id not in self.ended, "a turn ended twice"
                self.ended.add(turn_id)
                self.held = False
            case r.Ring(number=number, alert_id=alert_id):
                assert len(self.opened) == len(self.ended), "it rings and talks at once"
                assert not self.sounding, "it rings twice at once"
                assert alert_id in self.due
                self.count(number)
                self.sounding = number
            case r.Silence(number=number):
                assert number == self.sounding
                self.sounding, self.held, self.ducked = 0, False, False
            case r.Duck(on=on):
                assert self.ducked != on
                self.ducked = on
            case r.RingOver(alert_id=alert_id):
                self.due.remove(alert_id)
            case e.JudgeWords(over_ring=True):
                assert command.turn_id == self.sounding
            case e.Speculate() | e.Retract() | e.Answer() | e.AnswerText() | e.Speak() | e.JudgeWords():
                assert command.turn_id == self.opened[-1]
                assert command.turn_id not in self.ended, "work for a turn that is over"
            case e.Hold():
                assert not self.held
                self.held = True
            case e.Resume():
                assert self.held
                self.held = False
            case e.ReadMicrophone(on=on):
                self.reading = on
            case e.Listen() | e.ListenAfterReply():
                self.listening = True
            case e.StopListening():
                self.listening = False
            case e.WatchNearEnd(on=on):
                assert on or self.watching, "a watch ends that had not begun"
                self.watching = on

    def count(self, number: int) -> None:
        """Turns and rings are numbered upwards: what sounds of one is never taken for another's."""
        assert number > self.numbers
        self.numbers = number

    def check(self, before: State, state: State) -> None:
        """What must be true of the rest of the speaker after every step."""
        assert (state.turn_id != 0) == (state.phase in WITH_A_TURN)
        assert (state.turn_id != 0) == (len(self.opened) != len(self.ended))
        assert self.held == (state.phase is Phase.HELD or state.quiet in (Quiet.HELD, Quiet.HEARD))
        assert self.ducked == (state.quiet is Quiet.DUCKED)
        assert (self.sounding != 0) == (state.phase is Phase.RINGING)
        waiting = [one.alert_id for one in (*state.rings, *([state.ringing] if state.ringing else []))]
        assert len(waiting) == len(set(waiting)), "an alert rings twice"
        assert set(waiting) == self.due, "an alert was lost, or rings after its end"
        assert not state.rings or state.phase not in (Phase.IDLE, Phase.MUTED, Phase.FOLLOW_UP)
        assert not state.rings or state.phase is Phase.STARTING or state.due is not None
        assert self.watching == state.watches, "the near end is watched where nobody can talk over anything"
        assert state.listens or not self.listening, "the front end listen to nobody"
        assert before.listens or not state.listens or self.listening, "it waits for words nobody listens to"
        assert state.untold <= state.faults
        assert state.phase is Phase.STARTING or self.reading != state.muted
        assert state.phase is not Phase.IDLE or not state.muted
        if state.phase in WITH_A_TURN | {Phase.FOLLOW_UP, Phase.RINGING}:
            assert state.deadline is not None, "nothing would ever end this"


def check_sequence(seed: int) -> None:
    """One random life: no event raises, one turn at most, every turn ends once, nothing is stuck."""
    rng = random.Random(seed)
    state = State(rules=Rules(barge_in=rng.choice(["speech", "wake_word", "off"])), muted=rng.random() < 0.1)
    outside = Outside()
    at = 0.0
    for _ in range(rng.randrange(5, 40)):
        at += rng.random() * 3
        event = e.Ready(at) if rng.random() < 0.1 else random_event(rng, at, state.turn_id)
        before = state
        if rng.random() < 0.05:  # the owner changes the rules
            state, commands = ruled(state, at, Rules(barge_in=rng.choice(["speech", "wake_word", "off"])))
        else:
            outside.hear(event)
            state, commands = step(state, event)
            done = any(not isinstance(command, e.Chime) for command in commands) or state != before
            assert not isinstance(event, ORDERS) or done == (refusal(before, event) == "")
        for command in commands:
            outside.obey(command)
        outside.check(before, state)
    # let every deadline pass: it comes to rest
    if state.phase is Phase.STARTING:
        return
    for _ in range(2 * MAX_ANNOUNCEMENTS + 2 * len(ALERTS) + 4):
        at += 2000.0
        state, commands = step(state, e.Tick(at))
        for command in commands:
            outside.obey(command)
    assert state.phase in (Phase.IDLE, Phase.MUTED)
    assert not outside.due, "something is due and never rang"
    assert not state.untold or "speaker" in state.faults, "somebody should have been told"


@pytest.mark.no_cover
@pytest.mark.parametrize("sequences", [2_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_no_sequence_of_events_breaks_it(sequences: int) -> None:
    """``python -m tests.bench sequences`` checks two hundred thousand others."""
    for seed in range(sequences):
        check_sequence(seed)
