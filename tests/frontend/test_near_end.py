"""Listening for a person who talks over the speaker, on canceller whose every signal the test decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from hearthd.audio.echo.canceller import DualCanceller
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.dialogue import events as e
from hearthd.frontend.near_end import PRE_ROLL, NearEndListener
from tests.scenes.scene import Line
from tests.utterances import available, noise, say, silence

pytestmark = [
    pytest.mark.integration,
    pytest.mark.models,
    pytest.mark.skipif(not available(), reason="the starter models are not there"),
]

BLOCK = 320


@dataclass
class Paths:
    """Two paths that have heard what the test says."""

    good: bool | None = True
    awake: bool = True
    inaudible: bool = False
    watched: Pcm = field(default_factory=lambda: silence(0.02))
    strict: Pcm = field(default_factory=lambda: silence(0.02))
    near: Pcm = field(default_factory=lambda: silence(0.02))
    far: Pcm = field(default_factory=lambda: silence(0.02))
    report: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(fooled=False))

    @property
    def quality(self) -> SimpleNamespace:
        return SimpleNamespace(good=self.good, inaudible=self.inaudible)


def hear(
    listener: NearEndListener,
    canceller: Paths,
    linear: Pcm,
    strict: Pcm,
    far: Pcm,
    *,
    near: Pcm | None = None,
) -> list[e.Event]:
    """Feed all of them, as long as the shortest. Without ``near`` a quarter of ``far`` was heard, too."""
    found: list[e.Event] = []
    for first in range(0, min(map(len, (linear, strict, far))) - BLOCK + 1, BLOCK):
        block = slice(first, first + BLOCK)
        canceller.watched, canceller.strict, canceller.far = linear[block], strict[block], far[block]
        canceller.near = (linear[block] + far[block] // 4).astype(np.int16) if near is None else near[block]
        found += listener.process(linear[block], first / SAMPLE_RATE, first)
    return found


@pytest.fixture(scope="module")
def person() -> Pcm:
    """Two seconds of nothing, then a sentence."""
    return np.concatenate((noise(2, -66), SENTENCE.render(), noise(1, -66)))


def listening(canceller: Paths) -> NearEndListener:
    return NearEndListener(cast(DualCanceller, canceller))


def reply(seconds: float) -> Pcm:
    spoken = say("The history of tea begins in China, where people drank it as a medicine.")
    return np.tile(spoken, int(seconds * SAMPLE_RATE / len(spoken)) + 1)[: int(seconds * SAMPLE_RATE)]


QUIET = noise(8, -66)
SENTENCE = Line(0.0, "Please turn off the kitchen light.", "heart")


def kinds(events: list[e.Event]) -> list[type[e.Event]]:
    return [type(event) for event in events]


def test_a_person_whom_both_ears_hear_is_told_with_where_they_began(person: Pcm) -> None:
    canceller = Paths()
    found = hear(listening(canceller), canceller, person, person, reply(4.5))
    assert kinds(found)[:2] == [e.NearEndSuspected, e.NearEndCertain]
    suspected, certain = found[0], found[1]
    assert isinstance(suspected, e.NearEndSuspected)
    assert isinstance(certain, e.NearEndCertain)
    assert abs(suspected.sample - 2 * SAMPLE_RATE) < 0.2 * SAMPLE_RATE
    assert certain.sample == suspected.sample - PRE_ROLL
    assert certain.at - suspected.at < 0.5


def test_the_reply_alone_is_nobody() -> None:
    canceller = Paths()
    assert hear(listening(canceller), canceller, (reply(8) // 30).astype(np.int16), QUIET, reply(8)) == []


@pytest.mark.parametrize("late", [0.06, 1.3])
def test_while_nothing_is_known_of_the_ears_the_reply_is_nobody_however_late_it_sounds(late: float) -> None:
    canceller = Paths(good=None)
    echo = np.concatenate((noise(late, -66), reply(8) // 4)).astype(np.int16)
    assert hear(listening(canceller), canceller, echo, echo, reply(8), near=echo) == []


def test_who_talks_over_the_first_seconds_interrupts_once_they_are_certain(person: Pcm) -> None:
    canceller = Paths(good=None)
    begun = int(2.2 * SAMPLE_RATE) // BLOCK * BLOCK
    listener, speaker = listening(canceller), reply(4.5)
    assert (
        hear(listener, canceller, person[:begun], person[:begun], speaker) == []
    )  # it is not held for a suspicion
    found = hear(listener, canceller, person[begun:], person[begun:], speaker[begun:])
    assert kinds(found)[:2] == [e.NearEndSuspected, e.NearEndCertain]


def test_where_nothing_is_heard_of_the_reply_a_person_need_not_pass_the_ear_that_silences_them(
    person: Pcm,
) -> None:
    canceller = Paths(inaudible=True)
    found = hear(listening(canceller), canceller, person, QUIET, reply(4.5), near=person)
    assert kinds(found)[:2] == [e.NearEndSuspected, e.NearEndCertain]


def test_who_is_much_louder_than_the_first_reply_is_heard_though_both_paths_silence_them(person: Pcm) -> None:
    canceller, far = Paths(good=None), reply(5)[: len(person)]
    near = (person + far // 30).astype(np.int16)
    found = hear(listening(canceller), canceller, QUIET, QUIET, far, near=near)
    assert kinds(found)[:2] == [e.NearEndSuspected, e.NearEndCertain]


def test_a_faint_voice_where_nobody_asked_is_not_meant_for_it(person: Pcm) -> None:
    heard = (person // 100 + noise(len(person) / SAMPLE_RATE, -51)).astype(np.int16)
    canceller = Paths(good=None, inaudible=True)
    assert hear(listening(canceller), canceller, heard, heard, reply(4.5), near=heard) == []


def test_what_both_ears_take_for_a_person_but_follows_the_reply_is_the_reply() -> None:
    canceller = Paths()
    left = (reply(8) // 4).astype(np.int16)
    assert e.NearEndCertain not in kinds(hear(listening(canceller), canceller, left, left, reply(8)))
    assert e.NearEndShort not in kinds(hear(listening(canceller), canceller, left, left, reply(8)))


def test_a_person_is_heard_while_it_thinks_and_nothing_has_sounded_yet(person: Pcm) -> None:
    canceller = Paths(good=None, awake=False)
    found = hear(listening(canceller), canceller, person, person, silence(4.5))
    assert kinds(found)[:2] == [e.NearEndSuspected, e.NearEndCertain]


def test_a_television_does_not_end_its_thinking_but_who_asked_may(person: Pcm) -> None:
    canceller = Paths(good=None, awake=False)
    listener = listening(canceller)
    listener.reset(person)
    assert hear(listener, canceller, (person // 8).astype(np.int16), person, silence(4.5)) == []
    listener.reset(person)
    found = hear(listener, canceller, (person // 2).astype(np.int16), person, silence(4.5))
    assert kinds(found)[:2] == [e.NearEndSuspected, e.NearEndCertain]


def test_a_television_does_not_end_a_held_reply_though_nobody_asked_aloud(person: Pcm) -> None:
    canceller = Paths()
    listener = listening(canceller)
    hear(listener, canceller, (reply(3) // 100).astype(np.int16), QUIET, reply(3))
    canceller.awake = False
    television = (person // 24).astype(np.int16)
    assert hear(listener, canceller, television, television, silence(4.5)) == []
    found = hear(listener, canceller, (person // 2).astype(np.int16), person, silence(4.5))
    assert kinds(found)[:2] == [e.NearEndSuspected, e.NearEndCertain]


def test_a_residue_that_has_grown_is_suspected_once_and_known_from_then_on() -> None:
    canceller = Paths()
    listener = listening(canceller)
    hear(listener, canceller, (reply(3) // 100).astype(np.int16), QUIET, reply(3))
    spoken = reply(2)[SAMPLE_RATE:]
    grown = (spoken // 4).astype(np.int16)
    for expected in ([e.NearEndSuspected, e.NearEndGone], []):
        found = hear(listener, canceller, grown, QUIET, spoken)
        found += hear(listener, canceller, QUIET, QUIET, silence(0.6))
        assert kinds(found) == expected
    assert not canceller.report.fooled


def test_the_speaker_is_alone_until_a_person_begins_and_again_when_they_have_ended(person: Pcm) -> None:
    canceller = Paths()
    listener = listening(canceller)
    ended = len(person) / SAMPLE_RATE - 1.0
    room, speaker = np.concatenate((person, noise(4, -66))), reply(7)
    alone = {}
    for first in range(0, 7 * SAMPLE_RATE, BLOCK):
        block = slice(first, first + BLOCK)
        canceller.watched = canceller.strict = canceller.near = room[block]
        canceller.far = speaker[block]
        listener.process(room[block], first / SAMPLE_RATE, first)
        alone[round(first / SAMPLE_RATE, 2)] = listener.alone
    assert not alone[0.3]
    assert all(alone[at / 100] for at in range(120, 200, 2))
    assert not any(alone[at / 100] for at in range(220, int(ended * 100), 2))
    assert alone[round(ended + 1.9, 1)]


@pytest.mark.parametrize(("good", "awake"), [(None, True), (False, True), (True, False)])
def test_where_the_ears_are_not_known_to_be_good_the_speaker_is_never_taken_to_be_alone(
    good: bool | None, awake: bool
) -> None:
    canceller = Paths(good=good, awake=awake)
    listener = listening(canceller)
    hear(listener, canceller, QUIET, QUIET, reply(8))
    assert not listener.alone


def test_a_block_of_any_length_is_heard() -> None:
    canceller = Paths(far=silence(0), near=silence(0), strict=silence(0), watched=silence(0))
    listener = listening(canceller)
    assert listener.process(silence(0), 0.0, 0) == []
    canceller.far = canceller.near = canceller.strict = canceller.watched = silence(3)
    assert listener.process(silence(3), 0.0, 0) == []
