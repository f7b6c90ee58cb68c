"""A reply as one stream of encoded sound, made while it is sent.

A device that fetches its replies gives up after 2.0 s without sound, and then opens its microphone into the
answer. So a stream begins with silence at once, while the model still thinks, and what sounds is laid into it
when it is there. Little is sent ahead: the device can be told to stop, but what it has is what it plays.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from hearthd.audio.playback.mixer import Mixer
from hearthd.audio.resample import Resampler
from hearthd.common.audio import Pcm

Codec = Literal["flac", "wav", "mp3", "pcm"]

BLOCK_SECONDS = 0.02
AHEAD_SECONDS = 0.3
"""What a device has in hand while it sounds: it bridges a common delay of Wi-Fi, and is less than the 384 ms
that the smallest of them (a ring of 512 ms) can take."""
QUIET_AHEAD_SECONDS = 0.06
"""The same in silence: the first word comes that much later, and a gap in silence is not heard."""
LATENCY_SECONDS = 0.15
"""From sending to sounding: the network, the device's decoder and its buffer, as far as they are known."""
TAIL_SECONDS = 0.3
"""The silence that ends a stream: the device is told that the reply is over before it has played it out."""
RATES = range(8_000, 48_001)


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """What a device plays: ``rate`` samples per second, of 16 bits, ``channels`` 1 or 2."""

    codec: Codec
    rate: int = 48_000
    channels: int = 1

    @property
    def media_type(self) -> str:
        """For its HTTP header."""
        return {"flac": "audio/flac", "mp3": "audio/mpeg"}.get(self.codec, "audio/wav")


class Encoder:
    """Mono int16 in, bytes of ``form`` out. Those of ``head`` go first."""

    def __init__(self, form: ReplyForm) -> None:
        self.form, self.head = form, b""
        self._context: Any = None
        self._position = 0
        if form.codec == "wav":
            self.head = _wav_head(form)
        elif form.codec in ("flac", "mp3"):
            import av

            self._context = av.CodecContext.create("flac" if form.codec == "flac" else "libmp3lame", "w")
            self._context.sample_rate, self._context.time_base = form.rate, Fraction(1, form.rate)
            self._context.layout = "mono" if form.channels == 1 else "stereo"
            self._context.format = "s16" if form.codec == "flac" else "s16p"
            if form.codec == "flac":
                self._context.options = {"compression_level": "0"}  # frames of 24 ms, not of 96
                self._context.open()
                info = self._context.extradata
                self.head = b"fLaC\x80" + len(info).to_bytes(3, "big") + info

    def encode(self, pcm: Pcm) -> bytes:
        """The next sound; what of it is ready."""
        if self._context is None:
            return np.repeat(pcm, self.form.channels).astype("<i2").tobytes()
        if len(pcm) == 0:
            return b""
        import av

        packed = self._context.format.is_packed
        rows = (
            np.repeat(pcm, self.form.channels).reshape(1, -1)
            if packed
            else np.tile(pcm, (self.form.channels, 1))
        )
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(rows), format=self._context.format.name, layout=self._context.layout.name
        )
        frame.sample_rate, frame.pts = self.form.rate, self._position
        self._position += len(pcm)
        return b"".join(bytes(packet) for packet in self._context.encode(frame))

    def finish(self) -> bytes:
        """What is left."""
        return b"" if self._context is None else b"".join(bytes(one) for one in self._context.encode(None))


class ReplyStream:
    """What ``mixer`` plays, from when it is fetched until ``end``. It is fetched once."""

    def __init__(self, mixer: Mixer, form: ReplyForm, broke_off: Callable[[ReplyStream], None]) -> None:
        """``broke_off``: is called if the device has stopped taking it before it was over."""
        self.form = form
        self.fetched = asyncio.Event()
        self.fetched_at: float | None = None
        """When, on the event loop's clock."""
        self.over = False
        """No more sound will come: the silence at its end is left, or nothing."""
        self._mixer, self._broke_off = mixer, broke_off

    def end(self) -> None:
        """Send no more of the mixer's sound."""
        self.over = True

    async def body(self) -> AsyncGenerator[bytes]:
        """The stream, as it is to be sent. Close it if it cannot be sent any further."""
        loop = asyncio.get_running_loop()
        self.fetched_at = loop.time()
        self.fetched.set()
        encoder = Encoder(self.form)
        resampler = Resampler(self._mixer.rate, self.form.rate)
        frames = round(self._mixer.rate * BLOCK_SECONDS)
        rendered, sounds = loop.time(), False
        chunk = encoder.head
        try:
            while not self.over:
                now = loop.time()
                rendered = max(rendered, now)  # what was missed while a send was slow comes later, not faster
                while rendered <= now + (AHEAD_SECONDS if sounds else QUIET_AHEAD_SECONDS):
                    block = self._mixer.render(frames, rendered + LATENCY_SECONDS)
                    rendered, sounds = rendered + BLOCK_SECONDS, bool(block.any())
                    chunk += encoder.encode(resampler.process(block))
                if chunk:
                    yield chunk
                    chunk = b""
                await asyncio.sleep(BLOCK_SECONDS)
            silence = np.zeros(round(self._mixer.rate * TAIL_SECONDS), np.int16)
            last = [resampler.process(silence), resampler.finish()]
            yield b"".join(map(encoder.encode, last)) + encoder.finish()
        except GeneratorExit:
            if not self.over:
                self._broke_off(self)
            raise


def best_form(offered: Sequence[tuple[str, int, int]]) -> ReplyForm:
    """The form for a device that plays ``offered``: codec, rate, channels of each; nothing: it says none."""
    for codec in ("flac", "wav", "mp3"):
        for name, rate, channels in offered:
            if name == codec and rate in RATES and channels in (1, 2):
                return ReplyForm(codec, rate, channels)
            if name == codec and not rate:
                return ReplyForm(codec)
    return ReplyForm("flac")


def _wav_head(form: ReplyForm) -> bytes:
    """A WAV of unknown length: as long as its 32 bits can say."""
    frame = 2 * form.channels
    longest = 0xFFFFFFFF - 36
    longest -= longest % frame
    layout = struct.pack("<HHIIHH", 1, form.channels, form.rate, form.rate * frame, frame, 16)
    return (
        b"RIFF"
        + struct.pack("<I", longest + 36)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + layout
        + (b"data" + struct.pack("<I", longest))
    )
