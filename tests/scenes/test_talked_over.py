"""Somebody talks over the speaker, in a room rendered to the real canceller: what is noticed and heeded.

A short form of ``python -m tests.bench bargein``, which plays hundreds of them.
"""

from __future__ import annotations

import numpy as np
import pytest

from hearthd.common.audio import Pcm
from hearthd.config.settings import WakeSettings
from hearthd.dialogue import events as e
from hearthd.engines.wake_word.openwakeword import open_wake_word
from tests.bench.bargein_first_replies import scene as first_reply
from tests.bench.bargein_noises import cough, slam
from tests.bench.words import error_rate
from tests.scenes.scene import CAT, RATE, TEA, Line, Scene
from tests.scenes.stage import Outcome, Recognise, play
from tests.utterances import available

pytestmark = [
    pytest.mark.integration,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.skipif(not available(), reason="the starter models are not there"),
]

AT = 6.0
"""When people begin: the canceller has heard the speaker for so long."""
FADE, BLOCK = 240, 960
"""Samples at 48 kHz: of a hold's fade, out and in, and of what the speaker asks for at a time."""


def as_held(outcome: Outcome) -> Pcm:
    """What must be played: the reply, faded out where it was held and faded in again where it went on.

    Every sample of it sounds once, those of a fade included. The speaker asks for 960 samples at a time.
    """
    blocks, position, held = [], 0, False
    turns = sorted([(at, True) for at in outcome.holds] + [(at, False) for at in outcome.resumes])
    out, back = np.arange(FADE, 0, -1) / FADE, np.arange(1, FADE + 1) / FADE
    for number in range(len(outcome.played) // BLOCK):
        before = held
        while turns and turns[0][0] < (number - 0.5) * BLOCK / 48_000:
            held = turns.pop(0)[1]
        count = BLOCK if not held else 0 if before else FADE
        block = np.zeros(BLOCK)
        block[:count] = outcome.reply[position : position + count]
        if held != before:
            block[:FADE] *= out if held else back
        position += count
        blocks.append(block)
    return np.rint(np.concatenate(blocks)).astype(np.int16)


@pytest.mark.parametrize(
    ("voice", "text", "reply", "teller"),
    [
        ("am_michael", "Please turn off the kitchen light.", TEA, "heart"),
        ("zf_xiaoxiao", "请把厨房的灯关掉。", CAT, "zm_yunxi"),
    ],
)
def test_a_person_5_db_below_it_holds_it_interrupts_it_and_is_understood(
    recognise: Recognise, voice: str, text: str, reply: tuple[str, ...], teller: str
) -> None:
    scene = Scene(reply, teller, people=(Line(AT, text, voice),), near_db=-5, delay=0.12)
    outcome = play(scene, recognise=recognise)
    assert outcome.cancelled_at is not None
    assert AT < outcome.cancelled_at < AT + 1.0
    assert outcome.front_end is not None
    assert outcome.listen_from is not None
    assert outcome.listen_from < AT * RATE + 0.1 * RATE
    heard = recognise(outcome.front_end.audio(outcome.listen_from, int((outcome.ends[0] + 0.4) * RATE)))
    assert error_rate(text, heard.text) <= 0.3, heard.text


def test_its_own_voice_never_interrupts_it_though_clocks_drift_and_the_microphone_is_moved(
    recognise: Recognise,
) -> None:
    scene = Scene(echo_db=6, delay=0.12, drift_ppm=100, moved_at=10, seconds=20)
    outcome = play(scene, recognise=recognise)
    assert outcome.cancelled_at is None
    assert len(outcome.resumes) == len(outcome.holds) <= 1
    assert outcome.canceller is not None
    assert outcome.canceller.quality.good


def test_a_loudspeaker_that_sounds_too_late_to_be_taken_out_does_not_interrupt_itself(
    recognise: Recognise,
) -> None:
    outcome = play(Scene(CAT, "zf_xiaoxiao", delay=1.3, seconds=12), recognise=recognise)
    assert outcome.cancelled_at is None
    assert outcome.holds == []
    assert outcome.canceller is not None
    assert not outcome.canceller.quality.good


@pytest.mark.parametrize("echo_db", [-60, -40, -20, -10, 0])
@pytest.mark.parametrize("at", [2.0, 7.0], ids=["first_words", "later"])
def test_a_person_interrupts_it_however_much_of_it_is_heard_from_its_first_reply_on(
    echo_db: int, at: float
) -> None:
    people = (Line(at, "Please turn off the kitchen light.", "am_michael"),)
    outcome = play(Scene(people=people, echo_db=echo_db, near_db=-echo_db, delay=0.02, seconds=at + 3.5))
    assert outcome.cancelled_at is not None
    assert at < outcome.cancelled_at < at + 1.3


@pytest.mark.parametrize("echo_db", [-60, -40, -20, -10, 0, 6])
def test_a_reply_that_nobody_talks_over_ends_whole_from_the_first_one_on(
    recognise: Recognise, echo_db: int
) -> None:
    outcome = play(Scene(CAT, "zf_xiaoxiao", echo_db=echo_db, seconds=8), recognise=recognise)
    assert outcome.cancelled_at is None
    assert outcome.holds == []


@pytest.mark.parametrize(
    ("number", "echo_db", "seed"), [(5, -5.0, 1002), (3, -20.0, 200)], ids=["echoing", "noisy"]
)
def test_a_first_reply_in_an_echoing_or_a_noisy_room_is_not_its_own_stop_word(
    number: int, echo_db: float, seed: int
) -> None:
    scene = first_reply(number, echo_db, seed)
    assert play(scene, wake=open_wake_word(WakeSettings())).cancelled_at is None


def test_what_is_no_interruption_leaves_no_sample_out_and_says_none_twice(recognise: Recognise) -> None:
    people = (
        Line(6.0, cough(1)),
        Line(8.5, slam(1), db=6),
        Line(11.0, "Yeah.", "am_michael"),
        Line(13.5, "对。", "zf_xiaoxiao"),
    )
    outcome = play(Scene(people=people, seconds=17), recognise=recognise)
    assert outcome.cancelled_at is None
    assert outcome.holds
    assert len(outcome.resumes) == len(outcome.holds)
    assert np.abs(outcome.played.astype(int) - as_held(outcome)).max() <= 1


@pytest.mark.parametrize(
    ("voice", "text"), [("bf_emma", "Stop!"), ("zm_yunxi", "停！")], ids=["english", "chinese"]
)
def test_a_stop_word_ends_it_without_a_turn(recognise: Recognise, voice: str, text: str) -> None:
    outcome = play(Scene(people=(Line(AT, text, voice),), delay=0.02), recognise=recognise)
    assert outcome.stopped
    assert outcome.listen_from is None


def test_the_wake_word_5_db_below_it_wakes_it() -> None:
    scene = Scene(people=(Line(AT, "Hey Jarvis!", "am_michael"),), near_db=-5, seconds=AT + 2.0)
    outcome = play(scene, wake=open_wake_word(WakeSettings()))
    woken = [at for at, event in outcome.events if isinstance(event, e.Wake)]
    assert woken
    assert AT < woken[0] < outcome.ends[0] + 0.5
