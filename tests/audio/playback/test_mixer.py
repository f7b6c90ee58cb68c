"""The loudspeaker's sample clock: what is played, held, flushed, and what counts as heard."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hearthd.audio.playback.gain import DUCK_GAIN
from hearthd.audio.playback.mixer import Mixer

pytestmark = pytest.mark.unit

RATE = 48_000
BLOCK = 960
LATENCY = 0.08
FADE = 240


class Device:
    """A device on a clock that the test turns: each block sounds ``LATENCY`` after it was asked for."""

    def __init__(self) -> None:
        self.now = 100.0
        self.told: list[tuple[str, int, float]] = []
        self.mixer = Mixer(RATE, notify=self._notify, clock=lambda: self.now)
        self.out: list[NDArray[np.int16]] = []

    def _notify(self, kind: str, turn_id: int, at: float) -> None:
        self.told.append((kind, turn_id, at))

    def run(self, samples: int) -> NDArray[np.int16]:
        """Play that many samples and return them."""
        parts = [np.zeros(0, np.int16)]
        while samples > 0:
            count = min(BLOCK, samples)
            parts.append(self.mixer.render(count, self.now + LATENCY).copy())
            self.now += count / RATE
            samples -= count
        block = np.concatenate(parts)
        self.out.append(block)
        return block

    def kinds(self, turn_id: int | None = None) -> list[str]:
        return [kind for kind, turn, _ in self.told if turn_id is None or turn == turn_id]


def speech(count: int, start: int = 1000) -> NDArray[np.int16]:
    """Samples that are all different from their neighbours, and loud enough to be heard."""
    return (np.arange(count) % 20_000 + start).astype(np.int16)


def test_speech_comes_out_as_it_went_in() -> None:
    device = Device()
    clip = speech(3000)
    device.mixer.play(1, 0, clip[:1000])
    device.mixer.play(1, 1, clip[1000:])
    assert np.array_equal(device.run(3000), clip)
    assert not device.run(2000).any()


def test_a_turn_is_finished_when_its_last_sample_has_sounded_not_when_it_was_rendered() -> None:
    device = Device()
    device.mixer.play(1, 0, speech(BLOCK))
    device.mixer.finish(1)
    began = device.now
    device.run(BLOCK)
    assert device.kinds() == []
    device.run(6 * BLOCK)
    assert device.kinds(1) == ["first_audible", "finished"]
    assert [at for _, _, at in device.told] == pytest.approx(
        [began + LATENCY, began + LATENCY + BLOCK / RATE]
    )


def test_the_lead_in_of_near_silence_is_not_yet_audible() -> None:
    device = Device()
    began = device.now
    device.mixer.play(1, 0, np.concatenate([np.full(700, 20, np.int16), speech(2000)]))
    device.run(8 * BLOCK)
    assert device.kinds() == ["first_audible"]
    assert device.told[0][2] == pytest.approx(began + LATENCY + 700 / RATE)


def test_a_turn_without_audio_is_finished_at_once() -> None:
    device = Device()
    device.mixer.finish(4)
    assert device.kinds() == ["finished"]


def test_finishing_late_is_not_an_underrun() -> None:
    device = Device()
    device.mixer.play(1, 0, speech(BLOCK))
    device.run(10 * BLOCK)
    device.mixer.finish(1)
    assert device.kinds() == ["first_audible", "finished"]
    assert device.mixer.underruns(1) == (0, 0)


def test_speech_that_runs_dry_and_goes_on_is_an_underrun_of_exactly_the_gap() -> None:
    device = Device()
    device.mixer.play(1, 0, speech(500))
    device.run(2 * BLOCK)
    device.mixer.play(1, 1, speech(500))
    device.mixer.finish(1)
    device.run(8 * BLOCK)
    assert device.mixer.underruns(1) == (1, 2 * BLOCK - 500)
    assert device.kinds() == ["first_audible", "underrun", "finished"]


def test_a_device_that_starved_while_speech_sounded_is_an_underrun_too() -> None:
    device = Device()
    device.mixer.starved()
    device.mixer.play(1, 0, speech(BLOCK))
    device.run(BLOCK)
    device.mixer.starved()
    device.mixer.finish(1)
    device.run(6 * BLOCK)
    device.mixer.starved()
    assert device.mixer.underruns(1) == (1, 0)


def test_heard_counts_what_has_sounded_chunk_by_chunk() -> None:
    device = Device()
    device.mixer.play(1, 0, speech(1000))
    device.mixer.play(1, 1, speech(2000))
    device.run(3 * BLOCK)
    assert device.mixer.played_samples(1) == {}
    device.now = 100.0 + LATENCY + 1500.5 / RATE
    assert device.mixer.played_samples(1) == {0: 1000, 1: 500}


@pytest.mark.parametrize("at", [0, 1, 239, 240, 241, 960, 1000, 4999, 5600])
def test_holding_and_resuming_loses_no_sample_and_repeats_none(at: int) -> None:
    clip = speech(6000, start=5000)
    device = Device()
    device.mixer.play(1, 0, clip)
    before = device.run(at)
    device.mixer.hold()
    held = device.run(3000)
    assert not held[FADE:].any()
    device.mixer.resume()
    after = device.run(6000)
    sounded = np.concatenate([before, held[:FADE], after])[:6000]
    assert np.count_nonzero(sounded) == len(clip)
    steady = np.ones(6000, bool)
    steady[at : at + 2 * FADE] = False
    assert np.array_equal(sounded[steady], clip[steady])
    faded = ~steady
    assert (sounded[faded] <= clip[faded]).all()
    assert not after[6000 - at - FADE :].any()


def test_a_held_reply_is_heard_up_to_the_hold_and_no_further() -> None:
    device = Device()
    device.mixer.play(1, 0, speech(48_000))
    device.run(10 * BLOCK)
    device.mixer.hold()
    device.run(50 * BLOCK)
    assert device.mixer.played_samples(1) == {0: 10 * BLOCK + FADE}
    kind, turn, at = device.told[-1]
    assert (kind, turn) == ("held", 1)
    assert at == pytest.approx(100.0 + 10 * BLOCK / RATE + LATENCY + FADE / RATE)
    assert device.mixer.underruns(1) == (0, 0)


def test_a_flush_is_silent_after_ten_milliseconds_and_late_audio_never_sounds() -> None:
    device = Device()
    device.mixer.play(1, 0, speech(48_000))
    device.run(10 * BLOCK)
    device.mixer.flush(1)
    asked = device.now
    tail = device.run(10 * BLOCK)
    assert tail[:470].any()
    assert not tail[480:].any()
    assert device.mixer.silent_at() == pytest.approx(asked + LATENCY + 0.01, abs=0.0005)
    device.mixer.play(1, 1, speech(5000))
    device.mixer.finish(1)
    assert not device.run(10 * BLOCK).any()
    assert device.kinds() == ["first_audible", "flushed"]


def test_a_flush_steps_nowhere() -> None:
    device = Device()
    device.mixer.play(1, 0, np.full(48_000, 20_000, np.int16))
    device.run(BLOCK)
    device.mixer.flush(1)
    tail = device.run(2 * BLOCK).astype(int)
    assert np.abs(np.diff(np.concatenate([[20_000], tail]))).max() < 100


def test_a_flush_of_a_held_reply_is_silent_and_lets_the_next_turn_speak() -> None:
    device = Device()
    device.mixer.play(1, 0, speech(48_000))
    device.run(BLOCK)
    device.mixer.hold()
    device.run(BLOCK)
    device.mixer.flush(1)
    assert not device.run(BLOCK).any()
    device.mixer.play(2, 0, speech(BLOCK))
    assert np.array_equal(device.run(BLOCK), speech(BLOCK))
    device.run(10 * BLOCK)
    assert device.kinds(1)[-1] == "flushed"


def test_flushing_one_turn_leaves_the_other_alone() -> None:
    device = Device()
    device.mixer.play(1, 0, speech(3000))
    device.mixer.play(2, 0, speech(3000))
    device.run(BLOCK)
    device.mixer.flush(2)
    assert np.array_equal(device.run(3000 - BLOCK), speech(3000)[BLOCK:])
    assert not device.run(3000).any()


def test_flushing_everything_flushes_every_turn() -> None:
    device = Device()
    device.mixer.play(1, 0, speech(3000))
    device.mixer.play(2, 0, speech(3000))
    device.mixer.flush()
    device.run(10 * BLOCK)
    assert sorted(turn for kind, turn, _ in device.told if kind == "flushed") == [1, 2]
    assert device.mixer.waiting() == 0


def test_a_turn_forgotten_long_ago_stays_silent() -> None:
    device = Device()
    for turn in range(100):
        device.mixer.flush(turn)
    device.mixer.play(3, 0, speech(1000))
    assert not device.run(1000).any()


def test_a_reply_that_still_waits_when_its_turn_is_forgotten_sounds_all_the_same() -> None:
    device = Device()
    device.mixer.play(0, 0, speech(2000))
    for turn in range(1, 100):
        device.mixer.finish(turn)
    assert np.array_equal(device.run(2000), speech(2000))


def test_a_chime_sounds_over_the_reply_and_belongs_to_no_turn() -> None:
    device = Device()
    device.mixer.play(1, 0, np.full(2000, 5000, np.int16))
    device.mixer.chime(np.full(500, 300, np.int16))
    out = device.run(2000)
    assert (out[:500] == 5300).all()
    assert (out[500:] == 5000).all()
    device.run(5 * BLOCK)
    assert device.mixer.played_samples(1) == {0: 2000}


def test_loud_sounds_together_are_clipped_not_wrapped() -> None:
    device = Device()
    device.mixer.play(1, 0, np.full(500, 30_000, np.int16))
    device.mixer.chime(np.full(500, 30_000, np.int16))
    assert (device.run(500) == 32_767).all()


def test_the_volume_moves_without_a_click() -> None:
    device = Device()
    device.mixer.play(1, 0, np.full(48_000, 20_000, np.int16))
    device.run(BLOCK)
    device.mixer.volume = 50
    ramp = device.run(BLOCK).astype(int)
    assert np.abs(np.diff(ramp)).max() < 50
    assert (device.run(BLOCK) == 5000).all()
    device.mixer.volume = 300
    assert device.mixer.volume == 100
    device.mixer.volume = -5
    device.run(BLOCK)
    assert not device.run(BLOCK).any()


def test_ducked_speech_goes_on_more_softly() -> None:
    device = Device()
    device.mixer.play(1, 0, np.full(48_000, 20_000, np.int16))
    device.run(BLOCK)
    device.mixer.duck(True)
    device.run(BLOCK)
    assert device.run(BLOCK)[0] == pytest.approx(20_000 * DUCK_GAIN, abs=1)
    device.mixer.duck(False)
    device.run(BLOCK)
    assert (device.run(BLOCK) == 20_000).all()


def test_a_reply_waits_for_a_speaker_that_was_pulled_out_and_goes_on_where_it_was() -> None:
    device = Device()
    clip = speech(10_000)
    device.mixer.play(1, 0, clip)
    device.run(3 * BLOCK)
    device.now = 100.0 + LATENCY + 1000.5 / RATE
    device.mixer.detach()
    device.now += 2.0
    assert device.mixer.played_samples(1) == {0: 1000}
    assert np.array_equal(device.run(10_000 - 3 * BLOCK), clip[3 * BLOCK :])


def test_without_a_speaker_a_turn_still_ends() -> None:
    device = Device()
    device.mixer.detach()
    device.mixer.play(1, 0, speech(5000))
    device.mixer.abandon()
    assert device.kinds() == []
    device.mixer.play(1, 1, speech(5000))
    device.mixer.finish(1)
    assert device.kinds() == ["finished"]
    assert device.mixer.played_samples(1) == {}
    device.mixer.play(2, 0, speech(500))
    device.mixer.flush(2)
    assert device.kinds(2) == ["flushed"]
    device.run(BLOCK)
    device.mixer.play(3, 0, speech(BLOCK))
    assert np.array_equal(device.run(BLOCK), speech(BLOCK))


def test_a_finished_reply_that_nobody_can_hear_ends_when_the_speaker_is_given_up() -> None:
    device = Device()
    device.mixer.play(1, 0, speech(5000))
    device.mixer.finish(1)
    device.run(BLOCK)
    device.mixer.detach()
    assert "finished" not in device.kinds()
    device.mixer.abandon()
    assert device.kinds()[-1] == "finished"


actions = st.lists(
    st.one_of(
        st.tuples(st.just("play"), st.integers(0, 4), st.integers(0, 3000)),
        st.tuples(st.just("finish"), st.integers(0, 4), st.just(0)),
        st.tuples(st.just("flush"), st.integers(0, 4), st.just(0)),
        st.tuples(st.just("flush all"), st.just(0), st.just(0)),
        st.tuples(st.just("hold"), st.just(0), st.just(0)),
        st.tuples(st.just("resume"), st.just(0), st.just(0)),
        st.tuples(st.just("run"), st.just(0), st.integers(1, 4000)),
        st.tuples(st.just("detach"), st.just(0), st.just(0)),
        st.tuples(st.just("abandon"), st.just(0), st.just(0)),
    ),
    max_size=40,
)


@given(actions)
@settings(max_examples=100, deadline=None)
def test_whatever_happens_every_turn_ends_once_and_nothing_is_heard_twice(
    steps: list[tuple[str, int, int]],
) -> None:
    device = Device()
    given_to: dict[int, int] = {}
    asked: set[int] = set()
    for what, turn, count in steps:
        match what:
            case "play":
                device.mixer.play(turn, 0, speech(count))
                given_to[turn] = given_to.get(turn, 0) + count
            case "finish":
                device.mixer.finish(turn)
                asked.add(turn)
            case "flush":
                device.mixer.flush(turn)
                asked.add(turn)
            case "flush all":
                device.mixer.flush()
                asked |= set(given_to)
            case "hold":
                device.mixer.hold()
            case "resume":
                device.mixer.resume()
            case "run":
                device.run(count)
            case "detach":
                device.mixer.detach()
            case "abandon":
                device.mixer.abandon()
    device.mixer.resume()
    device.run(200_000)
    for turn in asked:
        ends = [kind for kind in device.kinds(turn) if kind in ("finished", "flushed")]
        assert len(ends) == 1
    for turn in range(5):
        assert sum(device.mixer.played_samples(turn).values()) <= given_to.get(turn, 0)
    assert device.mixer.waiting() == 0
