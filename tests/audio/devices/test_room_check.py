"""What `devices --test` measures of a room, and what it says of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hearthd.audio.devices.room_check import (
    Check,
    HeardEcho,
    RoomSound,
    echo_of,
    findings,
    hum_of,
    sound_of,
)
from hearthd.common.audio import SAMPLE_RATE, Pcm
from tests.utterances import noise

pytestmark = pytest.mark.unit


def hum(mains: float, level_db: float, seconds: float = 3.0) -> Pcm:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sound = sum(np.sin(2 * np.pi * mains * over * time) / over for over in (1, 2, 3, 5))
    made: Pcm = np.rint(np.asarray(sound) * 32767 * 10 ** (level_db / 20)).astype(np.int16)
    return made


def mends(check: Check) -> str:
    return " ".join(finding.mend for finding in findings(check))


QUIET = RoomSound(level_db=-62.0, floor_db=-64.0, clipped=0.0, hum=0.05)
VOICE = RoomSound(level_db=-28.0, floor_db=-55.0, clipped=0.0, hum=0.1)


@pytest.mark.parametrize("mains", [50.0, 60.0])
def test_a_humming_microphone_is_told_from_a_hissing_one(mains: float) -> None:
    assert hum_of(hum(mains, -40) + noise(3.0, -55)) > 0.9
    assert hum_of(noise(3.0, -40)) < 0.1
    assert hum_of(np.zeros(48_000, np.int16)) == 0.0


@pytest.mark.parametrize("delay", [0, 60, 200])
def test_the_echo_s_delay_and_loss_are_found(delay: int) -> None:
    far = noise(3.0, -20, seed=1)
    late = delay * SAMPLE_RATE // 1000
    near = (np.concatenate((np.zeros(late, np.int16), far))[: len(far)] // 4 + noise(3.0, -60)).astype(
        np.int16
    )
    found = echo_of(near, far)
    assert found is not None
    assert found.delay_ms == pytest.approx(delay, abs=1)
    assert found.loss_db == pytest.approx(12, abs=0.5)
    assert echo_of(noise(3.0, -40, seed=2), far) is None


def test_a_good_place_has_nothing_to_mend() -> None:
    check = Check(
        quiet=QUIET, here=VOICE, door=VOICE, echo=HeardEcho(-34.0, 14.0, 80.0), played=True, calls=5
    )
    assert mends(check).strip() == ""
    assert len(list(findings(check))) == 5


@pytest.mark.parametrize(
    ("check", "mend"),
    [
        (Check(quiet=sound_of(np.zeros(48_000, np.int16))), "muted"),
        (Check(quiet=sound_of(hum(50.0, -40))), "power supply"),
        (Check(quiet=QUIET, here=RoomSound(-5.0, -60.0, 0.01, 0.0)), "capture level down"),
        (Check(quiet=QUIET, here=RoomSound(-50.0, -60.0, 0.0, 0.0)), "nearer"),
        (Check(quiet=RoomSound(-69.0, -70.0, 0.0, 0.0), here=RoomSound(-61.0, -70.0, 0.0, 0.0)), "nearer"),
        (
            Check(quiet=RoomSound(-69.9, -70.0, 0.0, 0.0), door=RoomSound(-60.5, -70.0, 0.0, 0.0)),
            "capture level up",
        ),
        (Check(here=VOICE, echo=HeardEcho(-10.0, 0.0, 80.0), played=True), "audio.volume"),
        (Check(echo=HeardEcho(-30.0, 10.0, 400.0), played=True), "cable"),
        (Check(calls=3), "wake.threshold"),
    ],
)
def test_every_fault_has_its_mend(check: Check, mend: str) -> None:
    assert mend in mends(check)


def test_no_echo_is_no_fault() -> None:
    [finding] = findings(Check(played=True))
    assert (finding.mend, "no echo" in finding.what) == ("", True)


@given(arrays(np.int16, st.integers(0, 4000)))
def test_any_samples_have_figures(pcm: Pcm) -> None:
    found = sound_of(pcm)
    assert -70.0 <= found.floor_db <= found.level_db <= 0.1
    assert 0.0 <= found.hum <= 1.0
    assert echo_of(pcm, pcm) is None
