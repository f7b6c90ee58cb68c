"""Reads the server's answer: a WAV that streams in, checked as it comes.

A streamed answer is one 44-byte header with no sizes in it, then PCM in pieces of any length, odd ones
included, and after every line of the text an exact stretch of zeros (``fragment_interval``). The last
of those is the end of the speech; the connection itself ends 0.4 to 1 s later, because the server
collects its garbage first.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from hearthd.common.audio import Pcm
from hearthd.common.errors import NotAudioError, RunawayAudioError, SilentAudioError, WrongRateError

RATES = frozenset([24_000, 32_000, 48_000])
"""v3 speaks at 24 kHz, v4 at 48 kHz, all others at 32 kHz."""
MAX_HEADER = 4_096
"""No WAV header of a voice server is longer."""
LONGEST_GAP = 2
"""A run of zeros that is longer than so many gaps is no gap: after a failure comes half a second of them."""
UNKNOWN_SIZES = frozenset([0, 0xFFFFFFFF])
"""What a streamed header has for the size of its data."""


class WavStream:
    """Feed it the body as it comes; it gives int16 samples, or raises what is wrong with them."""

    def __init__(self, *, rate: int | None, lines: int, gap_seconds: float, most_seconds: float) -> None:
        self.rate = rate
        """The rate that is expected; None takes the first of ``RATES``, and this then says which."""
        self.most_seconds = most_seconds
        """The longest that the text can take."""
        self.ended = False
        """The zeros after the last line have come, or all that the header promised: it is complete."""
        self.samples = 0
        self._lines = lines
        self._gap_seconds = gap_seconds
        self._head: bytes | None = b""
        self._rest = b""
        self._left: int | None = None
        """Bytes of audio that the header promises, if it does."""
        self._zeros = 0
        """Length of the run of zeros at the end of what has come."""
        self._gaps = 0
        self._sound = False

    def feed(self, data: bytes) -> Pcm:
        """The samples that ``data`` completes (perhaps none). Raises VoiceServerError."""
        if self._head is not None:
            head = self._head + data
            start = self._parse_header(head)
            if start is None:
                if len(head) > MAX_HEADER:
                    raise NotAudioError("the voice server's answer has no WAV header")
                self._head = head
                return np.zeros(0, np.int16)
            self._head, data = None, head[start:]
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        data = self._rest + data
        whole = len(data) - len(data) % 2
        self._rest = data[whole:]
        pcm: Pcm = np.frombuffer(data[:whole], "<i2").astype(np.int16)
        self._account(pcm)
        self.ended = self.ended or self._left == 0
        return pcm

    def finish(self) -> None:
        """The body has ended: raise SilentAudioError or NotAudioError if it was no speech."""
        if self._head:
            raise NotAudioError("the voice server's answer ends within its WAV header")
        if self.samples and not self._sound:
            raise SilentAudioError("the voice server sent only silence; try is_half: false in its yaml")

    def _account(self, pcm: Pcm) -> None:
        if len(pcm) == 0:
            return
        assert self.rate is not None
        self.samples += len(pcm)
        if self.samples > self.most_seconds * self.rate:
            raise RunawayAudioError(
                f"the voice server sent more than {self.most_seconds:.0f} s of audio for one short text"
            )
        self._count_gaps(np.flatnonzero(pcm), len(pcm), int(self._gap_seconds * self.rate))

    def _count_gaps(self, loud: NDArray[np.intp], count: int, gap: int) -> None:
        """Of ``count`` new samples those at ``loud`` are not zero: count the runs of ``gap`` zeros."""
        if len(loud):
            if self._sound and self._zeros < gap <= self._zeros + int(loud[0]):
                self._gaps += 1
            self._gaps += int(np.count_nonzero(np.diff(loud) > gap))
            self._sound = True
            self._zeros = 0
            count -= int(loud[-1]) + 1
        if self._sound and self._zeros < gap <= self._zeros + count:
            self._gaps += 1
        self._zeros += count
        self.ended = self._gaps >= self._lines and gap <= self._zeros < LONGEST_GAP * gap

    def _parse_header(self, head: bytes) -> int | None:
        """Where the audio begins in ``head``; None if more of the header must come."""
        if len(head) < 12:
            if not b"RIFF".startswith(head[:4]):
                raise NotAudioError("the voice server's answer is no WAV file")
            return None
        if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
            raise NotAudioError("the voice server's answer is no WAV file")
        position = 12
        fmt_seen = False
        while position + 8 <= len(head):
            kind, size = head[position : position + 4], struct.unpack_from("<I", head, position + 4)[0]
            position += 8
            if kind == b"data":
                if not fmt_seen:
                    raise NotAudioError("the voice server's WAV does not say its format")
                self._left = None if size in UNKNOWN_SIZES else size
                return position
            if position + size > len(head):
                if size > MAX_HEADER:
                    raise NotAudioError("the voice server's WAV header is damaged")
                return None
            if kind == b"fmt ":
                self._check_format(head[position : position + size])
                fmt_seen = True
            position += size + size % 2
        return None

    def _check_format(self, fmt: bytes) -> None:
        if len(fmt) < 16:
            raise NotAudioError("the voice server's WAV header is damaged")
        code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", fmt)
        if code != 1 or channels != 1 or bits != 16:
            raise NotAudioError(
                f"the voice server's WAV has {bits} bit, {channels} channels: not 16-bit mono"
            )
        if rate not in RATES:
            raise WrongRateError(
                f"the voice server sent {rate} Hz: that is the silence it sends when the synthesis has failed"
            )
        if self.rate is not None and rate != self.rate:
            raise WrongRateError(f"the voice server sent {rate} Hz where its model speaks at {self.rate} Hz")
        self.rate = rate
