"""Changes the sample rate of a stream of audio, piece by piece, without a seam."""

from __future__ import annotations

from typing import Any

import numpy as np

from hearthd.common.audio import Pcm


class Resampler:
    """int16 mono from ``source`` to ``target`` samples a second (soxr, high quality).

    Output sample n belongs to input time n / target: the filter's delay is taken out, so output comes
    a little later than its input, but not displaced.
    """

    def __init__(self, source: int, target: int) -> None:
        self.source, self.target = source, target
        self._stream: Any = None
        self.reset()

    def process(self, pcm: Pcm) -> Pcm:
        """The next input; returns what is ready (perhaps nothing)."""
        if self._stream is None:
            return pcm
        out: Pcm = self._stream.resample_chunk(np.ascontiguousarray(pcm, dtype=np.int16))
        return out

    def finish(self) -> Pcm:
        """The end of the input: returns the rest. Ready for a new stream afterwards."""
        if self._stream is None:
            return np.zeros(0, np.int16)
        out: Pcm = self._stream.resample_chunk(np.zeros(0, np.int16), last=True)
        self.reset()
        return out

    def reset(self) -> None:
        """Forget what was fed."""
        if self.source != self.target:
            import soxr

            self._stream = soxr.ResampleStream(self.source, self.target, 1, dtype="int16")


def resample(pcm: Pcm, source: int, target: int) -> Pcm:
    """A whole recording at another rate."""
    if source == target:
        return pcm
    import soxr

    out: Pcm = soxr.resample(pcm, source, target)
    return out
