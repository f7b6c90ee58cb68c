"""The product's own front end and recogniser, fed with a recording as fast as they can take it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hearthd.common.errors import EngineError
from hearthd.config.settings import AsrSettings, Settings, WakeSettings, WakeWordModel
from hearthd.dialogue import events as e
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.engines.protocols import PhraseHeard, Transcript
from hearthd.engines.vad.vad import Silero
from hearthd.engines.wake_word.openwakeword import OpenWakeWord, open_wake_word
from hearthd.frontend.frontend import FrontEnd
from tests.bench import CannotRun, Figure
from tests.bench.people._recordings import RATE, Pcm

BLOCK = 320
Result = TypeVar("Result")


@dataclass
class Heard:
    """What the front end told of a recording."""

    wakes: list[e.Wake] = field(default_factory=list)
    pauses: list[tuple[int, e.Utterance]] = field(default_factory=list)
    """When (in samples) each pause was told."""
    ended_at: int | None = None
    utterance: e.Utterance | None = None
    front_end: FrontEnd | None = None


def wake_engine(word: str | WakeWordModel) -> OpenWakeWord:
    """The engine for one of the shipped words, or for one of somebody's own. Raises CannotRun."""
    model = WakeWordModel(name=word) if isinstance(word, str) else word
    try:
        return open_wake_word(WakeSettings(words=[model]))
    except EngineError as error:
        raise CannotRun(str(error)) from None


def hear(pcm: Pcm, word: str | WakeWordModel = "", *, listen_from: int | None = None) -> Heard:
    """Feed ``pcm``. Once ``word`` wakes it, or from ``listen_from`` on, an utterance is followed."""
    settings = Settings()
    wake = wake_engine(word or "alexa")
    front_end = FrontEnd(wake, Silero(), settings)
    heard = Heard(front_end=front_end)
    for first in range(0, len(pcm), BLOCK):
        if listen_from is not None and first <= listen_from < first + BLOCK:
            front_end.listen(first, settings.endpoint.no_speech_seconds, first)
        for event in front_end.process(pcm[first : first + BLOCK], first / RATE):
            match event:
                case e.Wake() if word:
                    heard.wakes.append(event)
                    if listen_from is None and len(heard.wakes) == 1:
                        front_end.listen(event.end, settings.endpoint.no_speech_seconds, event.start)
                case e.SpeechPaused(utterance=utterance):
                    heard.pauses.append((first + BLOCK, utterance))
                case e.SpeechEnded(utterance=utterance) if heard.utterance is None:
                    heard.utterance, heard.ended_at = utterance, first + BLOCK
    return heard


class Recogniser:
    """Whisper base, called without waiting."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self.asr = WhisperAsr(AsrSettings(device="cpu"))
        try:
            self._runner.run(self.asr.start())
        except EngineError as error:
            raise CannotRun(str(error)) from None

    def wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        """What comes of ``work`` on the recogniser."""
        return self._runner.run(work)

    def __call__(self, pcm: Pcm, *, quick: bool = False, language: str | None = None) -> Transcript:
        """What is said in ``pcm``."""
        return self._runner.run(self.asr.transcribe(pcm, quick=quick, language=language))


class SlowWords:
    """``protocols.Asr`` with a real recogniser's words, which are known after ``delay`` virtual seconds."""

    name = "slow words"

    def __init__(self, delay: float) -> None:
        """Raises CannotRun."""
        self.delay = delay
        self._thread = ThreadPoolExecutor(1)
        """It has an event loop of its own: the virtual one cannot wait for real work."""
        self._recogniser = self._thread.submit(Recogniser).result()
        self._known: dict[tuple[bytes, str, bool], Transcript] = {}
        self.longest = 0.0
        """Seconds of the longest sound it was given."""

    async def start(self) -> None: ...

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        """What is said in ``audio``."""
        self.longest = max(self.longest, len(audio) / RATE)
        await asyncio.sleep(self.delay)
        return self.at_once(audio, language=language, quick=quick)

    async def hear_phrase(self, audio: Pcm, phrase: str) -> PhraseHeard:
        """How likely ``audio`` is ``phrase``."""
        await asyncio.sleep(self.delay)
        asked = self._thread.submit(
            lambda: self._recogniser.wait(self._recogniser.asr.hear_phrase(audio, phrase))
        )
        return asked.result()

    def at_once(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        """The same, without a delay; what was asked before is not asked again."""
        key = (audio.tobytes(), language or "", quick)
        if key not in self._known:
            asked = self._thread.submit(self._recogniser, audio, quick=quick, language=language)
            self._known[key] = asked.result()
        return self._known[key]

    async def close(self) -> None: ...


def share(figure: str, hits: int, count: int, unit: str = "%") -> Iterator[Figure]:
    """A share in percent, if there was anything to count."""
    if count:
        yield Figure("people", figure, round(100 * hits / count, 1), unit, n=count)
