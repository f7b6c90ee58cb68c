"""Who answers when several rooms hear the same call: pure, like ``machine.step``.

``claim`` and ``look`` map the state of one group of rooms and what has happened to the next state and to
verdicts. A room whose claim is refused is silent: no chime, no error. The rule is that of the first capture:
whose microphone took the call up first stands nearest, and that it *arrived* first says nothing, because
Wi-Fi holds blocks back for up to 2.6 s. A measured alternative, the best signal-to-noise ratio, waits for
everybody each time (364 ms), and its winner mis-hears more often.

Nobody is waited for without a reason. Each room tells up to when it has heard (``heard_until``); a claim is
granted at once if every other room of the group has heard past its moment without claiming, and after
``PATIENCE_SECONDS`` whatever the others do. What comes later than that is a straggler and too late.

A barge-in claims as a wake word does: otherwise the room next door takes a reply, or the person who talks
over it, for its own call, and two speakers answer each other. So does speech that follows a reply.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hearthd.common.parts import ESSENTIAL, Part
from hearthd.dialogue import events as e
from hearthd.dialogue.events import Event
from hearthd.dialogue.machine import step
from hearthd.dialogue.state import Phase, State

SAME_CALL_SECONDS = 0.7
"""Captured within so long of the winner, it is the same call: two openWakeWords that hear one person notice
it up to 184 ms apart, and a second person says "Hey Jarvis" in no less than 0.6 s."""
PATIENCE_SECONDS = 0.2
"""So long a claim waits for a room whose sound is late. A satellite's block (64 ms) and an undisturbed Wi-Fi
(30 ms) are within it; a chime that comes 0.2 s late is still one at once."""
KEPT_WINNERS = 8
"""More calls than can be told apart while the slowest straggler is on its way."""
NEEDED = ESSENTIAL | {Part.LOUDSPEAKER}
"""A room without one of these cannot answer."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A room wants to answer what it heard."""

    room: str
    at: float
    """When it was captured, in seconds on the events' clock."""
    called: bool = True
    """The wake word was said. False: somebody speaks over a reply, or after one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a claim."""

    claim: Claim
    granted: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claim that may still lose against an earlier one."""

    claim: Claim
    until: float
    """When it is waited no longer."""


@dataclass(frozen=True, slots=True)
class Group:
    """One group of rooms: who won of late, and who waits."""

    winners: tuple[Claim, ...] = ()
    waiting: tuple[Waiting, ...] = ()

    @property
    def due(self) -> float | None:
        """When ``look`` must be called at the latest."""
        return min((one.until for one in self.waiting), default=None)


Step = tuple[Group, list[Verdict]]


def claim(
    group: Group, made: Claim, now: float, heard_until: Mapping[str, float], listening: frozenset[str]
) -> Step:
    """``made`` comes in at ``now``. ``listening``: rooms of the group that somebody is speaking to."""
    if not made.called and listening - {made.room}:
        return group, [Verdict(made, False)]
    waiting = (*group.waiting, Waiting(made, now + PATIENCE_SECONDS))
    return look(replace(group, waiting=waiting), now, heard_until)


def look(group: Group, now: float, heard_until: Mapping[str, float]) -> Step:
    """Decide what can be decided at ``now``.

    ``heard_until``: for each room that hears, the capture time of its latest sound; a room that is away,
    muted or does not stream is left out. The claimant's own is not looked at.
    """
    verdicts: list[Verdict] = []
    while group.waiting:
        first = min(group.waiting, key=lambda one: one.claim.at)
        if any(is_same_call(first.claim, winner) for winner in group.winners):
            group = _without(group, first)
            verdicts.append(Verdict(first.claim, False))
            continue
        behind = [room for room, until in heard_until.items() if until < first.claim.at]
        patient = now < min(one.until for one in group.waiting if _rivals(one.claim, first.claim))
        if patient and any(room != first.claim.room for room in behind):
            break
        winners = (*group.winners[1 - KEPT_WINNERS :], first.claim)
        group = replace(_without(group, first), winners=winners)
        verdicts.append(Verdict(first.claim, True))
    return group, verdicts


def is_same_call(claim: Claim, winner: Claim) -> bool:
    """Whether ``claim`` is another room that heard what ``winner`` answers."""
    return claim.room != winner.room and abs(claim.at - winner.at) <= SAME_CALL_SECONDS


def claim_of(room: str, state: State, event: Event, captured_at: float) -> Claim | None:
    """What ``event``, heard in ``room`` at ``captured_at``, claims; None: it opens nothing there.

    Where it would open something, but the room cannot serve, it must not be let happen: ``can_serve``.
    """
    if not isinstance(event, e.Wake | e.NearEndCertain | e.SpeechStarted):
        return None
    _, commands = step(state, event)
    if not any(isinstance(command, e.OpenTurn | e.Listen) for command in commands):
        return None
    return Claim(room, captured_at, called=isinstance(event, e.Wake))


def can_serve(state: State) -> bool:
    """Whether a room in ``state`` could answer."""
    return not state.muted and state.phase is not Phase.STARTING and not state.faults & NEEDED


def refused(state: State, event: Event) -> list[Event]:
    """What happens, in the room whose claim was refused, in place of ``event``."""
    if isinstance(event, e.NearEndCertain) and state.phase in (Phase.HELD, Phase.RINGING):
        return [e.NearEndGone(event.at)]
    if isinstance(event, e.SpeechStarted) and state.phase is Phase.FOLLOW_UP:
        return [e.NothingSaid(event.at)]
    return []


def _rivals(one: Claim, other: Claim) -> bool:
    return one == other or is_same_call(one, other)


def _without(group: Group, gone: Waiting) -> Group:
    return replace(group, waiting=tuple(one for one in group.waiting if one is not gone))
