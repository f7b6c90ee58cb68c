"""The phase RINGING: one alert sounds, others wait for their turn, none is lost.

    IDLE, MUTED, FOLLOW_UP ──RingDue──► RINGING ──stop, wake word, time──► the next one, or at rest
    a turn ──RingDue──► when that ends, or after PATIENCE_SECONDS ──► RINGING

Stopped (or snoozed) is what people have heard: the one that sounds, and those that have sounded before it and
wait for another turn. What nobody has heard yet rings next.

Pure, like ``machine``, which alone decides what comes after a ring.
"""

from __future__ import annotations

from dataclasses import replace

from hearthd.common.parts import Part
from hearthd.dialogue import events as e
from hearthd.dialogue import ring_events as r
from hearthd.dialogue.events import SAMPLE_RATE, Command, Event
from hearthd.dialogue.state import DueRing, Phase, Quiet, State

SHARE_SECONDS = 12.0
"""How long one rings while others wait: two rounds of its sound with its name behind each."""
PATIENCE_SECONDS = 15.0
"""How long a ring waits for a turn to end: a few sentences more, but no egg is hard by then."""
LISTENING_SECONDS = 5.0
"""What it waits longer while a person is still speaking."""
DUCK_SECONDS = 10.0
"""How long it rings quietly for somebody who goes on speaking: longer than "five more minutes please"."""
BEFORE = SAMPLE_RATE * 3 // 10
"""Of what comes before somebody is noticed over a ring, the recogniser gets so many samples: "st" is as high
as the ring, and without it "stop the alarm" is "the alarm"."""
LOUD_SECONDS = 4.0
"""How long it rings loudly before it may be held again: a radio in the room shall not silence an alarm."""

Step = tuple[State, list[Command]]


def queued(state: State, alert_id: str) -> State:
    """``alert_id`` waits for its turn."""
    known = {one.alert_id for one in (*state.rings, *([state.ringing] if state.ringing else []))}
    if alert_id in known:
        return state
    return _timed(replace(state, rings=(*state.rings, DueRing(alert_id))))


def patient(state: State, at: float) -> State:
    """What waits for a turn to end waits from ``at`` on, and not for ever."""
    waits = bool(state.rings) and state.phase not in (Phase.RINGING, Phase.STARTING)
    if waits == (state.ring_by is not None):
        return state
    return replace(state, ring_by=at + PATIENCE_SECONDS if waits else None)


def begin(state: State, at: float) -> Step:
    """The next one that waits rings."""
    first, *others = state.rings
    number = state.next_turn_id
    until = at + state.rules.ring_seconds if first.until is None else first.until
    ringing = replace(
        state,
        phase=Phase.RINGING,
        next_turn_id=number + 1,
        rung=state.rung + 1,
        rings=tuple(others),
        ringing=replace(first, number=number, until=until),
        share_until=at + SHARE_SECONDS,
        quiet=Quiet.NO,
        quiet_until=at,
        ring_by=None,
    )
    return _timed(ringing), [r.Ring(number, first.alert_id)]


def put_off(state: State) -> Step:
    """It makes way for something that cannot wait, and rings again first."""
    assert state.ringing is not None
    waiting = (state.ringing, *state.rings)
    return _silent(replace(state, rings=waiting)), [r.Silence(state.ringing.number)]


def gone(state: State, alert_id: str) -> Step:
    """Nobody wants it to ring any more."""
    if state.ringing is not None and state.ringing.alert_id == alert_id:
        return _silent(state), [r.Silence(state.ringing.number)]
    return _timed(replace(state, rings=tuple(one for one in state.rings if one.alert_id != alert_id))), []


def over(state: State, how: r.Over, seconds: float = 0.0) -> Step:
    """The ring has ended. What was stopped or snoozed is all that has sounded."""
    assert state.ringing is not None
    everything = how in (r.Over.STOPPED, r.Over.SNOOZED)
    heard = [one for one in state.rings if one.until is not None and everything]
    rest = tuple(one for one in state.rings if one not in heard)
    ended = [r.RingOver(one.alert_id, how, seconds) for one in (state.ringing, *heard)]
    return _silent(replace(state, rings=rest)), [r.Silence(state.ringing.number), *ended]


def step(state: State, event: Event) -> Step:
    """What an event does to a ring. Without ``ringing`` in the state it is over."""
    assert state.ringing is not None
    match event:
        case e.Wake() | e.StopWord() if state.muted:
            return state, []  # heard before the microphone was closed
        case e.Wake() | e.StopWord() | e.StopRequested() | e.ListenRequested():
            return over(state, r.Over.STOPPED)
        case r.SnoozeRequested(seconds=seconds):
            return over(state, r.Over.SNOOZED, seconds)
        case r.RingSaid(number=number) if number == state.ringing.number:
            return over(state, r.Over.SAID)
        case e.Tick(at=at):
            return _tick(state, at)
    return (state, []) if state.muted else _overheard(state, event)


def loud(state: State, at: float) -> Step:
    """Nobody speaks (any more), or nobody is listened to: ring on."""
    assert state.ringing is not None
    commands: list[Command] = []
    if state.quiet in (Quiet.HELD, Quiet.HEARD):
        commands = [e.Resume(state.ringing.number)]
    elif state.quiet is Quiet.DUCKED:
        commands = [r.Duck(False)]
    return _timed(replace(state, quiet=Quiet.NO, quiet_until=at + LOUD_SECONDS)), commands


def _overheard(state: State, event: Event) -> Step:
    """Somebody speaks: the ring is silent at once, then rings on quietly, until their words are known."""
    quiet = state.quiet
    match event:
        case e.NearEndSuspected(at=at):
            return _held(state, at)
        case e.NearEndShort(at=at, start=start, end=end):
            held, commands = _held(state, at)
            return held, [*commands, _judge(state, start, end)]
        case e.NearEndCertain(at=at, sample=sample) if quiet in (Quiet.NO, Quiet.HELD):
            return _listened_to(*_held(state, at), at, sample)
        case e.SpeechPaused(at=at, utterance=words) if quiet in (Quiet.HEARD, Quiet.DUCKED):
            until = max(state.quiet_until, at + state.rules.hold_seconds)
            return _timed(replace(state, quiet_until=until)), [_judge(state, words.start, words.end)]
        case e.SpeechEnded() if quiet is Quiet.HEARD:  # what they mean is about to be known
            return _timed(replace(state, quiet=Quiet.HELD)), []
        case e.SpeechEnded(at=at) | e.NothingSaid(at=at) if quiet in (Quiet.HEARD, Quiet.DUCKED):
            return loud(state, at)
        case e.NearEndGone(at=at) if quiet in (Quiet.HELD, Quiet.HEARD):
            return loud(state, at)
    return state, []


def _held(state: State, at: float) -> Step:
    """It is silent for somebody who may be saying "stop", unless it just was."""
    assert state.ringing is not None
    if state.quiet is not Quiet.NO or at < state.quiet_until or Part.ECHO in state.faults:
        return state, []
    held = replace(state, quiet=Quiet.HELD, quiet_until=at + state.rules.hold_seconds)
    return _timed(held), [e.Hold(state.ringing.number)]


def _listened_to(state: State, commands: list[Command], at: float, sample: int) -> Step:
    """Somebody says more than a word: hear them out."""
    if Part.ECHO in state.faults:
        return state, commands
    listens = e.Listen(sample, state.rules.no_speech_seconds, max(0, sample - BEFORE))
    if state.quiet is Quiet.HELD:
        heard = replace(state, quiet=Quiet.HEARD, quiet_until=at + state.rules.hold_seconds)
        return _timed(heard), [*commands, listens]
    ducked = replace(state, quiet=Quiet.DUCKED, quiet_until=at + DUCK_SECONDS)
    return _timed(ducked), [*commands, r.Duck(True), listens]


def _judge(state: State, start: int, end: int) -> e.JudgeWords:
    assert state.ringing is not None
    number = state.ringing.number
    return e.JudgeWords(number, max(0, start - BEFORE), end, only_stop=True, over_ring=True)


def _tick(state: State, at: float) -> Step:
    assert state.ringing is not None
    assert state.ringing.until is not None
    if at >= state.ringing.until:
        return over(state, r.Over.TIMEOUT)
    if state.quiet is not Quiet.NO:
        return _quiet_no_longer(state, at) if at >= state.quiet_until else (state, [])
    if state.rings and at >= state.share_until:
        next_one, commands = begin(replace(state, rings=(*state.rings, state.ringing)), at)
        return next_one, [r.Silence(state.ringing.number), *commands]
    return state, []


def _quiet_no_longer(state: State, at: float) -> Step:
    """Whoever still speaks is rung over quietly for a while; then it is loud again."""
    assert state.ringing is not None
    if state.quiet is not Quiet.HEARD:
        return loud(state, at)
    ducked = replace(state, quiet=Quiet.DUCKED, quiet_until=at + DUCK_SECONDS)
    return _timed(ducked), [e.Resume(state.ringing.number), r.Duck(True)]


def _timed(state: State) -> State:
    """The phase's deadline, as it follows from the rest."""
    if state.ringing is None:
        return state
    assert state.ringing.until is not None
    deadline = state.ringing.until
    if state.quiet is not Quiet.NO:
        deadline = min(deadline, state.quiet_until)
    elif state.rings:
        deadline = min(deadline, state.share_until)
    return replace(state, deadline=deadline)


def _silent(state: State) -> State:
    return replace(state, ringing=None, phase=state.resting, deadline=None, quiet=Quiet.NO)
