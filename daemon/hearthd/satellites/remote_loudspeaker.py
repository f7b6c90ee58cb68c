"""A satellite's loudspeaker: the mixer's sound, sent hardly sooner than it is to be heard.

The protocol knows no "stop playing": what was sent will sound. So nothing is sent further ahead than
``AHEAD_SECONDS``, and an interruption is silent after that. The mixer stays the one that knows what was
played; its sample clock is told when each block will sound. While nothing sounds, nothing is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from wyoming.event import Event

from hearthd.audio.playback.mixer import Mixer
from hearthd.audio.resample import Resampler

BLOCK_SECONDS = 0.02
AHEAD_SECONDS = 0.2
"""What a satellite has in hand while it sounds. It bridges a common delay of Wi-Fi, and with what the device
itself keeps (0.05 to 0.1 s in aplay) an interruption is silent within 300 ms."""
LATENCY_SECONDS = 0.08
"""From sending to sounding: the network and the device's own buffer, as far as they can be known."""
QUIET_SECONDS = 1.0
"""So long a silence ends the satellite's playing: pauses between sentences are shorter, and every beginning
opens its device anew."""


class RemoteLoudspeaker:
    """Plays ``mixer`` by sending. ``rate``: what the satellite wants, in samples per second."""

    def __init__(self, mixer: Mixer, rate: int = 22_050) -> None:
        self.mixer, self.rate = mixer, rate
        self._resampler: Resampler | None = None
        self._playing = False
        self._quiet = 0.0
        """Seconds of silence at the end of what was rendered."""

    async def play(self, send: Callable[[Event], Awaitable[None]]) -> None:
        """Play until cancelled, or ``send`` raises."""
        loop = asyncio.get_running_loop()
        frames = round(self.mixer.rate * BLOCK_SECONDS)
        self._playing, self._quiet = False, QUIET_SECONDS
        form: dict[str, int] = {}
        rendered = loop.time()
        """Until when the sound is rendered."""
        while True:
            now = loop.time()
            rendered = max(rendered, now)  # what was missed while a send was slow is no more to be made up
            while rendered <= now + (AHEAD_SECONDS if self._quiet < BLOCK_SECONDS else 0.0):
                block = self.mixer.render(frames, rendered + LATENCY_SECONDS)
                rendered += BLOCK_SECONDS
                self._quiet = 0.0 if block.any() else self._quiet + BLOCK_SECONDS
                if not self._playing and self._quiet:
                    continue
                if not self._playing:
                    self._playing = True
                    self._resampler = Resampler(self.mixer.rate, self.rate)
                    form = {"rate": self.rate, "width": 2, "channels": 1}
                    await send(Event("audio-start", form))
                assert self._resampler is not None
                pcm = self._resampler.process(block).astype("<i2").tobytes()
                await send(Event("audio-chunk", form, pcm))
                if self._quiet >= QUIET_SECONDS:
                    self._playing = False
                    await send(Event("audio-stop"))
            await asyncio.sleep(_until_the_next_beat(loop.time()))


def _until_the_next_beat(now: float) -> float:
    """All satellites wake at the same multiples of a block: once for ten of them, not ten times."""
    left = BLOCK_SECONDS - now % BLOCK_SECONDS
    return left if left >= BLOCK_SECONDS / 2 else left + BLOCK_SECONDS
