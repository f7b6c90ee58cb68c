"""Who answers when several rooms hear one call."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field, replace

import pytest

from hearthd.common.parts import Part
from hearthd.dialogue import arbitration as a
from hearthd.dialogue import events as e
from hearthd.dialogue.arbitration import Claim, Group, Verdict
from hearthd.dialogue.machine import step
from hearthd.dialogue.state import Phase, State

pytestmark = pytest.mark.unit

NOBODY: frozenset[str] = frozenset()
CALM = 0.05
"""Delay of a room whose Wi-Fi is undisturbed."""


@dataclass
class Scene:
    """Rooms whose sound comes late, each by its own delay, and what was decided when."""

    delays: dict[str, float]
    group: Group = field(default_factory=Group)
    verdicts: list[tuple[float, Verdict]] = field(default_factory=list)

    def play(self, claims: list[Claim], listening: frozenset[str] = NOBODY) -> list[str]:
        """Who was granted, in order. It is looked every 10 ms, as the rooms do."""
        arrivals = sorted((one.at + self.delays[one.room], number, one) for number, one in enumerate(claims))
        now, end = arrivals[0][0], arrivals[-1][0] + 2 * a.PATIENCE_SECONDS
        while now < end:
            while arrivals and arrivals[0][0] <= now:
                _, _, one = arrivals.pop(0)
                self.group, found = a.claim(self.group, one, now, self.heard(now), listening)
                self.verdicts += [(now, verdict) for verdict in found]
            self.group, found = a.look(self.group, now, self.heard(now))
            self.verdicts += [(now, verdict) for verdict in found]
            now += 0.01
        assert not self.group.waiting, "a claim was never decided"
        assert len(self.verdicts) == len(claims), "each claim is decided once"
        return [verdict.claim.room for _, verdict in self.verdicts if verdict.granted]

    def heard(self, now: float) -> dict[str, float]:
        return {room: now - delay for room, delay in self.delays.items()}


def test_a_room_that_is_alone_answers_at_once() -> None:
    scene = Scene({"kitchen": 0.0})
    assert scene.play([Claim("kitchen", 5.0)]) == ["kitchen"]
    assert scene.verdicts[0][0] == 5.0


def test_nobody_waits_for_rooms_that_have_heard_as_much() -> None:
    group, verdicts = a.claim(Group(), Claim("kitchen", 5.0), 5.03, {"kitchen": 5.0, "hall": 5.01}, NOBODY)
    assert verdicts == [Verdict(Claim("kitchen", 5.0), True)]
    assert group.due is None


def test_the_first_capture_wins_though_it_arrives_last() -> None:
    scene = Scene({"kitchen": 0.15, "hall": 0.0})
    assert scene.play([Claim("hall", 5.06), Claim("kitchen", 5.0)]) == ["kitchen"]


def test_a_straggler_of_a_second_is_silent_even_if_it_was_first() -> None:
    scene = Scene({"kitchen": 1.2, "hall": 0.0})
    assert scene.play([Claim("hall", 5.06), Claim("kitchen", 5.0)]) == ["hall"]
    assert scene.verdicts[0][0] <= 5.06 + a.PATIENCE_SECONDS + 0.011, "it waited longer than it may"


def test_after_the_call_another_room_may_be_called() -> None:
    scene = Scene({"kitchen": 0.0, "hall": 0.0})
    assert scene.play([Claim("kitchen", 5.0), Claim("hall", 5.71)]) == ["kitchen", "hall"]


def test_a_barge_in_claims_so_the_room_next_door_keeps_silent() -> None:
    scene = Scene({"kitchen": 0.0, "hall": 0.0})
    assert scene.play([Claim("kitchen", 5.0, called=False), Claim("hall", 5.4)]) == ["kitchen"]


def test_what_is_said_to_one_room_is_no_barge_in_in_another() -> None:
    scene = Scene({"kitchen": 0.0, "hall": 0.0})
    scene.play([Claim("kitchen", 5.0)])
    later = Scene(scene.delays, scene.group)
    assert later.play([Claim("hall", 7.0, called=False)], frozenset({"kitchen"})) == []
    called = Scene(scene.delays, scene.group)
    assert called.play([Claim("hall", 7.0)], frozenset({"kitchen"})) == ["hall"]


def test_fifty_scenes_with_wifi_delays_have_one_answer_each() -> None:
    rng = random.Random(16)
    by_capture = late = 0
    for number in range(50):
        rooms = [f"room{index}" for index in range(rng.randrange(2, 5))]
        delays = {room: rng.choice([CALM, rng.uniform(0.0, 1.2)]) for room in rooms}
        heard = [Claim(room, 100.0 + rng.uniform(0.0, 0.3), rng.random() < 0.8) for room in rooms]
        scene = Scene(delays)
        granted = scene.play(heard)
        assert len(granted) == 1, f"scene {number}: {granted} answered"
        first = min(heard, key=lambda one: one.at)
        earliest = min(one.at + delays[one.room] for one in heard)
        if first.at + delays[first.room] <= earliest + a.PATIENCE_SECONDS - 0.011:
            by_capture += 1
            assert granted == [first.room], f"scene {number}: the nearest did not answer"
        else:
            late += 1
    assert by_capture >= 20
    assert late >= 5, "the scenes hold stragglers"


def test_whatever_happens_every_claim_is_decided_and_calls_have_one_answer() -> None:
    rng = random.Random(3)
    for _ in range(150):
        rooms = [f"room{index}" for index in range(rng.randrange(1, 6))]
        delays = {room: rng.choice([0.0, CALM, rng.uniform(0.0, 1.2)]) for room in rooms}
        claims = [
            Claim(rng.choice(rooms), 50.0 + rng.uniform(0.0, 3.0), rng.random() < 0.5)
            for _ in range(rng.randrange(1, 12))
        ]
        scene = Scene(delays)
        scene.play(claims)
        granted = [verdict.claim for _, verdict in scene.verdicts if verdict.granted]
        assert granted
        for one, other in itertools.combinations(granted, 2):
            assert not a.is_same_call(one, other), "two rooms answered one call"


def talking(phase: Phase, **changed: object) -> State:
    ready, _ = step(State(), e.Ready(0.0))
    woken, _ = step(ready, e.Wake(1.0, "hey_jarvis", 0.9, 0, 100))
    if phase is Phase.IDLE:
        return replace(ready, **changed)  # type: ignore[arg-type]
    return replace(woken, phase=phase, held_phase=Phase.SPEAKING, **changed)  # type: ignore[arg-type]


WAKE = e.Wake(2.0, "hey_jarvis", 0.9, 30_000, 32_000)


@pytest.mark.parametrize(
    ("state", "event", "claims"),
    [
        (talking(Phase.IDLE), WAKE, True),
        (talking(Phase.SPEAKING), WAKE, True),
        (talking(Phase.SPEAKING), e.NearEndCertain(2.0, 30_000), True),
        (talking(Phase.FOLLOW_UP, turn_id=0), e.SpeechStarted(2.0, 30_000), True),
        (talking(Phase.LISTENING), e.SpeechStarted(2.0, 30_000), False),
        (talking(Phase.IDLE), e.NearEndCertain(2.0, 30_000), False),
        (talking(Phase.SPEAKING), e.StopWord(2.0), False),
        (State(), WAKE, False),
    ],
)
def test_only_what_would_open_a_turn_claims(state: State, event: e.Event, claims: bool) -> None:
    assert (a.claim_of("kitchen", state, event, 2.0) is not None) == claims


def test_a_room_that_cannot_serve_is_told_apart() -> None:
    idle = talking(Phase.IDLE)
    assert a.can_serve(idle)
    assert a.can_serve(replace(idle, faults=frozenset({Part.MQTT, Part.STORE})))
    for part in (Part.MICROPHONE, Part.LOUDSPEAKER, Part.ASR, Part.VOICE):
        assert not a.can_serve(replace(idle, faults=frozenset({part})))
    assert not a.can_serve(replace(idle, muted=True, phase=Phase.MUTED))


def test_a_refused_barge_in_lets_the_reply_go_on() -> None:
    held = talking(Phase.HELD)
    for event in a.refused(held, e.NearEndCertain(3.0, 40_000)):
        held, _ = step(held, event)
    assert held.phase is Phase.SPEAKING
    assert a.refused(talking(Phase.IDLE), WAKE) == []


def test_who_follows_up_elsewhere_is_listened_to_no_longer() -> None:
    waiting = talking(Phase.FOLLOW_UP, turn_id=0)
    (event,) = a.refused(waiting, e.SpeechStarted(3.0, 40_000))
    assert step(waiting, event)[0].phase is Phase.IDLE
