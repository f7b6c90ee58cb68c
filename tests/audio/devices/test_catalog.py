"""Which device a name in the configuration means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.audio.devices.catalog import DeviceError, SoundDevice, find

pytestmark = pytest.mark.unit


def device(name: str, inputs: int = 1, outputs: int = 1, default: bool = False) -> SoundDevice:
    return SoundDevice(0, name, "ALSA", inputs, outputs, 48_000, default, default)


LISTED = [
    device("USB Mic: Audio (hw:1,0)", outputs=0),
    device("HDMI 0 (hw:0,3)", inputs=0),
    device("HDMI 1 (hw:0,7)", inputs=0),
    device("default", default=True),
]


def test_no_name_is_the_default_device() -> None:
    assert find(LISTED, "", "input").name == "default"


def test_a_part_of_a_name_is_enough_if_it_fits_one() -> None:
    assert find(LISTED, "usb mic", "input").name == "USB Mic: Audio (hw:1,0)"


def test_the_exact_name_wins_over_names_that_hold_it() -> None:
    listed = [device("room_speaker_2"), device("room_speaker")]
    assert find(listed, "room_speaker", "output").name == "room_speaker"


def test_a_name_that_fits_several_is_an_error_that_names_them() -> None:
    with pytest.raises(DeviceError, match=r'"hdmi" fits several: "HDMI 0 \(hw:0,3\)", "HDMI 1'):
        find(LISTED, "hdmi", "output")


def test_a_microphone_is_no_speaker() -> None:
    with pytest.raises(DeviceError, match="is not there; there is"):
        find(LISTED, "usb mic", "output")


def test_a_machine_without_sound_says_so() -> None:
    with pytest.raises(DeviceError, match="no microphone: no sound input here"):
        find([], "", "input")


def test_without_a_default_one_must_be_named() -> None:
    with pytest.raises(DeviceError, match="no default speaker"):
        find(LISTED[:3], "", "output")


@given(st.lists(st.text(max_size=8), max_size=5), st.text(max_size=8))
def test_any_name_finds_a_device_or_says_why_not(names: list[str], name: str) -> None:
    said = ""
    try:
        said = find([device(one) for one in names], name, "input").name
    except DeviceError as error:
        said = str(error)
    assert said or "" in names


def test_a_card_that_got_another_number_is_still_found() -> None:
    assert find(LISTED, "USB Mic: Audio (hw:3,0)", "input").name == "USB Mic: Audio (hw:1,0)"
    with pytest.raises(DeviceError, match="is not there"):
        find(LISTED, "(hw:9,0)", "input")
