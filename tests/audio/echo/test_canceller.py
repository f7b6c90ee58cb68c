"""The two paths: what they take out, how they find the delay, and what happens without one of them."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from hearthd.audio.echo.canceller import AHEAD, DualCanceller
from hearthd.audio.echo.delay import CLEAR, EARLIEST, ENOUGH, HISTORY, LATEST, SURE, DelayTracker, find_delay
from hearthd.audio.echo.quality import KNOWN, LEARNING_PERIODS, PERIOD, Quality
from hearthd.audio.echo.reference import Reference
from hearthd.audio.echo.reporting import EchoReport
from hearthd.audio.echo.speex import SpeexCanceller
from hearthd.audio.playback.reference_ring import ReferenceRing
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.dialogue import events as e
from tests.utterances import noise

pytestmark = pytest.mark.unit

BLOCK = 320


@pytest.mark.parametrize("delay", [EARLIEST, -224, 0, 1, 960, 4_000, LATEST])
def test_it_finds_how_late_the_echo_comes(delay: int) -> None:
    played = noise(6, -30, seed=1)
    far = played[2 * SAMPLE_RATE :][:HISTORY]
    near = played[2 * SAMPLE_RATE - delay :][:HISTORY] // 4 + noise(6, -60, seed=2)[:HISTORY]
    found = find_delay(near.astype(np.int16), far)
    assert found is not None
    assert found[0] == delay


def test_two_different_sounds_have_no_delay() -> None:
    assert find_delay(noise(6, -30, seed=1)[:HISTORY], noise(6, -30, seed=2)[:HISTORY]) is None
    assert find_delay(np.zeros(HISTORY, np.int16), np.zeros(HISTORY, np.int16)) is None


def test_a_sure_look_is_enough_and_one_that_is_only_clear_needs_another() -> None:
    far = noise(6, -30, seed=1)[:HISTORY]
    covered = (far // 8 + noise(6, -30, seed=2)[:HISTORY]).astype(np.int16)
    sure, unsure = DelayTracker(), DelayTracker()
    sure.feed(far, far)
    unsure.feed(covered, far)
    assert sure.look() == 0
    found = find_delay(covered, far)
    assert found is not None
    assert CLEAR <= found[1] < SURE
    assert (unsure.look(), unsure.look()) == (None, 0)
    for tracker in (sure, unsure):
        tracker.restart()
        assert tracker.look() is None


def test_the_first_look_does_not_wait_for_the_whole_history() -> None:
    tracker, far = DelayTracker(), noise(6, -30, seed=1)
    tracker.feed(far[:ENOUGH], far[:ENOUGH])
    assert tracker.look() == 0


def test_the_reference_is_read_without_a_gap_or_a_repeat_under_jitter() -> None:
    ring, rng = ReferenceRing(16_000), np.random.default_rng(1)
    reference = Reference(ring)
    ramp = np.arange(1, 32_000, dtype=np.int16)
    read: list[Pcm] = []
    for first in range(0, 31_000, BLOCK):
        ring.write(ramp[first : first + BLOCK], 5.0 + first / 16_000 + rng.normal(0, 0.0005))
        found = reference.read(5.0 + (first - 1_600) / 16_000 + rng.normal(0, 0.0005), BLOCK)
        if found is not None and first > 16_000:
            read.append(found)
    steps = np.diff(np.concatenate(read).astype(np.int32))
    assert np.count_nonzero(steps != 1) < len(read) / 4
    assert np.abs(steps - 1).max() <= 1


class Room:
    """White noise from the speaker, ``late`` samples later and 10 dB softer in the microphone."""

    def __init__(self, late: int = 800) -> None:
        self.ring = ReferenceRing(16_000)
        self.canceller = DualCanceller(self.ring)
        self.far = noise(12, -20, seed=3)
        self.near = (
            np.concatenate((np.zeros(late, np.int16), self.far // 3)) + noise(13, -70)[: len(self.far) + late]
        )
        self._at = 0

    def hear(self, seconds: float) -> tuple[Pcm, Pcm]:
        """The microphone's and the canceller' version of the next ``seconds``."""
        raw, cleaned = [], []
        for _ in range(int(seconds * SAMPLE_RATE) // BLOCK):
            for ahead in (
                range(self._at, self._at + 8 * BLOCK, BLOCK) if self._at == 0 else [self._at + 7 * BLOCK]
            ):
                self.ring.write(self.far[ahead : ahead + BLOCK], 100 + ahead / SAMPLE_RATE)
            near = self.near[self._at : self._at + BLOCK].astype(np.int16)
            raw.append(near)
            cleaned.append(self.canceller.process(near, 100 + self._at / SAMPLE_RATE))
            self._at += BLOCK
        return np.concatenate(raw), np.concatenate(cleaned)


def loudness(pcm: Pcm) -> float:
    return float(10 * np.log10(np.mean(pcm.astype(np.float64) ** 2) + 1e-9))


def test_the_speaker_s_own_sound_is_taken_out() -> None:
    room = Room()
    room.hear(5)
    raw, cleaned = room.hear(3)
    assert loudness(raw) - loudness(cleaned) > 15
    assert room.canceller.quality.converged
    assert room.canceller.quality.erle_db is not None
    assert room.canceller.quality.erle_db > 15


def test_a_late_echo_is_found_and_taken_out() -> None:
    room = Room(late=4_800)
    room.hear(8)
    raw, cleaned = room.hear(3)
    assert abs(room.canceller.delay + AHEAD - 4_800) < 32
    assert loudness(raw) - loudness(cleaned) > 12


def test_the_ears_rest_and_change_nothing_while_nothing_sounds() -> None:
    canceller = DualCanceller(ReferenceRing(16_000))
    near = noise(1, -40)
    for first in range(0, len(near), BLOCK):
        block = near[first : first + BLOCK]
        assert canceller.process(block, first / SAMPLE_RATE) is block
    assert not canceller.awake


@pytest.mark.parametrize("count", [0, 1, 159, 321, 16_000])
def test_a_block_of_any_length_comes_back_as_long(count: int) -> None:
    room = Room()
    room.hear(0.5)
    assert len(room.canceller.process(noise(1)[:count], 100.5)) == count


def test_without_the_library_the_strict_ear_does_it_alone_and_it_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(_: str) -> None:
        raise OSError("no such library")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    room = Room()
    room.hear(3)
    raw, cleaned = room.hear(2)
    assert loudness(raw) - loudness(cleaned) > 10
    assert sum("apt install" in record.message for record in caplog.records) == 1
    with pytest.raises(EngineError, match="apt install libspeexdsp1"):
        SpeexCanceller()


def test_an_ear_that_makes_it_louder_begins_anew() -> None:
    quality, loud = Quality(), noise(0.01, -20)
    quality.rest(noise(0.02, -60))
    for _ in range(25):
        quality.hear(loud // 4, loud, loud, loud // 4)
    assert quality.diverged
    assert not quality.converged


def periods(quality: Quality, count: int, left: float, left_strict: float, heard: float = 0.3) -> None:
    """``count`` periods in which the speaker sounds; the rest are shares of its level, 1 as it was played."""
    far = noise(0.01, -20)
    quality.rest(noise(0.02, -60))
    for _ in range(count * PERIOD):
        near, linear, strict = ((far * share).astype(np.int16) for share in (heard, left, left_strict))
        quality.hear(near, far, linear, strict)


def test_ears_that_take_the_speaker_out_are_good_after_three_seconds_of_it() -> None:
    quality = Quality()
    periods(quality, KNOWN - 1, left=0.05, left_strict=0.01)
    assert (quality.good, quality.reduction_db) == (None, None)
    periods(quality, 1, left=0.05, left_strict=0.01)
    assert quality.good
    assert quality.reduction_db == pytest.approx(15.6, abs=1)


def test_a_loudspeaker_out_of_reach_makes_them_bad_although_one_of_them_silences_it_at_first() -> None:
    quality = Quality()
    periods(quality, KNOWN, left=0.3, left_strict=0.01)
    assert quality.good is None
    periods(quality, KNOWN, left=0.3, left_strict=0.2)
    assert quality.good is False
    periods(quality, 3 * KNOWN, left=0.05, left_strict=0.01)
    assert quality.good


def test_a_speaker_that_cannot_be_heard_above_the_room_leaves_nothing_to_take_out() -> None:
    quality = Quality()
    periods(quality, LEARNING_PERIODS, left=0.005, left_strict=0.005, heard=0.005)
    assert quality.good
    assert quality.reduction_db == 60.0


def syllables(seconds: float, seed: int) -> Pcm:
    """Noise that is loud and soft as a voice is, eight times a second."""
    rng = np.random.default_rng(seed)
    loud = np.repeat(rng.uniform(0, 1, int(seconds * 8)) ** 3, SAMPLE_RATE // 8)
    made: Pcm = (loud * rng.standard_normal(len(loud)) * 6000).astype(np.int16)
    return made


def heard_of(quality: Quality, near: Pcm, far: Pcm) -> None:
    """The microphone hears ``near`` while the speaker sounds ``far``, and no path takes anything out."""
    near = near + noise(len(near) / SAMPLE_RATE, -70)[: len(near)]
    for first in range(0, min(len(near), len(far)) - 160, 160):
        frame = slice(first, first + 160)
        quality.hear(near[frame], far[frame], near[frame], near[frame])


def test_somebody_who_talks_over_the_first_reply_does_not_make_the_ears_bad() -> None:
    quality = Quality()
    quality.rest(noise(0.02, -60))
    heard_of(quality, syllables(12, seed=1), syllables(12, seed=2))
    assert quality.good is not False


def test_ears_that_were_thought_bad_are_good_once_nothing_is_heard_of_the_speaker() -> None:
    quality = Quality()
    periods(quality, 2 * KNOWN, left=0.3, left_strict=0.2)
    assert quality.good is False
    periods(quality, LEARNING_PERIODS, left=0.005, left_strict=0.005, heard=0.005)
    assert quality.good


def test_a_loudspeaker_that_sounds_a_second_late_is_not_taken_for_one_that_is_not_heard() -> None:
    quality, silent = Quality(), np.zeros(SAMPLE_RATE, np.int16)
    quality.rest(noise(0.02, -60))
    for reply in range(6):
        far = np.concatenate((syllables(3, seed=reply), silent, silent))
        heard_of(quality, np.concatenate((silent, far[: -len(silent)] // 3)).astype(np.int16), far)
    assert quality.good is False


def test_failing_ears_are_told_of_once_and_figures_every_few_seconds() -> None:
    quality, told = Quality(), list[tuple[str, bool]]()
    report = EchoReport(quality, lambda part, ok, _: told.append((part, ok)))
    periods(quality, KNOWN, left=0.3, left_strict=0.2)
    [measured] = report.news(1.0, 40.0)
    assert measured == e.EchoMeasured(1.0, quality.reduction_db, 40.0, False)
    assert report.news(1.1, 40.0) == []
    periods(quality, 40, left=0.3, left_strict=0.2)
    assert len(report.news(2.0, 40.0)) == 1
    assert told == [("echo", False)]
    periods(quality, 40, left=0.05, left_strict=0.01)
    report.news(3.0, 40.0)
    assert told == [("echo", False), ("echo", True)]
    report.fooled = True
    report.news(4.0, 40.0)
    assert told[2:] == [("echo", False)]
