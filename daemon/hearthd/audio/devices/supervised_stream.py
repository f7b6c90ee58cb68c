"""Keeps a PortAudio stream open: open, watch, on loss close, say so, wait, open again.

PortAudio reports a lost device badly: a stopped sound server ends the callbacks without an error, and
an unplugged device under PulseAudio goes on with silence. So the time of the last callback is watched,
and every two seconds ALSA is asked whether it would open the device again, where it can be opened twice.
"""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import product
from typing import Any

from hearthd.audio.devices import alsa, catalog, mute_stderr
from hearthd.audio.devices.alsa import Direction
from hearthd.audio.devices.catalog import DeviceError, SoundDevice
from hearthd.common.backoff import Backoff
from hearthd.common.parts import OnHealth, Part

log = logging.getLogger(__name__)

ALSA = "ALSA"
"""What PortAudio calls it among its hosts."""
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0
STALL_SECONDS = 1.0
"""Without a callback for that long the device is lost: 50 blocks, ten times the worst delay seen."""
WATCH_SECONDS = 0.5
PROBE_SECONDS = 2.0
"""How often an open device is asked for again: PulseAudio moves a stream off a device without a word. Asking
costs 0.6 ms of CPU here and 0.4 ms in the sound server (measured), less than a tenth of a percent."""


class Supervised(ABC):
    """A device's stream with a life of its own. ``run`` never returns; cancel it to close the device."""

    part: Part
    direction: Direction

    def __init__(self, name: str, on_health: OnHealth) -> None:
        self.name = name
        self._on_health = on_health
        self._said: tuple[bool, str] | None = None
        self._wanted = True
        self._loop: asyncio.AbstractEventLoop | None = None
        self._nudge = asyncio.Event()
        """Something may have changed: look now."""
        self._stream: Any = None
        self._shape = (0, 0)
        """Rate and channels of the open stream."""
        self._latency = 0.0
        self._last_callback = 0.0
        self._lost_at = time.monotonic()
        self._called = False
        """Whether the open stream has called back."""
        self._ended = False
        self._shareable = False
        """Whether the device can be opened twice, as a sound server's can: only then can it be asked for."""

    @abstractmethod
    def _open(self, device: SoundDevice) -> Any:
        """Open ``device`` and return the stream, not started. Raises DeviceError."""

    @abstractmethod
    def _watched(self, device: SoundDevice) -> None:
        """The device works, as far as can be told. Called twice a second."""

    def _lost(self) -> None:
        """The device has just been closed."""
        self._lost_at = time.monotonic()

    def _waited(self, seconds: float) -> None:
        """There has been no device for so long."""
        log.debug("%s: none for %.1f s", self.part, seconds)

    @property
    def open(self) -> bool:
        """Whether the device is open."""
        return self._stream is not None

    async def run(self) -> None:
        """Keep the device open until cancelled."""
        self._loop = asyncio.get_running_loop()
        self._ended = False
        self._lost_at = time.monotonic()
        backoff = Backoff(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, jitter=0.25)
        try:
            while True:
                if not self._wanted:
                    await self._nudged(None)
                    continue
                try:
                    device = await asyncio.to_thread(self._start)
                except DeviceError as error:
                    self._say(False, str(error))
                    self._waited(time.monotonic() - self._lost_at)
                    await self._nudged(backoff.wait())
                    continue
                trouble = await self._watch(device, backoff)
                await asyncio.to_thread(self._stop)
                if trouble:
                    self._say(False, trouble)
        finally:
            self._ended = True  # a thread may be opening the device still
            self._stop()

    def _called_back(self) -> None:
        """PortAudio's thread: the stream lives."""
        self._last_callback = time.monotonic()
        if not self._called:
            self._called = True
            self.nudge()

    def nudge(self) -> None:
        """Look at the stream now. From any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._nudge.set)

    async def _nudged(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._nudge.wait()
        except TimeoutError:
            return
        self._nudge.clear()

    async def _watch(self, device: SoundDevice, backoff: Backoff) -> str | None:
        """Return why the device must be closed: a trouble to tell of, or None."""
        proven = False
        probed = time.monotonic()
        while True:
            await self._nudged(WATCH_SECONDS)
            stream = self._stream
            if stream is None or not self._wanted:
                return None
            if time.monotonic() - self._last_callback > STALL_SECONDS:
                return f'{self.part} "{device.name}" has stopped: unplugged, or its sound server is gone'
            if not proven and self._called:
                proven = True
                backoff.reset()
                self._say(True, device.name)
            self._watched(device)
            if self._shareable and time.monotonic() - probed >= PROBE_SECONDS:
                probed = time.monotonic()
                if not await asyncio.to_thread(self._opens_again, device):
                    return f'{self.part} "{device.name}" is gone: plug it in again'

    def _start(self) -> SoundDevice:
        """Find the device, open and start it. Blocks; raises DeviceError."""
        try:
            device = catalog.find(catalog.scan(), self.name, self.direction)
        except DeviceError:
            if catalog.any_open() and not catalog.appeared(self.name, self.direction):
                raise
            catalog.renew()
            device = catalog.find(catalog.scan(), self.name, self.direction)
        with catalog.lock:
            stream = self._open(device)
            self._last_callback = time.monotonic()
            self._called = False
            try:
                with mute_stderr.no_c_stderr():
                    stream.start()
            except catalog.portaudio().PortAudioError as error:
                stream.close(ignore_errors=True)
                raise DeviceError(_explain(self.part, device, str(error))) from None
            self._stream = stream
            catalog.opened(stream, self._stop)
        if self._ended:
            self._stop()
        self._shareable = device.host == ALSA and self._opens_again(device)
        return device

    def _opens_again(self, device: SoundDevice) -> bool:
        """Whether the device could be opened once more as it is open now; True if it has been closed."""
        with catalog.lock:
            return self._stream is None or self._refusal(device, *self._shape) is None

    def _refusal(self, device: SoundDevice, rate: int, channels: int) -> str | None:
        """Why ALSA would not open the device in this shape; None if it would, and of another host's."""
        if device.host != ALSA:
            return None
        return alsa.refusal(device.name, self.direction, rate, channels)

    def _stop(self) -> None:
        with catalog.lock:
            stream, self._stream = self._stream, None
            if stream is None:
                return
            catalog.closed(stream)
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)
        self._lost()
        self.nudge()

    def _say(self, works: bool, detail: str) -> None:
        """Tell the owner, once for each thing there is to tell."""
        if self._said == (works, detail):
            return
        self._said = (works, detail)
        self._on_health(self.part, works, detail)

    def _attempt(self, device: SoundDevice, make: Callable[[int, int], Any], rates: list[int]) -> Any:
        """``make(rate, channels)`` with the first combination that the card takes."""
        sounddevice = catalog.portaudio()
        able = device.inputs if self.direction == "input" else device.outputs
        shapes = product((1, 2) if able >= 2 else (1,), dict.fromkeys([*rates, device.rate]))
        trouble = ""
        for channels, rate in shapes:
            refusal = self._refusal(device, rate, channels)
            if refusal is not None:
                trouble = trouble or refusal
                continue
            try:
                with mute_stderr.no_c_stderr():
                    stream = make(rate, channels)
            except (sounddevice.PortAudioError, ValueError) as error:
                trouble = trouble or str(error)
                continue
            self._shape = (rate, channels)
            return stream
        raise DeviceError(_explain(self.part, device, trouble))


def _explain(part: str, device: SoundDevice, text: str) -> str:
    if "unavailable" in text.lower() or "busy" in text.lower():
        return f'{part} "{device.name}" is busy: another program has it (`fuser -v /dev/snd/*` shows which)'
    return f'{part} "{device.name}" cannot be opened: {text}'


def monotonic_of(stamp: float, current: float, fallback: float) -> float:
    """A PortAudio time as seconds on the monotonic clock.

    ``stamp`` and ``current`` are the callback's ADC (or DAC) and current times; their clock is
    CLOCK_MONOTONIC or CLOCK_REALTIME, depending on PortAudio's age. Some hosts give 0 for either: then
    the result is ``fallback`` seconds from now.
    """
    now = time.monotonic()
    if stamp <= 0 or current <= 0 or abs(stamp - current) > 2:
        return now + fallback
    if abs(now - current) < 1:
        return stamp
    offset = now - time.time()
    if abs(now - offset - current) < 1:
        return stamp + offset
    return now + (stamp - current)
