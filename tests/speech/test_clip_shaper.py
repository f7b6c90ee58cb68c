"""Clips become one speech: no click, no stray silence, one loudness."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthd.common.audio import Pcm
from hearthd.speech.clip_shaper import Loudness, Shaper

pytestmark = pytest.mark.unit


def tone(seconds: float, rate: int, *, level_db: float = -20.0, hertz: float = 300.0) -> Pcm:
    """A sine of that RMS level."""
    time = np.arange(round(seconds * rate)) / rate
    return np.rint(32767 * 10 ** (level_db / 20) * np.sqrt(2) * np.sin(2 * np.pi * hertz * time)).astype(
        np.int16
    )


def zeros(seconds: float, rate: int) -> Pcm:
    return np.zeros(round(seconds * rate), np.int16)


def shape(
    pcm: Pcm, source: int, target: int, sizes: list[int] | None = None, loudness: Loudness | None = None
) -> Pcm:
    shaper = Shaper(source, target, loudness or Loudness())
    out = []
    position = 0
    for size in sizes or []:
        out.append(shaper.feed(pcm[position : position + size]))
        position += size
    out.append(shaper.feed(pcm[position:]))
    out.append(shaper.finish())
    return np.concatenate(out)


def level(pcm: Pcm) -> float:
    return float(10 * np.log10(np.mean((pcm / 32768.0) ** 2)))


def test_silence_around_a_clip_is_cut_to_a_breath() -> None:
    clip = np.concatenate([zeros(0.4, 32_000), tone(0.5, 32_000), zeros(0.3, 32_000)])
    seconds = len(shape(clip, 32_000, 48_000)) / 48_000
    assert 0.5 <= seconds <= 0.61


def test_a_pause_inside_a_clip_stays_as_the_voice_made_it() -> None:
    clip = np.concatenate([tone(0.3, 24_000), zeros(0.4, 24_000), tone(0.3, 24_000)])
    assert len(shape(clip, 24_000, 48_000, [2_400] * 9)) / 48_000 == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 32_000, 48_000])
def test_a_clip_that_begins_and_ends_at_full_swing_begins_and_ends_at_zero(rate: int) -> None:
    clip = tone(0.4, rate, hertz=440.0)[11:-7]
    out = shape(clip, rate, 48_000).astype(np.int32)
    assert abs(out[0]) < 40
    assert abs(out[-1]) < 40
    assert (
        np.abs(np.diff(out)).max()
        <= 1.05 * np.abs(np.diff(tone(0.4, 48_000, hertz=440.0).astype(np.int32))).max()
    )


@pytest.mark.parametrize("made_db", [-36.0, -28.0, -20.0, -9.0])
def test_clips_of_any_loudness_come_out_equally_loud(made_db: float) -> None:
    out = shape(tone(1.0, 32_000, level_db=made_db), 32_000, 48_000)
    assert level(out) == pytest.approx(-20.0, abs=0.7)


def test_a_clip_that_streams_in_ends_up_as_loud_as_one_that_came_whole() -> None:
    clip = np.concatenate([tone(0.1, 32_000, level_db=-30), tone(2.0, 32_000, level_db=-24)])
    streamed = shape(clip, 32_000, 48_000, [1_600] * 40)
    assert level(streamed[-48_000:]) == pytest.approx(level(shape(clip, 32_000, 48_000)[-48_000:]), abs=1.0)


def test_the_first_syllable_of_a_clip_is_as_loud_as_the_clip_before() -> None:
    loudness = Loudness()
    shape(tone(1.0, 32_000, level_db=-26), 32_000, 48_000, None, loudness)
    shaper = Shaper(32_000, 48_000, loudness)
    first = shaper.feed(tone(0.2, 32_000, level_db=-29))  # a soft first syllable
    assert level(first[480:]) == pytest.approx(-22.4, abs=0.7)  # still softer, as it was spoken


def test_loud_peaks_are_bent_not_cut() -> None:
    clip = tone(0.5, 32_000, level_db=-20)
    clip[8_000:8_040] = 32_767
    out = shape(clip, 32_000, 48_000).astype(np.int32)
    assert np.abs(out).max() < 32_767


def test_a_clip_of_nothing_but_silence_gives_nothing() -> None:
    assert len(shape(zeros(1.0, 32_000), 32_000, 48_000)) == 0
    assert len(shape(zeros(0.0, 32_000), 32_000, 48_000)) == 0


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 4_000), max_size=30),
    lead=st.floats(0, 0.3),
    rate=st.sampled_from([24_000, 32_000, 48_000]),
    seed=st.integers(0, 1_000),
)
def test_however_a_clip_is_cut_into_pieces_it_has_no_click_and_the_same_length(
    sizes: list[int], lead: float, rate: int, seed: int
) -> None:
    noise = np.random.default_rng(seed).normal(0, 900, rate // 4)
    voiced = np.rint(tone(0.25, rate, hertz=180.0) + noise[: round(0.25 * rate)]).astype(np.int16)
    clip = np.concatenate([zeros(lead, rate), voiced, zeros(0.2, rate)])
    whole = shape(clip, rate, 48_000)
    pieces = shape(clip, rate, 48_000, sizes)
    assert abs(len(whole) - len(pieces)) <= 0.02 * 48_000
    inside = np.abs(np.diff(whole.astype(np.int32))).max()
    steps = np.abs(np.diff(np.concatenate([[0], pieces.astype(np.int32), [0]])))
    assert steps.max() <= 2.5 * inside  # streamed, the gain may differ by some dB: never a jump
