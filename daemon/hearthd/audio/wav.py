"""Reads and writes WAV files.

The standard library's ``wave`` refuses float samples and, before Python 3.12, the extensible header
that many recorders write; and it answers a broken file with bare RuntimeErrors. The format is small.
"""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hearthd.audio.resample import resample
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.whole_file import replacing

MAX_BYTES = 256 * 1024 * 1024
"""More than two hours of the usual 16 kHz."""
MAX_SECONDS = 8400
"""What that holds. A file of one byte a sample holds much more, and would be gigabytes at another rate."""
MAX_RATE = 384_000
MIN_RATE = 8000
"""The telephone's; less is no speech."""
MAX_CHANNELS = 32
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
"""WAVE format tags."""


class AudioFileError(Exception):
    """A file is no recording that can be used. The message names it and why."""


def load(path: Path, rate: int = SAMPLE_RATE) -> Pcm:
    """A WAV file (PCM of 8 to 32 bits or float, any rate and channels) as mono int16 at ``rate``.

    Channels are averaged. A file that was cut off is read as far as it goes. Raises AudioFileError.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise AudioFileError(f"{path}: {error.strerror or error}") from None
    if len(raw) > MAX_BYTES:
        raise AudioFileError(f"{path}: larger than {MAX_BYTES // 2**20} MB")
    try:
        samples, source = _parse(raw)
    except ValueError as error:
        raise AudioFileError(f"{path}: {error}") from None
    return resample(samples, source, rate)


def save(path: Path, pcm: Pcm, rate: int) -> None:
    """Write mono int16 ``pcm`` as WAV, whole or not at all. Raises AudioFileError."""
    try:
        with replacing(path) as new, new.open("wb") as raw, wave.open(raw, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(pcm.astype("<i2").tobytes())
    except OSError as error:
        raise AudioFileError(f"{path}: {error.strerror or error}") from None


def _parse(raw: bytes) -> tuple[Pcm, int]:
    """Mono samples, and their rate. Raises ValueError."""
    if len(raw) < 12 or raw[:4] != b"RIFF" or raw[8:12] != b"WAVE":
        raise ValueError("not a WAV file")
    form: tuple[int, int, int, int] | None = None
    position = 12
    while position + 8 <= len(raw):
        name, size = struct.unpack_from("<4sI", raw, position)
        body = raw[position + 8 : position + 8 + size]
        if name == b"fmt ":
            form = _format(body)
        elif name == b"data" and form is not None:
            if not size and not _is_chunk(raw, position + 8):
                body = raw[position + 8 :]  # whoever recorded it was killed before the size was known
            if body:
                return _samples(body, *form), form[2]
        position += 8 + size + size % 2
    raise ValueError("no audio in it" if form else "not a WAV file: no format in it")


def _is_chunk(raw: bytes, position: int) -> bool:
    """Whether another chunk, or nothing, stands at ``position``."""
    if position + 8 > len(raw):
        return True
    name, size = struct.unpack_from("<4sI", raw, position)
    return bool(name.isascii() and name.decode().isprintable() and position + 8 + size <= len(raw))


def _format(body: bytes) -> tuple[int, int, int, int]:
    """(tag, channels, rate, bytes a sample) of a ``fmt`` chunk."""
    if len(body) < 16:
        raise ValueError("not a WAV file: its format is cut off")
    tag, channels, rate, _, frame, bits = struct.unpack_from("<HHIIHH", body)
    if tag == EXTENSIBLE and len(body) >= 26:
        (tag,) = struct.unpack_from("<H", body, 24)
    if not (1 <= channels <= MAX_CHANNELS and MIN_RATE <= rate <= MAX_RATE):
        raise ValueError(f"{channels} channels at {rate} Hz is no speech")
    width = bits // 8
    if bits % 8 or frame != width * channels or (tag, width) not in _KINDS:
        raise ValueError(
            f"its encoding (format {tag}, {bits} bits) is not PCM or float: convert it to 16-bit WAV"
        )
    return tag, channels, rate, width


_KINDS = {(PCM, 1), (PCM, 2), (PCM, 3), (PCM, 4), (FLOAT, 4), (FLOAT, 8)}


def _samples(body: bytes, tag: int, channels: int, rate: int, width: int) -> Pcm:
    frame = width * channels
    frames = len(body) // frame
    if not frames:
        raise ValueError("no audio in it")
    if frames > MAX_SECONDS * rate:
        raise ValueError(f"longer than {MAX_SECONDS // 60} minutes")
    mono = np.empty(frames, np.int16)
    for first in range(0, frames, _BLOCK):  # as floats the whole would take four times its bytes
        piece = _values(body[first * frame : min(first + _BLOCK, frames) * frame], tag, width)
        mixed = piece.reshape(-1, channels).mean(axis=1)
        mono[first : first + _BLOCK] = np.clip(np.rint(mixed), -32768, 32767)
    return mono


_BLOCK = 1 << 18
"""Frames that are decoded at a time."""


def _values(body: bytes, tag: int, width: int) -> NDArray[np.float32]:
    """The samples on the scale of int16."""
    values: NDArray[np.float32]
    if tag == FLOAT:
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.nan_to_num(np.frombuffer(body, f"<f{width}").astype(np.float32), posinf=1, neginf=-1)
        values = np.clip(values, -1, 1) * np.float32(32768)
    elif width == 1:
        values = (np.frombuffer(body, np.uint8).astype(np.float32) - np.float32(128)) * np.float32(256)
    elif width == 3:
        wide = np.zeros((len(body) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(body, np.uint8).reshape(-1, 3)
        values = wide.view("<i4")[:, 0].astype(np.float32) / np.float32(65536)
    else:
        values = np.frombuffer(body, f"<i{width}").astype(np.float32) / np.float32(1 if width == 2 else 65536)
    return values
