"""Wyoming's events on a connection: bounded before they are read, each within its time.

The ``wyoming`` package knows the events; its own reader takes a payload of any length and its writer waits
for ever, so both are done here. A line of JSON, then data and payload of the lengths that it tells.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import numpy as np
from wyoming.audio import AudioChunk
from wyoming.event import Event, async_write_event

from hearthd.audio.resample import Resampler
from hearthd.common.audio import SAMPLE_RATE, Pcm

MAX_LINE = 65_536
MAX_DATA = 262_144
"""Bytes of an event's data: a text, or what a server can do."""
MAX_PAYLOAD = 1_048_576
"""Bytes of one piece of sound: 32 s at 16 kHz; Home Assistant sends 64 ms at a time."""
RATES = range(8_000, 96_001)
WRITE_SECONDS = 10.0
"""Until whoever is at the other end has taken what is sent."""


class WyomingError(Exception):
    """What came is no event that we read on."""


async def read_event(reader: asyncio.StreamReader) -> Event | None:
    """The next event; None at the end. Raises WyomingError; the caller bounds the time."""
    try:
        line = await reader.readline()
    except ValueError:
        raise WyomingError("a line is too long") from None
    except OSError as error:
        raise WyomingError(f"the connection broke ({type(error).__name__})") from None
    if not line:
        return None
    try:
        head = json.loads(line)
        if not isinstance(head, dict) or not isinstance(head.get("type"), str):
            raise WyomingError("a line is no event")
        data = head.get("data") or {}
        if size := _size(head.get("data_length"), MAX_DATA):
            data = {**data, **json.loads(await reader.readexactly(size))}
        payload = None
        if size := _size(head.get("payload_length"), MAX_PAYLOAD):
            payload = await reader.readexactly(size)
    except (ValueError, TypeError, RecursionError):
        raise WyomingError("an event is no JSON") from None
    except (asyncio.IncompleteReadError, OSError):
        raise WyomingError("the connection broke in the middle of an event") from None
    if not isinstance(data, dict):
        raise WyomingError("an event's data is no object")
    return Event(head["type"][:100], data, payload)


async def write_event(writer: asyncio.StreamWriter, event: Event) -> None:
    """Send ``event``. Raises WyomingError if it is not taken in time."""
    try:
        async with asyncio.timeout(WRITE_SECONDS):
            await async_write_event(event, writer)
    except TimeoutError:
        raise WyomingError(f"nothing was taken for {WRITE_SECONDS:g} s") from None
    except (OSError, RuntimeError) as error:
        raise WyomingError(f"the connection broke ({type(error).__name__})") from None


def text_of(event: Event, key: str = "text", most: int = 8_000) -> str:
    """A text of the event's data, as it may be stored and spoken; "" where there is none."""
    found = event.data.get(key)
    if not isinstance(found, str):
        return ""
    return found[:most].encode(errors="ignore").decode().replace("\x00", "")


class Sound:
    """The sound of one stream of chunks, as 16 kHz mono int16, whatever it comes as."""

    def __init__(self, rate: int = SAMPLE_RATE) -> None:
        self._rate = rate
        self._form: tuple[int, int, int] | None = None
        self._resampler: Resampler | None = None

    def take(self, event: Event) -> Pcm:
        """The samples of a chunk. Raises WyomingError for a form that cannot be heard."""
        form = tuple(event.data.get(key) for key in ("rate", "width", "channels"))
        if not all(isinstance(value, int) for value in form):
            raise WyomingError("a piece of sound does not say its form")
        rate, width, channels = (int(value or 0) for value in form)
        if rate not in RATES or width != 2 or channels not in (1, 2):
            raise WyomingError(f"sound of {rate} Hz, {8 * width} bit, {channels} channels is not taken")
        if self._form is None:
            self._form = (rate, width, channels)
            self._resampler = None if rate == self._rate else Resampler(rate, self._rate)
        elif self._form != (rate, width, channels):
            raise WyomingError("the form of the sound changes in the middle")
        raw = event.payload or b""
        samples = np.frombuffer(raw[: len(raw) // (2 * channels) * 2 * channels], "<i2").astype(np.int16)
        if channels == 2:
            samples = samples.reshape(-1, 2).astype(np.int32).mean(axis=1).astype(np.int16)
        return samples if self._resampler is None else self._resampler.process(samples)


def chunks(pcm: Pcm, rate: int, samples: int = 1_024) -> list[Event]:
    """``pcm`` as events."""
    raw = pcm.astype("<i2").tobytes()
    size = 2 * samples
    return [
        AudioChunk(rate=rate, width=2, channels=1, audio=raw[at : at + size]).event()
        for at in range(0, len(raw), size)
    ]


def _size(value: Any, most: int) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise WyomingError("an event's length is no number")
    if value > most:
        raise WyomingError(f"an event holds {value} bytes: at most {most} are taken")
    return value
