"""Leads somebody through a script: shows and says each sentence, hears it read, judges it, asks again."""

from __future__ import annotations

import asyncio
from typing import Self

from rich.console import Console

from hearthd.audio.devices import room_check
from hearthd.audio.devices.microphone import Block
from hearthd.audio.resample import resample
from hearthd.cli.commands.sound import OpenSound
from hearthd.cli.commands.voices_try import RATE as PLAYED_RATE
from hearthd.cli.commands.voices_try import spoken
from hearthd.common.audio import SAMPLE_RATE
from hearthd.common.errors import EngineError
from hearthd.config.settings import Settings
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.engines.protocols import Voice
from hearthd.engines.tts import factory
from hearthd.training.voice import take
from hearthd.training.voice.reading import ScriptReading
from hearthd.training.voice.take import Fault, Take, TakeVerdict
from hearthd.voices import profiles

QUIET_SECONDS = 2.0
TAKE_SECONDS = 30.0
"""A take is over by what is heard; a microphone that gives nothing ends it so."""
MOST_SKIPPED = 3
"""Sentences in a row that could not be read well: it is not the sentences."""

_AGAIN = {
    "en": {
        Fault.NOTHING: "I heard nothing. Once more, please.",
        Fault.CLIPPED: "That was too loud. Once more, please.",
        Fault.QUIET: "That was too quiet. Once more, please.",
        Fault.NOISY: "It is too noisy here. Once more, please.",
        Fault.SHORT: "That was too short. Once more, please.",
        Fault.LONG: "That was too long. Once more, please.",
    },
    "zh": {
        Fault.NOTHING: "我什么也没听到，请再读一遍。",
        Fault.CLIPPED: "声音太大了，请再读一遍。",
        Fault.QUIET: "声音太小了，请再读一遍。",
        Fault.NOISY: "这里太吵了，请再读一遍。",
        Fault.SHORT: "太短了，请再读一遍。",
        Fault.LONG: "太长了，请再读一遍。",
    },
}
_AGAIN_ANYHOW = {"en": "Once more, please.", "zh": "请再读一遍。"}


class Reader:
    """A context: the engines that help are loaded within. What is read well is kept at once."""

    def __init__(self, settings: Settings, reading: ScriptReading, console: Console, *, says: bool) -> None:
        """``says``: the sentences are spoken, too."""
        self._reading, self._console = reading, console
        self._language = reading.asked.language
        self._asr: WhisperAsr | None = WhisperAsr(settings.asr)
        self._pinned = self._language if self._language in settings.asr.languages else None
        self._voice: Voice | None = factory.embedded(settings) if says else None

    async def __aenter__(self) -> Self:
        """Load them, before a device is open: that keeps the processor so busy that sound is lost."""
        try:
            await self._load()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for engine in (self._asr, self._voice):
            if engine is not None:
                await engine.close()

    async def read(self, sound: OpenSound) -> None:
        """Read on until all is read. Raises VoiceError where that does not come about, with the mend.

        ``sound`` is open, its blocks at ``take.RATE``.
        """
        self._sound = sound
        await self._room()
        skipped = 0
        while not self._reading.done:
            last = await self._sentence()
            skipped = skipped + 1 if last.fault else 0
            if last.fault and (not self._reading.asked.minutes or skipped == MOST_SKIPPED):
                raise profiles.VoiceError(f"it does not go well: {last.what}. The mend: {last.mend}")

    async def _load(self) -> None:
        """What is not there is done without, and that is said."""
        with self._console.status("Loading the recogniser and the voice that says the sentences..."):
            wanted = [engine.start() for engine in (self._asr, self._voice) if engine is not None]
            done = await asyncio.gather(*wanted, return_exceptions=True)
        for error in done:
            if error is not None and not isinstance(error, EngineError):
                raise error
        if isinstance(done[0], EngineError):
            self._asr = None
            self._say(f"note: whether the words are read as they stand is not checked: {done[0]}")
        if isinstance(done[-1], EngineError) and self._voice is not None:
            self._voice = None
            self._say(f"note: the sentences are shown, not spoken: {done[-1]}")

    async def _room(self) -> None:
        """What the room is like before anybody speaks."""
        self._say(f"Be quiet, please ({QUIET_SECONDS:.0f} s).")
        heard = resample(await self._sound.hear(QUIET_SECONDS), take.RATE, SAMPLE_RATE)
        for finding in room_check.findings(room_check.Check(quiet=room_check.sound_of(heard))):
            self._say(str(finding))

    async def _sentence(self) -> TakeVerdict:
        """Hear the sentence until it is read well, ``take.TRIES`` times at most; the last verdict."""
        reading = self._reading
        self._say(f"\n{self._progress()}")
        again = ""
        for attempt in range(take.TRIES):
            self._say(f"  {reading.text}")
            await self._speak(again or reading.text)
            verdict = await self._heard()
            if verdict.fault is None:
                self._say(f"[ok] {verdict.seconds:.1f} s, {verdict.level_db:.0f} dB")
                reading.keep(verdict.pcm)
                if not reading.asked.minutes:
                    self._say("So it sounds:")
                    await self._sound.play(resample(verdict.pcm, take.RATE, PLAYED_RATE))
                return verdict
            what_now = "once more" if attempt + 1 < take.TRIES else "it is left out"
            self._say(f"[!!] {verdict.what}: {verdict.mend}; {what_now}")
            again = _AGAIN[self._language].get(verdict.fault, _AGAIN_ANYHOW[self._language])
        reading.skip()
        return verdict

    async def _heard(self) -> TakeVerdict:
        """One take, judged."""
        await self._sound.quiet()
        self._sound.chime()
        await self._sound.quiet()
        self._say("Read it now.")
        one = Take(self._reading.text)

        def feed(block: Block) -> str | None:
            one.feed(block.pcm, block.lost)
            return None if one.over else one.hint

        await self._sound.hear(TAKE_SECONDS, feed)
        verdict = one.verdict()
        if verdict.fault is None and self._asr is not None:
            heard = await self._asr.transcribe(
                resample(verdict.pcm, take.RATE, SAMPLE_RATE), language=self._pinned
            )
            verdict = verdict.beside(heard.text, self._reading.text)
        return verdict

    async def _speak(self, text: str) -> None:
        if self._voice is None:
            return
        try:
            await self._sound.play(await spoken(self._voice, text, self._language))
        except EngineError as error:
            self._voice = None
            self._say(f"note: the sentences are shown, not spoken: {error}")

    def _progress(self) -> str:
        asked, seconds = self._reading.asked, self._reading.seconds
        if not asked.minutes:
            return "Read this sentence after the chime, as you would say it to somebody:"
        whole = round(60 * asked.minutes)
        done = f"{int(seconds) // 60}:{int(seconds) % 60:02d} of {whole // 60}:{whole % 60:02d} minutes"
        return f"{done}. Sentence {self._reading.number}:"

    def _say(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)
