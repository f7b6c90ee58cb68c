"""What the daemon and the voice process say to each other: small frames over a pair of sockets.

A frame is a kind (one byte), the number of the clip it belongs to, the length of what follows (four
bytes each, big-endian), and that: JSON, or int16 samples. Clips are numbered upwards, so "stop 7" means
7 and everything before it. No frame is longer than ``MOST``; a longer one is a process gone wrong.
"""

from __future__ import annotations

import json
import struct
from enum import IntEnum
from typing import Any

HEADER = struct.Struct("!BII")
MOST = 65_536
"""Bytes of a frame after its header: a second of audio at 32 kHz, or a text beyond all reason."""
AUDIO_BYTES = 32_768
"""Audio is sent in frames of at most this."""


class FrameKind(IntEnum):
    """What a frame is."""

    LOAD = 1
    """To the process: JSON, the models and the voice. Answered by READY or FAILED."""
    SPEAK = 2
    """To the process: JSON, a text and how. Answered by AUDIO..., then END or FAILED."""
    STOP = 3
    """To the process: no more of this clip (still answered by END)."""
    READY = 16
    """From the process: JSON, ``rate`` and ``memory`` (bytes)."""
    AUDIO = 17
    """From the process: int16 samples, little-endian."""
    END = 18
    """From the process: JSON, ``memory``."""
    FAILED = 19
    """From the process: JSON, ``reason``, which never holds a word of the text."""


class WireError(Exception):
    """A frame that no sound peer sends."""


def frame(kind: FrameKind, number: int, payload: bytes = b"") -> bytes:
    """One frame. Raises WireError if it would be too long."""
    if len(payload) > MOST:
        raise WireError(f"a frame of {len(payload)} bytes")
    return HEADER.pack(kind, number, len(payload)) + payload


def json_frame(kind: FrameKind, number: int, values: dict[str, Any]) -> bytes:
    """One frame that holds ``values``. Raises WireError if it would be too long."""
    return frame(kind, number, json.dumps(values).encode())


def header(raw: bytes) -> tuple[FrameKind, int, int]:
    """Kind, clip and length of a frame by its header. Raises WireError."""
    kind, number, length = HEADER.unpack(raw)
    if length > MOST:
        raise WireError(f"a frame of {length} bytes")
    try:
        return FrameKind(kind), number, length
    except ValueError:
        raise WireError(f"a frame of the unknown kind {kind}") from None


def values(payload: bytes) -> dict[str, Any]:
    """What a JSON frame holds. Raises WireError."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        raise WireError("a frame that is no JSON") from None
    if not isinstance(found, dict):
        raise WireError("a frame that is no JSON object")
    return found
