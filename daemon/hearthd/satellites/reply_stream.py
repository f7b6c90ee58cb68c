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
from typing import Literal

import numpy as np

from hearthd.audio.playback.mixer import Mixer
from hearthd.audio.resample import Resampler
from hearthd.common.audio import Pcm
from hearthd.satellites.flac_stream import FlacStream

Codec = Literal["flac", "wav", "pcm"]

BLOCK_SECONDS = 0.02
READ_BYTES = 24 * 1024
"""So much a device reads at once (``flac_stream``): it plays no sooner."""
AHEAD_SECONDS = 0.34
"""What it has in hand beyond that while it sounds: it bridges a common delay of Wi-Fi. An interruption is
told to its player, which then drops all it has."""
PUSHED_AHEAD_SECONDS = 0.3
"""The same of API audio: less than the 384 ms that the smallest device (a ring of 512 ms) can take."""
QUIET_AHEAD_SECONDS = 0.06
"""The same in silence: the first word comes that much later, and a gap in silence is not heard."""
LATENCY_SECONDS = 0.15
"""From sending to sounding: the network, the device's decoder and its buffer, as far as they are known."""
TAIL_SECONDS = 0.3
"""The silence that ends a stream: the device is told that the reply is over before it has played it out."""
RATES = range(16_000, 48_001)


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """What a device plays: ``rate`` samples per second, of 16 bits, ``channels`` 1 or 2."""

    codec: Codec
    rate: int = 48_000
    channels: int = 1

    @property
    def media_type(self) -> str:
        """For its HTTP header."""
        return "audio/flac" if self.codec == "flac" else "audio/wav"


class Encoder:
    """Mono int16 in, bytes of ``form`` out. Those of ``head`` go first."""

    def __init__(self, form: ReplyForm) -> None:
        self._flac = FlacStream(form.rate, form.channels) if form.codec == "flac" else None
        self._channels = form.channels
        self.head = b"" if form.codec == "pcm" else _wav_head(form)
        if self._flac is not None:
            self.head = self._flac.head

    def encode(self, pcm: Pcm) -> bytes:
        """The next sound; what of it is ready."""
        if self._flac is not None:
            return self._flac.encode(pcm)
        return np.repeat(pcm, self._channels).astype("<i2").tobytes()

    def finish(self) -> bytes:
        """What is left."""
        return b"" if self._flac is None else self._flac.finish()


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
        read = READ_BYTES / (2 * self.form.rate * self.form.channels)
        ahead = PUSHED_AHEAD_SECONDS if self.form.codec == "pcm" else read + AHEAD_SECONDS
        rendered, sounds = loop.time(), False
        chunk = encoder.head
        try:
            while not self.over:
                now = loop.time()
                rendered = max(rendered, now)  # what was missed while a send was slow comes later, not faster
                while rendered <= now + (ahead if sounds else QUIET_AHEAD_SECONDS):
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
    for codec in ("flac", "wav"):
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
