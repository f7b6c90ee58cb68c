"""What every cloned voice needs: it is made ready, watched, and made ready anew when what speaks is lost.

A ``SupervisedVoice`` looks after itself from ``start`` to ``close``. While it is not ``ready`` it refuses at
once, so that a stand-in can speak; each change is told to ``on_health``. It is warmed up in each language
before anybody needs it, because a first sentence loads dictionaries; a language that fails then is
refused from then on, and the others are spoken.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from hearthd.common.audio import Pcm
from hearthd.common.backoff import Backoff
from hearthd.common.errors import EngineError, VoiceRefusedError, VoiceServerError
from hearthd.common.parts import OnHealth, Part
from hearthd.text.duration import text_language
from hearthd.voices.profiles import StoredVoice

log = logging.getLogger(__name__)

RATE = 32_000
"""Of every version of the model but v3 and v4."""
WARM_UP_TEXT = {"en": "Everything is ready now.", "zh": "一切都准备好了。"}
WARM_UP_SECONDS = 120.0
"""The first sentence in a language loads dictionaries: 10 to 80 s, once."""
MAKING_FACTOR = 2.0
"""Of the longest that a text can take to say: so long may it take to make, after the first sound was due. A
voice that needs more is four times slower than speech, or worse."""
FIRST_WAIT = 1.0
LONGEST_WAIT = 30.0
"""Seconds between attempts while it cannot be made ready."""


class ClipPatience:
    """Until when a clip's next sound is waited for, on the loop's clock, whatever else comes meanwhile.

    The first counts from the text, each other one from the sound before it, and the last from the text too.
    """

    def __init__(self, *, began: float, first: float, gap: float, most_seconds: float) -> None:
        """All in seconds; ``most_seconds``: the longest that the text can take to say."""
        self.until = began + first
        self._gap = gap
        self._last = began + first + MAKING_FACTOR * most_seconds

    def sounded(self, at: float) -> None:
        """Some of the clip came."""
        self.until = min(at + self._gap, self._last)


class SupervisedVoice(ABC):
    """A cloned voice that something else speaks (a server, a process), which may be lost and come back."""

    spoken_by: str
    """What speaks, as messages name it."""
    whole_clauses = False
    """A piece is as long as the server makes it."""
    fatal: tuple[type[VoiceServerError], ...]
    """What spoils a warm-up whatever the language."""

    def __init__(self, voice: StoredVoice, languages: Sequence[str], on_health: OnHealth | None) -> None:
        self.voice = voice
        self.name = voice.name
        self.rate = RATE
        self.ready = False
        """It has spoken with this voice and has not failed since."""
        self._languages = tuple(languages)
        self._unspoken: dict[str, str] = {}
        """Languages that could not be spoken, and why."""
        self._on_health = on_health
        self._doubt = asyncio.Event()
        """Something failed, or another voice was chosen: it must be made ready anew."""
        self._keeper: asyncio.Task[None] | None = None
        self._attempt: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Make it ready. Raises EngineError if that fails, and goes on trying."""
        if self.ready:
            return
        if self._attempt is None or self._attempt.done():
            self._attempt = asyncio.get_running_loop().create_future()
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep())
        await asyncio.shield(self._attempt)

    async def exchange(self, voice: StoredVoice) -> None:
        """Speak with another voice from now on; not ``ready`` until it has spoken with that one."""
        self.voice, self.name = voice, voice.name
        self._in_doubt()

    async def close(self) -> None:
        """Let go of everything."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._keeper, self.ready = None, False

    def new_reply(self) -> None:  # noqa: B027 - a server speaks every clip alike
        """Nothing changes between replies."""

    @abstractmethod
    def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        """Stream the clip of ``text``, int16 at ``rate``. Raises EngineError; see ``gpt_sovits_errors``."""
        ...

    @abstractmethod
    async def _live(self) -> None:
        """Make it ready, call ``_is_ready``, return when it must be made ready anew. Raises EngineError."""
        ...

    async def _keep(self) -> None:
        backoff = Backoff(FIRST_WAIT, LONGEST_WAIT)
        while True:
            self._doubt.clear()
            try:
                await self._live()
                backoff.reset()
            except EngineError as error:
                self._report(error)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._doubt.wait(), backoff.wait())
            finally:
                self.ready = False

    def _in_doubt(self) -> None:
        """It must prove itself before it speaks again."""
        self.ready = False
        self._doubt.set()

    def _is_ready(self) -> bool:
        """Say that it is ready; False if it is in doubt again already."""
        if self._doubt.is_set():
            return False
        self._report(None)
        return True

    def _report(self, error: EngineError | None) -> None:
        self.ready = error is None
        if self._on_health is not None:
            self._on_health(Part.VOICE_SERVER, error is None, str(error or ""))
        if error is None:
            log.info("the %s is ready with voice %s", self.spoken_by, self.name, extra={"stage": "tts"})
        else:
            log.debug("the %s is not ready: %s", self.spoken_by, error, extra={"stage": "tts"})
        if self._attempt is not None and not self._attempt.done():
            if error is None:
                self._attempt.set_result(None)
            else:
                self._attempt.set_exception(error)
                self._attempt.exception()  # asked for or not

    async def _warm_up(self, say: Callable[[str, str], Awaitable[None]]) -> None:
        """``say`` a sentence to nobody in each language. Raises VoiceServerError if none can be spoken."""
        self._unspoken.clear()
        failure: VoiceServerError | None = None
        for language in self._languages:
            try:
                await say(WARM_UP_TEXT.get(language, WARM_UP_TEXT["en"]), language)
            except self.fatal:
                raise
            except VoiceServerError as error:
                failure = error
                self._unspoken[language] = str(error)
        if failure is not None and len(self._unspoken) == len(self._languages):
            raise failure
        for language, reason in self._unspoken.items():
            log.warning(
                "the %s cannot speak %s: %s", self.spoken_by, language, reason, extra={"stage": "tts"}
            )

    def _spoken_as(self, text: str, language: str) -> str:
        """The language that ``text`` is sent as. Raises RefusedError for one that failed at the warm-up."""
        spoken_as = text_language(text, language)
        if spoken_as in self._unspoken:
            reason = self._unspoken[spoken_as]
            raise VoiceRefusedError(f"the {self.spoken_by} cannot speak {spoken_as}: {reason}")
        return spoken_as
