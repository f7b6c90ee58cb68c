"""When a sample sounded or was captured: a device's sample count tied to the monotonic clock.

PortAudio stamps every callback, but the stamps jitter by milliseconds (scheduling, a sound server's
estimates) while the samples themselves are evenly spaced. An echo canceller aligns two streams by
these times, so the jitter must not reach it: the stamps are averaged, and only a real jump is followed.
"""

from __future__ import annotations

SMOOTHING = 0.02
"""Weight of one new stamp: at 50 stamps a second the average settles in 2 s and follows a drift of
100 ppm with a lag of 0.1 ms."""
JUMP_SECONDS = 0.08
"""A stamp further off than this is not jitter (facts of a virtual room: p99 of 20 ms blocks is 26 ms)."""
JUMP_STAMPS = 3
"""That many stamps off in a row are a jump; a single one is a late callback."""


class SampleClock:
    """Maps positions (samples, counted from 0) to seconds on the monotonic clock."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._zero: float | None = None
        """Time of sample 0, as the stamps have it."""
        self._off = 0
        self._off_sum = 0.0

    def stamp(self, position: int, at: float) -> float:
        """Sample ``position`` was measured at ``at``. Returns the jump taken (seconds, mostly 0)."""
        measured = at - position / self.rate
        if self._zero is None:
            self._zero = measured
            return 0.0
        error = measured - self._zero
        if abs(error) <= JUMP_SECONDS:
            self._off, self._off_sum = 0, 0.0
            self._zero += SMOOTHING * error
            return 0.0
        self._off += 1
        self._off_sum += error
        if self._off < JUMP_STAMPS:
            return 0.0
        jump = self._off_sum / self._off
        self._zero += jump
        self._off, self._off_sum = 0, 0.0
        return jump

    def restart(self) -> None:
        """Forget the past: the stream was opened anew."""
        self._zero = None
        self._off, self._off_sum = 0, 0.0

    @property
    def running(self) -> bool:
        """Whether a stamp has been seen since the start."""
        return self._zero is not None

    def time_of(self, position: float) -> float:
        """Seconds (monotonic) of sample ``position``. 0.0 before the first stamp."""
        return 0.0 if self._zero is None else self._zero + position / self.rate

    def position_at(self, at: float) -> float:
        """The sample (fractional) that belongs to time ``at``. 0.0 before the first stamp."""
        return 0.0 if self._zero is None else (at - self._zero) * self.rate
