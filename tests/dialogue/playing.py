"""Lets events happen to the dialogue, one after the other."""

from __future__ import annotations

from hearthd.dialogue import events as e
from hearthd.dialogue.events import Command, Event
from hearthd.dialogue.machine import step
from hearthd.dialogue.state import State


def play(*events: Event, state: State | None = None) -> tuple[State, list[Command]]:
    """The state after ``events``, and every command on the way. Begins with a speaker that is ready."""
    state = state or step(State(), e.Ready(0.0))[0]
    commands: list[Command] = []
    for event in events:
        state, more = step(state, event)
        commands += more
    return state, commands
