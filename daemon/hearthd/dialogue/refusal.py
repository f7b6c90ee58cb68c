"""Orders that come to nothing at this moment, and why: whoever gave one shall hear of it."""

from __future__ import annotations

from hearthd.dialogue import events as e
from hearthd.dialogue.state import MAX_ANNOUNCEMENTS, Phase, State


def refusal(state: State, order: e.Event) -> str:
    """Why ``step(state, order)`` will not do what was ordered; "" if it will. Of other events always "".

    Something is still done where a person can hear the reason (a muted speaker's chime).
    """
    match order:
        case e.SayRequested() | e.AskRequested() | e.ListenRequested() if state.phase is Phase.STARTING:
            return "the speaker is still starting: try again when its state is idle"
        case e.ListenRequested() if state.phase is Phase.RINGING:
            return ""  # the button ends a ring, muted or not
        case e.ListenRequested() if state.muted:
            return "the microphone is muted: unmute it first"
        case e.ListenRequested() if state.phase not in (Phase.IDLE, Phase.FOLLOW_UP):
            return "the speaker is busy with a turn: stop it first"
        case e.AnnounceRequested() if len(state.announcements) >= MAX_ANNOUNCEMENTS:
            return f"{MAX_ANNOUNCEMENTS} announcements are waiting already"
    return ""
