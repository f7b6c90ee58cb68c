"""Steps that several phases share: a turn opens, goes on and ends; nothing goes on any more."""

from __future__ import annotations

from dataclasses import replace

from hearthd.dialogue import events as e
from hearthd.dialogue import ringing
from hearthd.dialogue.events import Command, Ended, Origin
from hearthd.dialogue.ringing import Step
from hearthd.dialogue.state import Phase, State

BACKSTOP_SECONDS = 5.0
"""How much longer than the front end's own limit a phase may last: reached only when the front end died."""


def open_turn(
    state: State, origin: Origin, wake: e.Wake | None = None, *, goes_on_from: int | None = None
) -> tuple[State, Command]:
    """Open a turn: the state with it, and the command. ``goes_on_from``: see ``OpenTurn``."""
    turn_id = state.next_turn_id
    opened = replace(
        state,
        turn_id=turn_id,
        origin=origin,
        next_turn_id=turn_id + 1,
        question_from=goes_on_from,
        question_until=None,
    )
    return opened, e.OpenTurn(turn_id, origin, wake, goes_on_from)


def listen(state: State, at: float, sample: int, include_from: int) -> Step:
    """Look for a person's words from ``sample`` on; the recogniser gets all from ``include_from``."""
    listening = replace(
        state, phase=Phase.LISTENING, listening_from=sample, deadline=listening_deadline(state, at)
    )
    return listening, [e.Listen(sample, state.rules.no_speech_seconds, include_from)]


def listening_deadline(state: State, at: float) -> float:
    """When listening has lasted too long."""
    return at + state.rules.no_speech_seconds + state.rules.max_speech_seconds + BACKSTOP_SECONDS


def think(state: State, at: float) -> State:
    """An answer is awaited."""
    answer_by = at + state.rules.think_seconds
    return replace(state, phase=Phase.THINKING, answer_by=answer_by, deadline=answer_by)


def close_turn(state: State, ended: Ended) -> list[Command]:
    """The command that ends the live turn, if there is one."""
    return [e.EndTurn(state.turn_id, ended)] if state.turn_id else []


def without_turn(state: State) -> State:
    """No turn is live."""
    return replace(state, turn_id=0, origin=None, deadline=None)


def rest(state: State, at: float) -> Step:
    """Nothing goes on any more: what is due rings, then the next announcement, else idle (or muted)."""
    rested = replace(without_turn(state), phase=state.resting)
    if rested.rings:
        return ringing.begin(rested, at)
    if not rested.announcements:
        return rested, []
    first, *others = rested.announcements
    return speak(replace(rested, announcements=tuple(others)), at, Origin.ANNOUNCE, *first)


def then_rest(state: State, at: float, commands: list[Command]) -> Step:
    """``commands``, and then rest."""
    rested, more = rest(state, at)
    return rested, [*commands, *more]


def end_turn(state: State, at: float, ended: Ended, told: bool = False) -> Step:
    """End the live turn and rest; a turn that failed says so with a chime, unless people were ``told``."""
    failed: list[Command] = [e.Chime("error")] if ended in (Ended.ERROR, Ended.TIMEOUT) and not told else []
    rested, commands = rest(state, at)
    return rested, [*close_turn(state, ended), *failed, *commands]


def speak(state: State, at: float, origin: Origin, text: str, clip: int = 0) -> Step:
    """Open a turn of ``origin`` that says ``text`` (or answers it, or plays a sound)."""
    opened, turn = open_turn(state, origin)
    said: Command = (
        e.AnswerText(opened.turn_id, text) if origin is Origin.ASK else e.Speak(opened.turn_id, text, clip)
    )
    chime: list[Command] = [e.Chime("announce")] if origin is Origin.ANNOUNCE else []
    return think(opened, at), [turn, *chime, said]
