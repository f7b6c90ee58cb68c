"""A speaker that hears sound, on a virtual clock: the real front end, canceller, dialogue, turn and mixer.

Its own voice comes back to its microphone as in a room. Recogniser and chat model are scripted, or whatever a
test gives it that answers without really waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve, resample_poly

from hearthd.audio.echo.canceller import DualCanceller
from hearthd.audio.playback.mixer import Mixer
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.parts import OnHealth
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.engines.protocols import Asr
from hearthd.engines.vad.vad import Silero
from hearthd.frontend.frontend import FrontEnd, WakeEngine
from hearthd.frontend.near_end import NearEndListener
from hearthd.rooms.ports import Hardware
from hearthd.turn_taking.pauses import Pauses
from tests.scenes.scene import impulse_response
from tests.scripted import (
    BLOCK_SECONDS,
    Scripted,
    ScriptedMicrophone,
    ScriptedThread,
    ScriptedVoice,
    VirtualSpeaker,
)
from tests.utterances import say

BLOCK = 320
LATE_SECONDS = 0.06
"""From a sample's capture to its processing, as with PortAudio."""
ECHO_DB = -12.0
"""The speaker's voice at its microphone, against what the loudspeaker was given."""
HUSH = 16.0
"""Standard deviation of the room's own sound, in samples: -66 dB of full scale."""


class Ears:
    """A microphone in a room with a loudspeaker: people, the reply's echo, the room's own sound."""

    def __init__(
        self,
        mixer: Mixer,
        told: OnHealth,
        hear: Callable[[e.Event], None],
        wake: WakeEngine,
        settings: Settings,
    ) -> None:
        self._hear = hear
        canceller = DualCanceller(mixer.reference, told)
        near_end = NearEndListener(canceller)
        self.front_end = FrontEnd(wake, Silero(), settings, echo=canceller, near_end=near_end)
        self._people = np.zeros(0)
        self._echo = np.zeros(2 * SAMPLE_RATE)
        """From the next block on."""
        self._response = impulse_response(0.25, np.random.default_rng(0)) * 10 ** (ECHO_DB / 20)
        self._random = np.random.default_rng(0)

    def say(self, pcm: Pcm) -> None:
        """``pcm`` is said from now on."""
        self._people = pcm.astype(np.float64)

    def sounds(self, pcm: Pcm, after: float) -> None:
        """The loudspeaker sounds ``pcm`` (48 kHz), ``after`` seconds from the next block's beginning."""
        heard = fftconvolve(resample_poly(pcm.astype(np.float64), 1, 3), self._response)
        first = round(after * SAMPLE_RATE)
        self._echo[first : first + len(heard)] += heard[: len(self._echo) - first]

    def block(self, at: float) -> None:
        """The next 20 ms, captured from ``at`` on, are heard."""
        sound = self._random.standard_normal(BLOCK) * HUSH + self._echo[:BLOCK]
        self._echo = np.concatenate((self._echo[BLOCK:], np.zeros(BLOCK)))
        said, self._people = self._people[:BLOCK], self._people[BLOCK:]
        sound[: len(said)] += said
        near = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
        for event in self.front_end.process(near, at):
            self._hear(event)


class EchoingSpeaker(VirtualSpeaker):
    """What it sounds comes back to the microphone."""

    ears: Ears

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        frames = int(self.mixer.rate * BLOCK_SECONDS)
        at = loop.time()
        while True:
            pcm = self.mixer.render(frames, at + self.LATENCY)
            if pcm.any():
                self.blocks.append((at + self.LATENCY, pcm.copy()))
                self.ears.sounds(pcm, self.LATENCY + LATE_SECONDS)
            self.ears.block(at - LATE_SECONDS)
            at += BLOCK_SECONDS
            await asyncio.sleep(at - loop.time())


class SpokenVoice(ScriptedVoice):
    """Speaks as a person does."""

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        self.said.append(text)
        await asyncio.sleep(self.first)
        yield say(text, "heart" if language == "en" else "zf_xiaoxiao", self.rate)


class HearingSpeaker(Scripted):
    """The speaker, running."""

    def __init__(self, folder: Path, asr: Asr, wake: WakeEngine, settings: Settings | None = None) -> None:
        super().__init__(folder, settings, asr, voice=SpokenVoice())  # type: ignore[arg-type]
        self.chat.text = "I have looked that up for you. It is a nice day, and the sun will shine until noon."
        # The first sound comes 0.9 s after the words, as with SmolLM2 and the embedded voice.
        self.chat.first, self.chat.between, self.voice.first = 0.12, 0.015, 0.08
        self._wake = wake

    def _hardware(self, mixer: Mixer, told: OnHealth, hear: Callable[[e.Event], None]) -> Hardware:
        self.ears = Ears(mixer, told, hear, self._wake, self.settings)
        self.speaker = speaker = EchoingSpeaker(mixer)
        speaker.ears = self.ears
        front_end = self.ears.front_end
        return Hardware(ScriptedMicrophone(), speaker, front_end, ScriptedThread(front_end))

    async def learns_the_room(self) -> None:
        """A reply is heard to its end: what the canceller leaves of it is known from then on."""
        self.room.post(e.AskRequested(self.clock(), "How are you?"))
        await self.until(lambda: bool(self.turns) and self.phase == "idle")
        self.forget()

    def forget(self) -> None:
        """What was said before counts no more, and nobody's pauses are known."""
        self.turns.clear()
        self.speaker.blocks.clear()
        self.ears.front_end._pauses, self.ears.front_end._last_word = Pauses(), -1

    async def asked(self, pcm: Pcm) -> None:
        """The button is pressed, and ``pcm`` is said; done when the speaker is at rest again."""
        self.room.post(e.ListenRequested(self.clock(), self.ears.front_end.now))
        await self.hears(pcm)

    async def hears(self, pcm: Pcm) -> None:
        """``pcm`` is said; done when the speaker is at rest again."""
        self.ears.say(pcm)
        await asyncio.sleep(len(pcm) / SAMPLE_RATE + 0.1)
        await self.until(lambda: self.phase == "idle")

    def sounded(self, start: float, end: float, level: int) -> float:
        """For how many seconds it was louder than ``level`` between two times."""
        loud = [at for at, pcm in self.speaker.blocks if np.abs(pcm.astype(np.int32)).max() > level]
        return BLOCK_SECONDS * sum(start <= at < end for at in loud)
