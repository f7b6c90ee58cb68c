"""ALSA is asked before PortAudio is: in the room, tests/room/test_devices.py; here on ALSA's own devices."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearthd.audio.devices import alsa, mute_stderr

pytestmark = pytest.mark.unit

CONFIGURATION = Path("/usr/share/alsa/alsa.conf")


@pytest.fixture
def configured() -> None:
    if not CONFIGURATION.exists():
        pytest.skip(f"no {CONFIGURATION}: install libasound2-data")
    mute_stderr.hush_alsa()


@pytest.mark.parametrize(
    ("listed", "pcm"),
    [
        ("HDA Intel PCH: ALC269VB Analog (hw:0,0)", "hw:0,0"),
        ("USB (hw:1,0) Audio: - (hw:12,3)", "hw:12,3"),
        ("default", "default"),
        ("", ""),
        ("(hw:0,0) of old", "(hw:0,0) of old"),
    ],
)
def test_a_cards_name_ends_with_what_alsa_calls_it(listed: str, pcm: str) -> None:
    assert alsa.pcm_name(listed) == pcm


@pytest.mark.parametrize("direction", ["input", "output"])
@pytest.mark.usefixtures("configured")
def test_a_device_that_takes_everything_is_not_refused(direction: alsa.Direction) -> None:
    assert alsa.refusal("null", direction, 16_000, 1) is None


@pytest.mark.parametrize("name", ["", "no such device", "hw:99,0", "a\nb", "plug:{", "x" * 10_000, "扬声器"])
@pytest.mark.usefixtures("configured")
def test_a_device_that_is_not_there_is_refused_with_a_reason(name: str) -> None:
    assert alsa.refusal(name, "output", 48_000, 1)
