"""The whole behaviour of the speaker: ``step(state, event) -> (state, commands)``.

No I/O, no clock, no threads: time comes with the event, and everything that has to be done leaves as
a command. What a phase does not mention, it ignores. At most one turn is live, and every turn opened
by ``OpenTurn`` is closed by exactly one ``EndTurn``.

    STARTING ──Ready──► IDLE ◄──► MUTED
    IDLE ──Wake──► LISTENING ──SpeechEnded──► THINKING ──ReplyAudible──► SPEAKING
    SPEAKING ──NearEndSuspected──► HELD ──NearEndGone──► SPEAKING
    HELD ──NearEndCertain──► LISTENING (the next turn)
    SPEAKING ──ReplyPlayed──► FOLLOW_UP ──SpeechStarted──► LISTENING, else ──NothingSaid──► IDLE
    IDLE, MUTED, FOLLOW_UP ──RingDue──► RINGING (``ringing``)

Broken parts are a set beside the phase (``faults``): a dead broker must not stop it listening. Which orders
come to nothing, ``refusal`` says beforehand.
"""

from __future__ import annotations

from dataclasses import replace

from hearthd.common.audio import SAMPLE_RATE
from hearthd.common.parts import Part
from hearthd.dialogue import events as e
from hearthd.dialogue import faults, ringing
from hearthd.dialogue import ring_events as r
from hearthd.dialogue.events import Command, Ended, Event, Origin
from hearthd.dialogue.ringing import Step
from hearthd.dialogue.state import MAX_ANNOUNCEMENTS, Phase, Rules, State
from hearthd.dialogue.transitions import (
    BACKSTOP_SECONDS,
    close_turn,
    end_turn,
    listen,
    listening_deadline,
    open_turn,
    rest,
    speak,
    then_rest,
    think,
    without_turn,
)
from hearthd.turn_taking.unfinished import WAIT_SECONDS

MOST_HOLDS = 4
"""So many times ``hold_seconds`` a reply is held at most, however often somebody seems to talk over it: who
does not get a word out in 12 s is a television."""

GOES_ON_SAMPLES = SAMPLE_RATE
"""Who speaks again within a second of the endpoint goes on with the question. An answer is hardly begun by
then; who interrupts it has heard more of it."""
UNANSWERED_SAMPLES = 10 * SAMPLE_RATE
"""The same while nothing of an answer was heard: a slow machine thinks for longer, and the words so far, the
wake word among them, may not even be known."""


def step(state: State, event: Event) -> Step:
    """What the speaker becomes, and what it does, when ``event`` happens."""
    if isinstance(event, e.TurnEvent) and event.turn_id != state.turn_id:
        return state, []
    after, commands = _decide(state, event)
    after = ringing.patient(after, event.at)
    return after, _with_front_end(state, after, commands, ended=isinstance(event, e.SpeechEnded))


def _decide(state: State, event: Event) -> Step:
    match event:
        case e.PartFailed() | e.PartRecovered():
            return _part(state, event)
        case e.MuteRequested(on=on):
            return _mute(state, event.at, on)
        case e.StopRequested():
            return _stop(state, event)
        case r.RingDue(alert_id=alert_id):
            return _ring_due(ringing.queued(state, alert_id), event.at)
        case r.RingGone(alert_id=alert_id):
            after, commands = ringing.gone(state, alert_id)
            return (after, commands) if after.phase is state.phase else then_rest(after, event.at, commands)
        case e.AnnounceRequested(text=text, clip=clip):
            return _announce(state, event.at, text, clip)
        case e.SayRequested(text=text) if state.phase is not Phase.STARTING:
            return _replace_turn(state, event.at, Origin.SAY, text)
        case e.AskRequested(text=text) if state.phase is not Phase.STARTING:
            return _replace_turn(state, event.at, Origin.ASK, text)
        case e.Tick():
            return _tick(state, event)
    return _BY_PHASE[state.phase](state, event)


def ruled(state: State, at: float, rules: Rules) -> Step:
    """The owner has changed the rules: what goes on at present follows them at once."""
    going_on, resumed = _held_no_longer(replace(state, rules=rules), at)
    return going_on, _with_front_end(state, going_on, resumed)


def _with_front_end(
    before: State, after: State, commands: list[Command], *, ended: bool = False
) -> list[Command]:
    """``commands``, and what the front end must begin or leave off because the state is another.

    It follows from the two states alone, so that nothing which begins can be forgotten to end. ``ended``:
    the front end has come to the end of the words by themselves.
    """
    off: list[Command] = []
    if before.listens and not after.listens and not ended:
        off.append(e.StopListening())
    if before.watches and not after.watches:
        off.append(e.WatchNearEnd(False))
    anew = after.watches and (not before.watches or after.turn_id != before.turn_id)
    watch = e.WatchNearEnd(True, over_ring=after.ringing is not None)
    return [*off, *commands, *([watch] if anew else [])]


# --- one function a phase -----------------------------------------------------------------------


def _starting(state: State, event: Event) -> Step:
    if not isinstance(event, e.Ready):
        return state, []
    rested, commands = rest(state, event.at)
    listens: list[Command] = [e.Chime("unmuted")] if event.after_crash and not state.muted else []
    return rested, [e.ReadMicrophone(on=not state.muted), *listens, *commands]


def _idle(state: State, event: Event) -> Step:
    match event:
        case e.Wake():
            return _woken(state, event)
        case e.ListenRequested(sample=sample):
            opened, turn = open_turn(state, Origin.LISTEN)
            listening, commands = listen(opened, event.at, sample, sample)
            return listening, [turn, e.Chime("wake"), *commands]
    return state, []


def _muted(state: State, event: Event) -> Step:
    if isinstance(event, e.ListenRequested):
        return state, [e.Chime("muted")]
    return state, []


def _listening(state: State, event: Event) -> Step:
    match event:
        case e.SpeechPaused(utterance=utterance) if utterance.speech_end >= state.listening_from:
            return state, [e.Speculate(state.turn_id, utterance)]
        case e.SpeechResumed():
            return state, [e.Retract(state.turn_id)]
        case e.SpeechEnded(utterance=utterance) if utterance.speech_end >= state.listening_from:
            begun = utterance.start if state.question_from is None else state.question_from
            asked = replace(state, question_from=begun, question_until=utterance.end)
            return think(asked, event.at), [e.Answer(state.turn_id, utterance)]
        case e.BrokenOff():
            return state, [e.WaitLonger(WAIT_SECONDS)]
        case e.NothingSaid():
            return end_turn(state, event.at, Ended.NO_SPEECH)
        case e.Wake():  # said again: what was said before it does not count
            listening, commands = listen(state, event.at, event.end, event.start)
            return listening, [e.Retract(state.turn_id), e.Chime("wake"), *commands]
        case e.TurnOver(ended=ended, told=told):
            return end_turn(state, event.at, ended, told)
    return state, []


def _thinking(state: State, event: Event) -> Step:
    match event:
        case e.OnlyWakeWordHeard(sample=sample):
            return listen(replace(state, question_from=None), event.at, sample, sample)
        case e.ReplyAudible():
            return replace(state, phase=Phase.SPEAKING, deadline=event.at + state.rules.quiet_seconds), []
        case e.ReplyPlayed():
            return _played_out(state, event)
        case e.TurnOver(ended=ended, told=told):
            return end_turn(state, event.at, ended, told)
    return _talked_over(state, event)


def _speaking(state: State, event: Event) -> Step:
    match event:
        case e.ReplyPlayed():
            return _played_out(state, event)
        case e.TurnOver(ended=ended, told=told):
            return end_turn(state, event.at, ended, told)
    return _talked_over(state, event)


def _held(state: State, event: Event) -> Step:
    match event:
        case e.NearEndGone():
            return _resume(state, event.at)
        case e.NearEndSuspected():
            return _hold_on(state, event.at), []
        case e.NearEndShort(start=start, end=end):
            return _hold_on(state, event.at), [e.JudgeWords(state.turn_id, start, end)]
        case e.ReplyAudible():
            return replace(state, held_phase=Phase.SPEAKING), []
        case e.ReplyPlayed():
            return _played_out(state, event)
        case e.TurnOver(ended=ended, told=told):
            return end_turn(state, event.at, ended, told)
    return _talked_over(state, event)


def _follow_up(state: State, event: Event) -> Step:
    match event:
        case e.SpeechStarted(sample=sample):
            opened, turn = open_turn(replace(state, listening_from=sample), Origin.FOLLOW_UP)
            return replace(opened, phase=Phase.LISTENING, deadline=listening_deadline(state, event.at)), [
                turn
            ]
        case e.NothingSaid():
            return rest(state, event.at)
        case e.Wake() | e.ListenRequested():
            return _idle(state, event)
    return state, []


def _ringing(state: State, event: Event) -> Step:
    after, commands = ringing.step(state, event)
    if after.ringing is not None:
        return after, commands
    if isinstance(event, e.Wake | e.ListenRequested) and not state.muted:
        listening, more = _idle(after, event)
        return listening, [*commands, *more]
    return then_rest(after, event.at, commands)


_BY_PHASE = {
    Phase.STARTING: _starting,
    Phase.IDLE: _idle,
    Phase.LISTENING: _listening,
    Phase.THINKING: _thinking,
    Phase.SPEAKING: _speaking,
    Phase.HELD: _held,
    Phase.FOLLOW_UP: _follow_up,
    Phase.MUTED: _muted,
    Phase.RINGING: _ringing,
}


# --- what several phases share ------------------------------------------------------------------


def _talked_over(state: State, event: Event) -> Step:
    """Somebody speaks, or wakes it, while it thinks or talks (THINKING, SPEAKING, HELD)."""
    mode = state.barge_in
    if state.muted or mode == "off":
        return state, []
    match event:
        case e.Wake():
            ended = close_turn(state, Ended.BARGE_IN)
            woken, commands = _woken(without_turn(state), event)
            return woken, [*ended, *commands]
        case e.StopWord():
            return _stop(state, event)
        case e.NearEndCertain(sample=sample) if mode == "speech":
            ended = close_turn(state, Ended.BARGE_IN)
            first_half = state.question_from if _goes_on(state, sample) else None
            opened, turn = open_turn(without_turn(state), Origin.BARGE_IN, goes_on_from=first_half)
            listening, commands = listen(opened, event.at, sample, sample)
            return listening, [*ended, turn, *commands]
        case e.NearEndSuspected() if mode == "speech":
            until = event.at + MOST_HOLDS * state.rules.hold_seconds
            held = replace(state, phase=Phase.HELD, held_phase=state.phase, held_until=until)
            return _hold_on(held, event.at), [e.Hold(state.turn_id)]
        case e.NearEndShort(start=start, end=end):  # the reply was not held for it: it may still be "stop"
            return state, [e.JudgeWords(state.turn_id, start, end, only_stop=True)]
    return state, []


def _goes_on(state: State, sample: int) -> bool:
    """Whether who speaks from ``sample`` on had only paused when their question was taken to be whole."""
    if state.question_until is None:
        return False
    phase = state.held_phase if state.phase is Phase.HELD else state.phase
    within = UNANSWERED_SAMPLES if phase is Phase.THINKING else GOES_ON_SAMPLES
    return sample <= state.question_until + within


def _woken(state: State, wake: e.Wake) -> Step:
    if state.muted:
        return state, []
    opened, turn = open_turn(state, Origin.WAKE, wake)
    listening, commands = listen(opened, wake.at, wake.end, wake.start)
    return listening, [turn, e.Chime("wake"), *commands]


def _replace_turn(state: State, at: float, origin: Origin, text: str) -> Step:
    """Say or ask: now, whatever goes on."""
    ended = close_turn(state, Ended.STOPPED)
    if state.ringing is not None:
        state, ended = ringing.put_off(state)
    speaking, commands = speak(without_turn(state), at, origin, text)
    return speaking, [*ended, *commands]


def _announce(state: State, at: float, text: str, clip: int) -> Step:
    if state.phase in (Phase.IDLE, Phase.MUTED, Phase.FOLLOW_UP):
        return speak(state, at, Origin.ANNOUNCE, text, clip)
    if len(state.announcements) >= MAX_ANNOUNCEMENTS:
        return state, []
    return replace(state, announcements=(*state.announcements, (text, clip))), []


def _played_out(state: State, event: e.ReplyPlayed) -> Step:
    """The reply has finished sounding: the person may answer back without the wake word."""
    seconds = state.rules.question_seconds if event.asks else state.rules.follow_up_seconds
    conversation = state.origin not in (Origin.SAY, Origin.ANNOUNCE)
    deaf = state.muted or Part.MICROPHONE in state.faults
    waits = state.announcements or state.rings
    if deaf or waits or not conversation or not seconds:
        return end_turn(state, event.at, Ended.COMPLETED)
    commands = [*close_turn(state, Ended.COMPLETED), e.ListenAfterReply(seconds)]
    waiting = replace(
        without_turn(state), phase=Phase.FOLLOW_UP, deadline=event.at + seconds + BACKSTOP_SECONDS
    )
    return waiting, commands


def _hold_on(state: State, at: float) -> State:
    """Somebody may be talking still: that keeps the reply waiting, but not for ever."""
    return replace(state, deadline=min(at + state.rules.hold_seconds, state.held_until))


def _resume(state: State, at: float) -> Step:
    thinks = state.held_phase is Phase.THINKING
    deadline = state.answer_by if thinks else at + state.rules.quiet_seconds
    return replace(state, phase=state.held_phase, deadline=deadline), [e.Resume(state.turn_id)]


def _stop(state: State, event: Event) -> Step:
    """Silence, now. Nothing that waited for the turn is spoken either; what is due and unheard rings."""
    if state.ringing is not None:
        return _ringing(state, event)
    if not state.turn_id and state.phase is not Phase.FOLLOW_UP:
        return replace(state, announcements=()), []
    return then_rest(replace(state, announcements=()), event.at, close_turn(state, Ended.STOPPED))


def _ring_due(state: State, at: float) -> Step:
    """It rings at once where nothing goes on, else when the turn has ended; a chime tells of it."""
    if state.phase in (Phase.IDLE, Phase.MUTED, Phase.FOLLOW_UP):
        return rest(state, at)
    talks = state.phase in (Phase.THINKING, Phase.SPEAKING, Phase.HELD)
    return state, [e.Chime("due")] if talks else []


def _mute(state: State, at: float, on: bool) -> Step:
    if on == state.muted:
        return state, []
    muted = replace(state, muted=on)
    if state.phase is Phase.STARTING:
        return muted, []
    if on and state.ringing is not None:  # a microphone is closed; an alarm is to be heard
        loud, commands = ringing.loud(muted, at)
        return loud, [e.ReadMicrophone(False), *commands]
    if on:
        silent, commands = _stop(muted, e.StopRequested(at))
        if silent.phase is Phase.IDLE:
            silent = replace(silent, phase=Phase.MUTED)
        return silent, [e.ReadMicrophone(False), *commands]
    phase = Phase.IDLE if state.phase is Phase.MUTED else state.phase
    return replace(muted, phase=phase), [e.ReadMicrophone(True), e.Chime("unmuted")]


def _part(state: State, event: e.PartFailed | e.PartRecovered) -> Step:
    if isinstance(event, e.PartRecovered):
        return faults.recovered(state, event.at, event.part)
    faulty = faults.failed(state, event.at, event.part)
    if event.part == Part.MICROPHONE and state.phase in (Phase.LISTENING, Phase.FOLLOW_UP):
        return end_turn(faulty, event.at, Ended.ERROR)
    return _held_no_longer(faulty, event.at)


def _held_no_longer(state: State, at: float) -> Step:
    """Go on speaking if speech may not interrupt any more."""
    return _resume(state, at) if state.phase is Phase.HELD and state.barge_in != "speech" else (state, [])


def _tick(state: State, tick: e.Tick) -> Step:
    """A deadline that has passed: the backstop of each phase, or the time to tell what is broken."""
    at = tick.at
    if state.tell_at is not None and at >= state.tell_at:
        return faults.tell(state)
    if state.phase is Phase.RINGING:
        return _ringing(state, tick)
    if state.ring_by is not None and at >= state.ring_by:
        if state.phase is not Phase.LISTENING:
            return end_turn(state, at, Ended.STOPPED)
        state = replace(state, ring_by=at + ringing.LISTENING_SECONDS)
    if state.deadline is None or at < state.deadline:
        return state, []
    if state.phase is Phase.HELD:
        return _resume(state, at)
    if state.phase is Phase.FOLLOW_UP:
        return rest(state, at)
    if state.phase is Phase.SPEAKING and tick.sounded_at is not None:
        quiet_at = tick.sounded_at + state.rules.quiet_seconds
        if quiet_at > at:  # it sounded since: look again then
            return replace(state, deadline=quiet_at), []
    return end_turn(state, at, Ended.TIMEOUT)
