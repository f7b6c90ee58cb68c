"""Even blocks with true times, whatever the device does."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from hearthd.audio.devices.microphone import BLOCK, Block, Blocks, RawBlock
from hearthd.audio.devices.supervised_stream import FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, monotonic_of
from hearthd.common.backoff import Backoff

pytestmark = pytest.mark.unit


def feed(
    blocks: Blocks,
    pcm: NDArray[np.int16],
    at: float,
    *,
    rate: int = 16_000,
    channels: int = 1,
    stream: int = 1,
) -> list[Block]:
    """Feed one raw block; return the even ones that are then ready."""
    data = np.repeat(pcm, channels) if channels > 1 else pcm
    blocks.feed(RawBlock(data.tobytes(), at, len(pcm), rate, channels, stream))
    ready = []
    while (block := blocks.next()) is not None:
        ready.append(block)
    return ready


def ramp(count: int) -> NDArray[np.int16]:
    return (np.arange(count) % 30_000 + 1).astype(np.int16)


def test_a_card_with_its_own_block_size_gives_even_blocks() -> None:
    blocks, pcm, ready = Blocks(), ramp(4410), []
    for start in range(0, 4410, 441):
        ready += feed(blocks, pcm[start : start + 441], 10 + start / 16_000)
    assert [len(one.pcm) for one in ready] == [BLOCK] * 13
    assert np.array_equal(np.concatenate([one.pcm for one in ready]), pcm[: 13 * BLOCK])
    assert [one.at for one in ready] == pytest.approx([10 + n * 0.02 for n in range(13)])
    assert [one.lost for one in ready] == [0] * 13


def test_a_card_that_knows_only_44100_stereo_is_resampled_and_stays_in_time() -> None:
    blocks, ready = Blocks(), []
    t = np.arange(44_100) / 44_100
    pcm = np.rint(8000 * np.sin(2 * np.pi * 500 * t)).astype(np.int16)
    for start in range(0, 44_100, 882):
        ready += feed(blocks, pcm[start : start + 882], 5 + start / 44_100, rate=44_100, channels=2)
    heard = np.concatenate([one.pcm for one in ready])
    wanted = 8000 * np.sin(2 * np.pi * 500 * np.arange(len(heard)) / 16_000)
    assert len(heard) > 15_000
    assert np.abs(heard[500:] - wanted[500:]).max() < 40
    assert ready[-1].at == pytest.approx(5 + (len(ready) - 1) * 0.02, abs=0.001)


def test_who_records_for_a_clone_gets_twice_the_rate_in_blocks_of_the_same_length() -> None:
    blocks, ready = Blocks(32_000), []
    t = np.arange(48_000) / 48_000
    pcm = np.rint(8000 * np.sin(2 * np.pi * 12_000 * t)).astype(np.int16)
    for start in range(0, 48_000, 960):
        at = 5 + start / 48_000 + (0.5 if start >= 24_000 else 0.0)
        ready += feed(blocks, pcm[start : start + 960], at, rate=48_000)
    assert {len(one.pcm) for one in ready} == {640}
    assert np.abs(np.concatenate([one.pcm for one in ready][5:20])).max() > 7_000  # what 16 kHz cannot hold
    assert sum(one.lost for one in ready) == pytest.approx(16_000, abs=320)
    assert ready[-1].at == pytest.approx(5.5 + (len(ready) - 1) * 0.02, abs=0.02)


def test_jitter_of_the_stamps_does_not_reach_the_times() -> None:
    blocks, ready = Blocks(), []
    jitter = np.random.default_rng(3).normal(0, 0.01, 200)
    for n in range(200):
        ready += feed(blocks, ramp(320), 50 + n * 0.02 + jitter[n])
    steps = np.diff([one.at for one in ready])
    assert np.abs(steps - 0.02).max() < 0.001
    assert sum(one.lost for one in ready) == 0


def test_what_an_overflow_lost_is_counted() -> None:
    blocks, ready = Blocks(), []
    for n in range(60):
        gap = 0.5 if n >= 20 else 0.0
        ready += feed(blocks, ramp(320), n * 0.02 + gap)
    lost = sum(one.lost for one in ready)
    assert lost == pytest.approx(8000, abs=2)
    assert ready[-1].at == pytest.approx(59 * 0.02 + 0.5, abs=0.002)


def test_one_late_callback_loses_nothing() -> None:
    blocks, ready = Blocks(), []
    for n in range(60):
        ready += feed(blocks, ramp(320), n * 0.02 + (0.5 if n == 20 else 0.0))
    assert sum(one.lost for one in ready) == 0


def test_the_time_that_a_device_was_away_is_lost_and_positions_stay_true() -> None:
    blocks, ready = Blocks(), []
    for n in range(10):
        ready += feed(blocks, ramp(320), n * 0.02, stream=1)
    for n in range(10):
        ready += feed(blocks, ramp(960), 5 + n * 0.02, rate=48_000, stream=2)
    position = 0
    for one in ready:
        position += one.lost
        assert one.at == pytest.approx(position / 16_000, abs=0.001)
        position += len(one.pcm)
    assert len(ready) > 15


def test_exact_silence_is_known_from_quiet() -> None:
    blocks = Blocks()
    blocks.sounded_at = 0.0
    feed(blocks, np.zeros(320, np.int16), 1.0)
    assert blocks.sounded_at == 0.0
    feed(blocks, np.eye(1, 320, 5).astype(np.int16)[0], 1.02)
    assert blocks.sounded_at > 0


def test_portaudio_times_of_every_clock_become_monotonic() -> None:
    now = time.monotonic()
    assert monotonic_of(now + 0.03, now, 0.5) == pytest.approx(now + 0.03, abs=0.01)
    wall = time.time()
    assert monotonic_of(wall + 0.03, wall, 0.5) == pytest.approx(now + 0.03, abs=0.05)
    assert monotonic_of(100.03, 100.0, 0.5) == pytest.approx(now + 0.03, abs=0.05)
    assert monotonic_of(0.0, now, 0.5) == pytest.approx(now + 0.5, abs=0.05)
    assert monotonic_of(now + 0.03, 0.0, 0.5) == pytest.approx(now + 0.5, abs=0.05)


def test_waiting_for_a_device_begins_soon_and_never_takes_long() -> None:
    backoff = Backoff(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, jitter=0.25)
    waits = [backoff.wait() for _ in range(20)]
    assert 0.15 <= waits[0] <= 0.2
    assert max(waits) <= 5.0
    assert min(waits[10:]) >= 3.75
    backoff.reset()
    assert backoff.wait() <= 0.2
