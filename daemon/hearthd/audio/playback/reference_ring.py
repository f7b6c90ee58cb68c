"""What the loudspeaker was sounding, by time: the reference of the echo canceller.

The mixer writes every block it renders with the time at which the block's first sample leaves the
loudspeaker. The reader asks by time, at 16 kHz. Reading the future or the far past gives silence.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from hearthd.audio.sample_clock import SampleClock
from hearthd.common.audio import Pcm

KEEP_SECONDS = 4
"""Longer than any delay between loudspeaker and microphone plus the front end's own lag."""
TAPS_PER_STEP = 16
"""Low-pass taps per decimated sample: 48 -> 16 kHz takes 97 taps, flat to 6.6 kHz, -60 dB from 8.5 kHz."""
CUTOFF = 0.92
"""Edge of the low-pass as a share of the target's Nyquist frequency."""


class ReferenceRing:
    """The last seconds of what was played, at ``rate``. One writer, any readers."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._ring = np.zeros(rate * KEEP_SECONDS, np.int16)
        self._lock = threading.Lock()
        self._clock = SampleClock(rate)
        self._first = 0
        self._written = 0
        self._last_sound = 0
        """One past the last sample that was not zero."""
        self._filters: dict[int, NDArray[np.float32]] = {}

    def write(self, pcm: Pcm, at: float, silent: bool = False) -> None:
        """``pcm`` begins to sound at ``at``. ``silent``: it is known to be all zeros."""
        size = len(self._ring)
        count = len(pcm)
        if count == 0 or count > size:
            return
        with self._lock:
            jump = self._clock.stamp(self._written, at)
            if jump > 0:
                self._skip(min(size, round(jump * self.rate)))
                self._clock.restart()
                self._clock.stamp(self._written, at)
            elif jump < 0:
                self._first = self._last_sound = self._written
            start = self._written % size
            head = min(count, size - start)
            self._ring[start : start + head] = pcm[:head]
            self._ring[: count - head] = pcm[head:]
            self._written += count
            if not silent and pcm.any():
                self._last_sound = self._written

    def interrupted(self) -> None:
        """The device is gone: what was written last belongs to no clock any more."""
        with self._lock:
            self._clock.restart()
            self._first = self._last_sound = self._written

    def position_at(self, at: float) -> float | None:
        """The position (samples at the ring's rate) that sounds at ``at``; None while no device plays."""
        with self._lock:
            return self._clock.position_at(at) if self._clock.running else None

    def read(self, at: float, count: int, rate: int = 16_000) -> Pcm:
        """``count`` samples at ``rate`` (a divisor of the ring's) of what sounded from ``at`` on."""
        position = self.position_at(at)  # before the first stamp nothing is written: any position is silent
        return self.read_from(0.0 if position is None else position, count, rate)

    def read_from(self, position: float, count: int, rate: int = 16_000) -> Pcm:
        """Like ``read``, from ``position`` on (rounded to a sample of the ring)."""
        step, rest = divmod(self.rate, rate)
        if rest:
            raise ValueError(f"{rate} is no divisor of {self.rate}")
        taps = self._low_pass(step)
        half = len(taps) // 2
        with self._lock:
            begin = round(position) - half
            end = begin + step * (count - 1) + len(taps)
            if begin >= self._last_sound or end <= max(self._first, self._written - len(self._ring)):
                return np.zeros(count, np.int16)
            raw = self._copy(begin, end)
        if step == 1:
            return raw
        low = np.convolve(raw.astype(np.float32), taps, "valid")[::step]
        filtered: Pcm = np.clip(np.rint(low), -32768, 32767).astype(np.int16)
        return filtered

    def _skip(self, count: int) -> None:
        """``count`` samples of silence: the device was starved for that long."""
        size = len(self._ring)
        start = self._written % size
        head = min(count, size - start)
        self._ring[start : start + head] = 0
        self._ring[: count - head] = 0
        self._written += count

    def _copy(self, begin: int, end: int) -> Pcm:
        out = np.zeros(end - begin, np.int16)
        size = len(self._ring)
        low = max(begin, self._first, self._written - size, 0)
        high = min(end, self._written)
        if low < high:
            positions = low % size
            head = min(high - low, size - positions)
            out[low - begin : low - begin + head] = self._ring[positions : positions + head]
            out[low - begin + head : high - begin] = self._ring[: high - low - head]
        return out

    def _low_pass(self, step: int) -> NDArray[np.float32]:
        """The decimator's filter: a windowed sinc (Blackman), unit gain at 0 Hz."""
        taps = self._filters.get(step)
        if taps is None:
            half = TAPS_PER_STEP * step if step > 1 else 0
            n = np.arange(-half, half + 1)
            shape = np.sinc(n * CUTOFF / step) * (np.blackman(len(n)) if half else 1.0)
            taps = (shape / shape.sum()).astype(np.float32)
            self._filters[step] = taps
        return taps
