"""Broken parts: a set beside the phase, and which of them people are told of, once.

A chat model or a recogniser that does not work is told of when somebody asks. Where nobody can be heard
asking (no microphone, no front end), or where it would show only after the next restart (a full disk), it
is announced.
"""

from __future__ import annotations

from dataclasses import replace

from hearthd.common.parts import TOLD, Part
from hearthd.dialogue.events import Chime, Command, Tell
from hearthd.dialogue.state import State

TELL_SECONDS = 5.0
"""So long must a part be broken first: a sound server that restarts takes 2 s, a loose plug no longer."""


def failed(state: State, at: float, part: Part) -> State:
    """``part`` is broken (again, perhaps)."""
    broken = replace(state, faults=state.faults | {part})
    if part not in TOLD or part in state.faults:
        return broken
    tell_at = at + TELL_SECONDS if state.tell_at is None else state.tell_at
    return replace(broken, untold=state.untold | {part}, tell_at=tell_at)


def recovered(state: State, at: float, part: Part) -> tuple[State, list[Command]]:
    """``part`` works. Whoever was told that nothing is heard hears a chime when that is over."""
    hears_again = part in (Part.MICROPHONE, Part.FRONT_END) and part in state.faults - state.untold
    untold = state.untold - {part}
    tell_at = state.tell_at if untold else None
    if untold and part == Part.LOUDSPEAKER and tell_at is None:
        tell_at = at + TELL_SECONDS
    works = replace(state, faults=state.faults - {part}, untold=untold, tell_at=tell_at)
    return works, [Chime("unmuted")] if hears_again else []


def tell(state: State) -> tuple[State, list[Command]]:
    """It is time to tell; without a speaker, it is not before that is back."""
    if Part.LOUDSPEAKER in state.faults:
        return replace(state, tell_at=None), []
    commands: list[Command] = [Tell(part) for part in sorted(state.untold)]
    return replace(state, untold=frozenset(), tell_at=None), commands
