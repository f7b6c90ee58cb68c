"""The echo canceller's reference: what sounded, by time."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hearthd.audio.playback.reference_ring import ReferenceRing

pytestmark = pytest.mark.unit

RATE = 48_000


def sine(frequency: float, seconds: float, rate: int) -> NDArray[np.int16]:
    t = np.arange(round(seconds * rate)) / rate
    pcm: NDArray[np.int16] = np.rint(10_000 * np.sin(2 * np.pi * frequency * t)).astype(np.int16)
    return pcm


def played(pcm: NDArray[np.int16], at: float = 100.0, jitter: float = 0.0) -> ReferenceRing:
    ring = ReferenceRing(RATE)
    noise = np.random.default_rng(1).normal(0, jitter, len(pcm) // 960 + 1) if jitter else None
    for number, start in enumerate(range(0, len(pcm), 960)):
        off = 0.0 if noise is None or number == 0 else float(noise[number])
        ring.write(pcm[start : start + 960], at + start / RATE + off)
    return ring


@pytest.mark.parametrize("frequency", [100, 1000, 4000, 6000])
def test_what_sounded_is_read_back_at_sixteen_kilohertz_at_its_time(frequency: int) -> None:
    ring = played(sine(frequency, 1.0, RATE))
    got = ring.read(100.25, 8000)
    wanted = sine(frequency, 1.0, 16_000)[4000:12_000]
    assert np.abs(got.astype(int) - wanted).max() < 250


def test_what_sixteen_kilohertz_cannot_hold_does_not_fold_back() -> None:
    ring = played(sine(11_000, 1.0, RATE))
    assert np.abs(ring.read(100.25, 8000)).max() < 30


def test_two_reads_side_by_side_have_no_seam() -> None:
    ring = played(sine(440, 1.0, RATE))
    parts = np.concatenate([ring.read(100.2 + n * 0.02, 320) for n in range(20)])
    assert np.array_equal(parts, ring.read(100.2, 6400))


def test_jittering_stamps_do_not_jitter_the_reference() -> None:
    ring = played(sine(440, 3.0, RATE), jitter=0.008)
    got = ring.read(102.0, 8000).astype(float)
    wanted = sine(440, 3.0, 16_000)[32_000:40_000].astype(float)
    shift = int(np.argmax(np.correlate(got, wanted[100:-100], "valid"))) - 100
    assert abs(shift) <= 0.004 * 16_000


def test_the_future_the_far_past_and_silence_are_zeros() -> None:
    ring = ReferenceRing(RATE)
    assert not ring.read(5.0, 320).any()
    ring = played(sine(440, 1.0, RATE))
    assert not ring.read(103.0, 320).any()
    assert not ring.read(50.0, 320).any()
    half = ring.read(100.99, 320)
    assert half[:150].any()
    assert not half[180:].any()
    for _ in range(100):
        ring.write(np.zeros(960, np.int16), 101.0, silent=True)


def test_the_ring_forgets_what_is_old_and_keeps_what_is_new() -> None:
    ring = played(sine(440, 10.0, RATE))
    wanted = sine(440, 10.0, 16_000)
    assert not ring.read(102.0, 320).any()
    assert np.abs(ring.read(108.0, 8000).astype(int) - wanted[8 * 16_000 :][:8000]).max() < 250


def test_a_reopened_device_starts_a_new_time() -> None:
    ring = played(sine(440, 1.0, RATE))
    ring.interrupted()
    assert not ring.read(100.5, 320).any()
    clip = sine(440, 1.0, RATE)
    for start in range(0, len(clip), 960):
        ring.write(clip[start : start + 960], 200 + start / RATE)
    assert np.abs(ring.read(200.25, 320).astype(int) - sine(440, 1.0, 16_000)[4000:4320]).max() < 250


def test_a_starved_device_leaves_a_gap_of_silence_in_the_reference() -> None:
    ring = ReferenceRing(RATE)
    clip = sine(440, 2.0, RATE)
    for start in range(0, len(clip), 960):
        late = 0.5 if start >= RATE else 0.0
        ring.write(clip[start : start + 960], 100 + start / RATE + late)
    got = ring.read(102.0, 3200).astype(int)
    assert np.abs(got - sine(440, 2.0, 16_000)[24_000:27_200]).max() < 250


def test_a_rate_that_does_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="no divisor"):
        ReferenceRing(RATE).read(0.0, 320, 44_100)
