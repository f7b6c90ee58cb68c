"""The microphone: 16 kHz blocks with their time, whatever the card does.

The callback copies bytes into a queue and nothing else; conversion and resampling happen in the thread
that reads. Positions downstream are counted in samples, so what is lost (an overflow, a reopened device,
a muted while) is reported with the next block, and position / 16000 stays the true time.
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hearthd.audio.devices import catalog
from hearthd.audio.devices.catalog import SoundDevice
from hearthd.audio.devices.supervised_stream import Supervised, monotonic_of
from hearthd.audio.resample import Resampler
from hearthd.audio.sample_clock import SampleClock
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.parts import OnHealth, Part
from hearthd.service.message_ids import MessageId

log = logging.getLogger(__name__)

BLOCK = 320
"""Samples of a block at 16 kHz: 20 ms."""
BLOCK_SECONDS = BLOCK / SAMPLE_RATE
LATENCY_SECONDS = 0.08
"""Asked of PortAudio. Measured through PulseAudio, 80 ms costs 0.5 % of a core where 40 ms costs 0.9 %
(half the wake-ups) and brings a block 10 ms later; a longer buffer brings blocks in bursts."""
MAX_QUEUED = 500
"""Raw blocks (10 s) kept for a reader that is behind; older ones are lost, and counted."""
MUTED_SECONDS = 60.0
"""Exact zeros for that long from a device that is there are told of."""


@dataclass(frozen=True, slots=True)
class Block:
    """Samples at 16 kHz: of a device 320, of a satellite what came at once."""

    pcm: Pcm
    at: float
    """When the first sample was captured: seconds, monotonic, smoothed over the stream."""
    lost: int = 0
    """Samples (of its rate) missing between the block before and this one."""


@dataclass(slots=True)
class RawBlock:
    """What a callback copied: int16 samples, channels interleaved."""

    data: bytes
    at: float
    """When its first sample was captured, as PortAudio estimates it (seconds, monotonic)."""
    frames: int
    rate: int
    channels: int
    stream: int
    """Counts the openings of the device."""


class Microphone(Supervised):
    """Reads the device ``name`` ('' the system's default), reopened when it is lost."""

    part = Part.MICROPHONE
    direction = "input"

    def __init__(self, name: str, on_health: OnHealth, rate: int = SAMPLE_RATE) -> None:
        """``rate``: samples a second of the blocks; what records for a clone wants more than what listens."""
        super().__init__(name, on_health)
        self._rate = rate
        self._queue: queue.SimpleQueue[RawBlock] = queue.SimpleQueue()
        self._openings = 0
        self._mute_told = False
        self.blocks = Blocks(rate)

    @property
    def reading(self) -> bool:
        """Whether the device is to be open. Off closes it: muted is really muted."""
        return self._wanted

    @reading.setter
    def reading(self, on: bool) -> None:
        self._wanted = on
        self._said = None
        self.nudge()

    def read(self, timeout: float) -> Block | None:
        """The next block, waiting up to ``timeout`` seconds. For one thread, the front end's."""
        block = self.blocks.next()
        if block is not None:
            return block
        deadline = time.monotonic() + timeout
        while True:
            try:
                raw = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return None
            if not self._wanted:
                continue
            self.blocks.feed(raw)
            block = self.blocks.next()
            if block is not None:
                return block

    def _open(self, device: SoundDevice) -> Any:
        sounddevice = catalog.portaudio()

        def make(rate: int, channels: int) -> Any:
            return sounddevice.RawInputStream(
                device=device.index,
                samplerate=rate,
                blocksize=round(rate * BLOCK_SECONDS),
                channels=channels,
                dtype="int16",
                latency=LATENCY_SECONDS,
                callback=self._callback_for(rate, channels),
            )

        self._openings += 1
        self.blocks.sounded_at = time.monotonic()
        stream = self._attempt(device, make, [self._rate])
        self._latency = float(stream.latency)
        return stream

    def _watched(self, device: SoundDevice) -> None:
        """Exact zeros come from no real microphone: say once that it is muted, until it sounds again."""
        silent = time.monotonic() - self.blocks.sounded_at
        if silent >= MUTED_SECONDS and not self._mute_told:
            log.warning(
                "%s: every sample is zero: is it muted, or its capture level at 0?",
                device.name,
                extra={"part": self.part, "stage": "audio", "message_id": MessageId.SILENT_MICROPHONE},
            )
        self._mute_told = silent >= MUTED_SECONDS

    def _callback_for(self, rate: int, channels: int) -> Callable[[Any, int, Any, Any], None]:
        put, size, stream = self._queue.put, self._queue.qsize, self._openings

        def callback(data: Any, frames: int, timing: Any, _: Any) -> None:
            """PortAudio's thread: copy, return."""
            self._called_back()
            at = monotonic_of(timing.inputBufferAdcTime, timing.currentTime, -self._latency)
            if size() < MAX_QUEUED:
                put(RawBlock(bytes(data), at, frames, rate, channels, stream))

        return callback


class Blocks:
    """Makes even 20 ms blocks at ``rate`` with true times of a device's raw ones. Used by one thread."""

    def __init__(self, rate: int = SAMPLE_RATE) -> None:
        self._rate, self._size = rate, round(rate * BLOCK_SECONDS)
        self.sounded_at = time.monotonic()
        """When a sample other than 0 last came."""
        self._stream = -1
        self._resampler: Resampler | None = None
        self._clock = SampleClock(rate)
        self._raw_position = 0
        """Samples (at the card's rate) fed since the device was opened, lost ones included."""
        self._position = 0
        """Samples (at ``rate``) given out since the device was opened, lost ones included."""
        self._rest = np.zeros(0, np.int16)
        self._lost = 0
        self._next_at: float | None = None
        """When the sample after the last block given out should have been captured."""

    def feed(self, raw: RawBlock) -> None:
        """Take the next raw block."""
        if raw.stream != self._stream:
            self._begin(raw)
        position = self._raw_position * self._rate // raw.rate
        jump = self._clock.stamp(position, raw.at)
        if jump > 0:
            missing = round(jump * self._rate)
            self._lost += missing
            self._position += missing
            self._raw_position += round(jump * raw.rate)
            self._clock.restart()
            self._clock.stamp(self._raw_position * self._rate // raw.rate, raw.at)
        self._raw_position += raw.frames
        pcm = np.frombuffer(raw.data, np.int16)
        if raw.channels > 1:
            pcm = pcm[:: raw.channels]
        if pcm.any():
            self.sounded_at = time.monotonic()
        if self._resampler is not None:
            pcm = self._resampler.process(pcm)
        self._rest = np.concatenate([self._rest, pcm]) if len(self._rest) else pcm

    def next(self) -> Block | None:
        """The next block, if its samples are there."""
        if len(self._rest) < self._size:
            return None
        pcm, self._rest = self._rest[: self._size], self._rest[self._size :]
        at = self._clock.time_of(self._position)
        lost, self._lost = self._lost, 0
        if self._next_at is not None:
            lost += max(0, round((at - self._next_at) * self._rate))
            self._next_at = None
        self._position += self._size
        return Block(pcm, at, lost)

    def _begin(self, raw: RawBlock) -> None:
        """The device was opened anew: the time since the last block is lost."""
        if self._clock.running:
            self._next_at = self._clock.time_of(self._position)
        self._stream = raw.stream
        self._resampler = Resampler(raw.rate, self._rate) if raw.rate != self._rate else None
        self._clock.restart()
        self._raw_position = self._position = 0
        self._rest = np.zeros(0, np.int16)
