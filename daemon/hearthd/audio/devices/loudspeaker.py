"""The loudspeaker: one output stream, always open, that plays what the mixer renders.

Always open, because opening a device takes 50 to 300 ms and clicks. Without a device nothing hangs:
for ``GRACE_SECONDS`` a reply waits where it is and goes on at that very sample when the device is back;
after that the mixer drops it unheard and the turn ends as if it had been spoken.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearthd.audio.devices import catalog
from hearthd.audio.devices.catalog import SoundDevice
from hearthd.audio.devices.supervised_stream import Supervised, monotonic_of
from hearthd.audio.playback.mixer import Mixer
from hearthd.audio.resample import Resampler
from hearthd.common.parts import OnHealth, Part

BLOCK_SECONDS = 0.02
LATENCY_SECONDS = 0.06
"""Asked of PortAudio: every reply begins, and every stop takes, that much later. On a machine with both
cores busy, 40 ms ran dry 17 times in 8 s where 60 ms did twice."""
GRACE_SECONDS = 3.0
"""A plug that is put right at once loses nothing; a person does not wait longer for a mute loudspeaker."""


class Loudspeaker(Supervised):
    """Plays ``mixer`` on the device ``name`` ('' the system's default), reopened when it is lost."""

    part = Part.LOUDSPEAKER
    direction = "output"

    def __init__(self, name: str, mixer: Mixer, on_health: OnHealth) -> None:
        super().__init__(name, on_health)
        self.mixer = mixer
        self._channels = 1
        self._resampler: Resampler | None = None
        self._ready = np.zeros(0, np.int16)
        """Resampled audio that the card has not asked for yet."""
        mixer.detach()

    def _open(self, device: SoundDevice) -> Any:
        sounddevice = catalog.portaudio()

        def make(rate: int, channels: int) -> Any:
            stream = sounddevice.RawOutputStream(
                device=device.index,
                samplerate=rate,
                blocksize=round(rate * BLOCK_SECONDS),
                channels=channels,
                dtype="int16",
                latency=LATENCY_SECONDS,
                callback=self._callback,
            )
            self._channels = channels
            self._resampler = Resampler(self.mixer.rate, rate) if rate != self.mixer.rate else None
            return stream

        self._ready = np.zeros(0, np.int16)
        stream = self._attempt(device, make, [self.mixer.rate])
        self._latency = float(stream.latency)
        return stream

    def _watched(self, device: SoundDevice) -> None:
        """Nothing but its callbacks tells of a loudspeaker; they are watched already."""

    def _lost(self) -> None:
        self.mixer.detach()

    def _waited(self, seconds: float) -> None:
        if seconds >= GRACE_SECONDS:
            self.mixer.abandon()

    def _callback(self, out: Any, frames: int, timing: Any, status: Any) -> None:
        """PortAudio's thread: render, copy, return."""
        self._called_back()
        dac_time = monotonic_of(timing.outputBufferDacTime, timing.currentTime, self._latency)
        if status.output_underflow:
            self.mixer.starved()
        pcm = self._next(frames, dac_time)
        if self._channels != 1:
            pcm = np.repeat(pcm, self._channels)
        out[:] = pcm.tobytes()

    def _next(self, frames: int, dac_time: float) -> NDArray[np.int16]:
        if self._resampler is None:
            return self.mixer.render(frames, dac_time)
        rate = self._resampler.target
        while len(self._ready) < frames:
            at = dac_time + len(self._ready) / rate
            block = self.mixer.render(round(self.mixer.rate * BLOCK_SECONDS), at)
            self._ready = np.concatenate([self._ready, self._resampler.process(block)])
        pcm, self._ready = self._ready[:frames], self._ready[frames:]
        return pcm
