"""Recordings are read whatever their format, and refused by name if they are none."""

from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hearthd.audio.wav import AudioFileError, load, save

pytestmark = pytest.mark.unit


def tone(seconds: float, rate: int) -> NDArray[np.int16]:
    t = np.arange(round(seconds * rate)) / rate
    pcm: NDArray[np.int16] = np.rint(8000 * np.sin(2 * np.pi * 440 * t)).astype(np.int16)
    return pcm


def wav(body: bytes, tag: int, channels: int, rate: int, bits: int, *, extensible: bool = False) -> bytes:
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", 0xFFFE if extensible else tag, channels, rate, rate * frame, frame, bits)
    if extensible:
        form += struct.pack("<HHIH", 22, bits, 0, tag) + bytes(14)
    chunks = b"LIST" + struct.pack("<I", 3) + b"odd\0"  # an odd chunk before the others, padded
    chunks += b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def encoded(samples: NDArray[np.int16], tag: int, bits: int) -> NDArray[np.uint8]:
    """One row of bytes a sample."""
    wide = samples.astype(np.int64)
    if tag == 3:
        return (wide / 32768).astype(f"<f{bits // 8}").view(np.uint8).reshape(len(wide), -1)
    if bits == 8:
        return (wide // 256 + 128).astype(np.uint8).reshape(-1, 1)
    return (wide << (bits - 16)).astype("<i8").view(np.uint8).reshape(len(wide), 8)[:, : bits // 8]


CASES = [
    (1, 16, 16_000, 1),
    (1, 24, 44_100, 2),
    (1, 8, 8000, 1),
    (1, 32, 48_000, 2),
    (3, 32, 24_000, 1),
    (3, 64, 48_000, 3),
]


@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_any_wav_is_read_as_mono_sixteen_kilohertz(
    tmp_path: Path, case: tuple[int, int, int, int], extensible: bool
) -> None:
    tag, bits, rate, channels = case
    rows = np.repeat(encoded(tone(0.5, rate), tag, bits), channels, axis=0)
    (tmp_path / "a.wav").write_bytes(wav(rows.tobytes(), tag, channels, rate, bits, extensible=extensible))
    pcm = load(tmp_path / "a.wav")
    assert abs(len(pcm) - 8000) <= 1
    tolerance = 400 if bits == 8 else 100
    assert np.abs(pcm[200:7800].astype(int) - tone(0.5, 16_000)[200:7800]).max() < tolerance


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    save(tmp_path / "a.wav", tone(0.1, 48_000), 48_000)
    assert np.array_equal(load(tmp_path / "a.wav", 48_000), tone(0.1, 48_000))


def test_a_recording_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    save(tmp_path / "a.wav", tone(0.5, 16_000), 16_000)
    (tmp_path / "a.wav").write_bytes((tmp_path / "a.wav").read_bytes()[:8045])
    assert np.array_equal(load(tmp_path / "a.wav"), tone(0.5, 16_000)[:4000])


def test_a_recording_whose_recorder_was_killed_before_it_knew_its_size_is_read(tmp_path: Path) -> None:
    save(tmp_path / "a.wav", tone(0.5, 16_000), 16_000)
    raw = (tmp_path / "a.wav").read_bytes()
    for data in (raw[:40] + bytes(4) + raw[44:], raw[:4] + bytes(4) + raw[8:40] + bytes(4) + raw[44:]):
        (tmp_path / "a.wav").write_bytes(data)
        assert np.array_equal(load(tmp_path / "a.wav"), tone(0.5, 16_000))
    behind = raw[:40] + bytes(4) + b"LIST" + struct.pack("<I", 4) + b"INFO" + raw[36:]
    (tmp_path / "a.wav").write_bytes(behind)
    assert np.array_equal(load(tmp_path / "a.wav"), tone(0.5, 16_000))
    (tmp_path / "a.wav").write_bytes(raw[:40] + bytes(4) + b"LIST" + struct.pack("<I", 4) + b"INFO")
    with pytest.raises(AudioFileError, match="no audio"):
        load(tmp_path / "a.wav")


def test_float_samples_beyond_all_bounds_are_clipped(tmp_path: Path) -> None:
    body = np.array([np.nan, np.inf, -np.inf, 5.0], "<f4").tobytes()
    (tmp_path / "a.wav").write_bytes(wav(body, 3, 1, 16_000, 32))
    assert load(tmp_path / "a.wav").tolist() == [0, 32767, -32768, 32767]


def test_what_is_no_recording_is_named(tmp_path: Path) -> None:
    def refused(name: str, content: bytes | None, why: str) -> None:
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(AudioFileError) as caught:
            load(tmp_path / name)
        assert name in str(caught.value)
        assert why in str(caught.value)

    refused("none.wav", None, "No such file")
    refused("empty.wav", b"", "not a WAV file")
    refused("song.mp3", b"ID3" * 1000, "not a WAV file")
    refused("law.wav", wav(bytes(80), 7, 1, 8000, 8), "convert it to 16-bit WAV")
    refused("odd.wav", wav(bytes(80), 1, 1, 16_000, 12), "convert it")
    refused("radio.wav", wav(bytes(80), 1, 1, 4_000_000, 16), "no speech")
    refused("nothing.wav", wav(b"", 1, 1, 16_000, 16), "no audio")
    refused("headless.wav", wav(bytes(80), 1, 1, 16_000, 16)[:24], "no format")
    with pytest.raises(AudioFileError):
        save(tmp_path / "no folder" / "a.wav", np.zeros(1, np.int16), 16_000)


def test_a_recording_that_would_grow_to_gigabytes_is_refused(tmp_path: Path) -> None:
    """Of one byte a sample and few a second: 256 MB of it are 75 hours, and 17 GB at 32 kHz."""
    (tmp_path / "slow.wav").write_bytes(wav(bytes(100), 1, 1, 1000, 8))
    with pytest.raises(AudioFileError, match="no speech"):
        load(tmp_path / "slow.wav")
    head = wav(b"", 1, 1, 8000, 8)[:-4]
    with (tmp_path / "long.wav").open("wb") as file:  # as a sparse file: zeros that take no disk
        file.write(head + struct.pack("<I", 2**28 - 100))
        file.truncate(2**28)
    with pytest.raises(AudioFileError, match="longer than 140 minutes"):
        load(tmp_path / "long.wav", 32_000)


@pytest.mark.slow
def test_a_long_recording_takes_a_few_times_its_size_of_memory(tmp_path: Path) -> None:
    """Eight seconds of 32 channels of one byte at 384 kHz: as floats it took four times that again."""
    frames = 8 * 384_000
    (tmp_path / "wide.wav").write_bytes(wav(bytes([128]) * (32 * frames), 1, 32, 384_000, 8))
    tracemalloc.start()
    try:
        assert abs(len(load(tmp_path / "wide.wav")) - 8 * 16_000) <= 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * 32 * frames


def test_what_is_saved_is_saved_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "a.wav", tone(0.1, 48_000), 48_000)
    monkeypatch.setattr("wave.Wave_write.writeframes", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(AudioFileError, match="full"):
        save(tmp_path / "a.wav", tone(0.2, 48_000), 48_000)
    assert len(load(tmp_path / "a.wav", 48_000)) == 4800
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@given(st.binary(max_size=80), st.integers(0, 70), st.binary(max_size=8))
@example(body=b"", place=15, patch=bytes(2))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_garbage_is_read_or_refused_by_name(tmp_path: Path, body: bytes, place: int, patch: bytes) -> None:
    whole = bytearray(wav(body, 1, 1, 16_000, 16))
    whole[place : place + len(patch)] = patch
    (tmp_path / "a.wav").write_bytes(bytes(whole))
    said = ""
    try:
        load(tmp_path / "a.wav")
    except AudioFileError as error:
        said = str(error)
    assert not said or "a.wav" in said
