"""How an alert sounds: a ring that grows louder with its name said in between, or a reminder's words.

A ring's first sound is synthesised beforehand and needs neither voice nor model; its name is made while that
sounds. Everything goes through the mixer under the ring's own number, as a reply does, so it can be held at
the sample, ducked and flushed, and the echo canceller knows it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import numpy as np

from hearthd.actions.timers.alert import Alert, Kind
from hearthd.actions.timers.sayings import said
from hearthd.audio.chime import chime, ring
from hearthd.audio.playback.mixer import Mixer
from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.engines.protocols import Voice
from hearthd.speech.whole_clip import whole_clip

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.9
"""Between two rounds: in it "stop" is understood without any echo."""
ROUNDS_A_NAME = 2
"""Rounds after which the name is said."""
REMINDERS = 3
"""How often a reminder is said if nobody stops it: whoever is in the room hears one."""
REMIND_AGAIN_SECONDS = 20.0
LEAD_SECONDS = 0.25
"""What is handed to the mixer ahead of what sounds: more than the longest pause of the event loop."""
CHECK_SECONDS = 0.05


class Ringer:
    """Rings one alert at a time on one loudspeaker. For the asyncio thread; none of its methods waits."""

    def __init__(
        self,
        mixer: Mixer,
        voice: Callable[[], Voice],
        language: Callable[[], str],
        on_said: Callable[[int], None],
    ) -> None:
        """``language``: of an alert without one. ``on_said(number)``: a reminder was said often enough."""
        self._mixer, self._voice, self._language, self._on_said = mixer, voice, language, on_said
        self._volume = 0
        self._task: asyncio.Task[None] | None = None
        self.saying = ""
        """What the one that rings says, which the microphone may hear."""

    @property
    def volume(self) -> int:
        """How loud it rings, 0 to 100, whatever the loudspeaker's own volume is."""
        return self._volume

    @volume.setter
    def volume(self, value: int) -> None:
        self._volume = value
        if self._task is not None:
            self._mixer.ring_volume = value

    def ring(self, number: int, alert: Alert) -> None:
        """Ring ``alert`` until ``silence(number)``."""
        language = alert.language or self._language()
        self.saying = said(alert, language)
        self._mixer.ring_volume = self._volume
        play = self._remind if alert.kind is Kind.REMINDER else self._ring
        self._task = asyncio.create_task(play(number, language))

    def silence(self, number: int) -> None:
        """Nothing of it sounds any more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self.saying = ""
        self._mixer.flush(number)
        self._mixer.duck(False)
        self._mixer.ring_volume = None

    async def _ring(self, number: int, language: str) -> None:
        words = asyncio.create_task(self._words(language))
        try:
            rounds = 0
            while True:
                await self._play(number, ring(rounds))
                await self._rest(number, PAUSE_SECONDS)
                rounds += 1
                if rounds % ROUNDS_A_NAME == 0 and words.done() and len(words.result()):
                    await self._play(number, words.result())
                    await self._rest(number, PAUSE_SECONDS)
        finally:
            words.cancel()

    async def _remind(self, number: int, language: str) -> None:
        words = asyncio.create_task(self._words(language))
        try:
            for time in range(REMINDERS):
                await self._play(number, chime("announce"))
                await self._play(number, await words)
                if time < REMINDERS - 1:
                    await self._rest(number, REMIND_AGAIN_SECONDS)
        finally:
            words.cancel()
        await self._waiting_less_than(1)
        self._on_said(number)

    async def _words(self, language: str) -> Pcm:
        """What is said, as sound; nothing if no voice works: then it only rings."""
        try:
            return await whole_clip(self._voice(), self.saying, language, self._mixer.rate)
        except EngineError as error:
            log.warning("it rings without saying which: %s", error, extra={"stage": "tts"})
        except Exception:  # whatever a voice stumbles over: it rings
            log.exception("it rings without saying which", extra={"stage": "tts"})
        return np.zeros(0, np.int16)

    async def _rest(self, number: int, seconds: float) -> None:
        await self._play(number, np.zeros(round(seconds * self._mixer.rate), np.int16))

    async def _play(self, number: int, pcm: Pcm) -> None:
        """Hand ``pcm`` over; returns shortly before its end. In real time, even if no device takes it."""
        self._mixer.play(number, 0, pcm)
        lead = round(LEAD_SECONDS * self._mixer.rate)
        await asyncio.sleep(max(0.0, (len(pcm) - lead) / self._mixer.rate))
        await self._waiting_less_than(lead)  # longer if it was held meanwhile

    async def _waiting_less_than(self, samples: int) -> None:
        while True:
            if self._mixer.waiting() < samples:
                return
            await asyncio.sleep(CHECK_SECONDS)
