"""What is remembered when a conversation begins or goes on: summary, turns since, the last two rounds.

A conversation that follows a long silence begins with what the one before it left: its summary and its
last two rounds. What lies between the two is in no summary yet (the power failed, say, before one was
made): it is handed on, to be summarised when there is time. A conversation that was begun on request
has an empty summary and so no past.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import Exchange, TurnRecord
from hearthd.history.store import Store

TURNS = 50
"""Turns of one conversation that are read back: more than any context holds."""
ROUNDS = 2
"""Rounds of the conversation before that stand in the new one: enough to say "and tomorrow?"."""
CONVERSATIONS = 4
"""How many conversations are looked through for the latest summary: a small model never made one."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What ``conversation.context.Context.restore`` is given."""

    turns: list[Exchange]
    """Oldest first."""
    summary: str
    unsummarised: list[Exchange]
    """Older turns that are in no summary, oldest first."""


def recall(store: Store, conversation_id: str, room: str = "") -> Recalled:
    """What the store knows that belongs at the beginning of a conversation's next turn in ``room``."""
    summary = store.summary(conversation_id)
    if summary is not None:
        return Recalled(_said(store.recent_turns(TURNS, conversation_id), summary[1]), summary[0], [])
    seen, older, rounds = [conversation_id], list[Exchange](), list[Exchange]()
    while summary is None and len(seen) <= CONVERSATIONS:
        earlier = store.conversation_before(seen, room)
        if not earlier:
            break
        summary = store.summary(earlier)
        turns = store.recent_turns(TURNS, earlier)
        if len(seen) == 1:
            rounds = [said for said in _said(turns) if said.spoken][-ROUNDS:]
        older = [said for said in _said(turns, summary[1] if summary else 0.0) if said not in rounds] + older
        seen.append(earlier)
    now = _said(store.recent_turns(TURNS, conversation_id))
    return Recalled([*rounds, *now], summary[0] if summary else "", older)


def _said(turns: Iterable[TurnRecord], since: float = 0.0) -> list[Exchange]:
    return [
        Exchange(turn.heard, turn.spoken, turn.ended is not Ended.COMPLETED, turn.started_at)
        for turn in turns
        if turn.started_at > since
    ]
