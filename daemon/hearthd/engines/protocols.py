"""What hearthd asks of an engine: one small Protocol each, so that engines are plugs.

Audio is mono int16 (``Pcm``). The wake word and the VAD are called in the front-end thread, once a
block, and must neither wait nor allocate much; the others live on the asyncio side. Cancelling the
task (or closing the async generator) cancels the work: the connection is closed, the thread's
result dropped.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from hearthd.common.audio import Pcm
from hearthd.engines.messages import Message, ReplyEvent, ToolSpec


@dataclass(frozen=True, slots=True)
class WakeHit:
    """A wake word was recognised; ``start`` and ``end`` are samples on the microphone's clock."""

    word: str
    score: float
    start: int
    end: int
    stops: bool = False
    """It is no wake word but one that wants silence."""


class Vad(Protocol):
    """Says how likely a stretch of 16 kHz audio is speech."""

    def process(self, block: Pcm) -> list[float]:
        """Feed the next samples; return one probability (0 to 1) for each window completed."""
        ...


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was recognised: text as it will be shown, language as an ISO 639-1 code."""

    text: str
    language: str
    no_speech: bool = False
    """The audio held no words (noise, music); ``text`` is empty then."""
    likelihood: float = 0.0
    """Mean log-likelihood of the words, of the least likely piece: 0 is certain, below -1 is guessed."""


class Asr(Protocol):
    """Turns an utterance into words."""

    @property
    def name(self) -> str:
        """The recogniser, as the record of a turn shows it."""
        ...

    async def start(self) -> None:
        """Load and warm up. Raises EngineError."""
        ...

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        """Transcribe 16 kHz ``audio``; ``language`` pins it, else it is detected.

        ``quick``: somebody waits for these words, in silence. One attempt, however doubtful.
        """
        ...

    async def close(self) -> None:
        """Free what it holds."""
        ...


@dataclass(frozen=True, slots=True)
class PhraseHeard:
    """What a stretch of sound holds where a phrase is expected."""

    text: str
    """What is recognised there, in the phrase's language."""
    likelihood: float
    """Mean log-likelihood of the tokens of the phrase's name, if it is the phrase."""


@runtime_checkable
class PhraseScorer(Protocol):
    """An ``Asr`` that can also say how likely it is that a phrase was said."""

    async def hear_phrase(self, audio: Pcm, phrase: str) -> PhraseHeard:
        """How likely 16 kHz ``audio`` is ``phrase``. Raises EngineError."""
        ...


PhraseEar = Callable[[Pcm, str], float | None]
"""How much some 16 kHz sound is like a phrase, 0 to 1; None: nothing is known of that phrase. Takes 40 ms, in
any thread."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """What was trained for a persona, to be laid over the model that it was trained on."""

    path: Path
    base: str
    """That model's file (``engines.llm.gguf_file.fingerprint``): it fits no other."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a persona writes."""

    temperature: float = 0.7
    stop: tuple[str, ...] = ()
    """Texts that end a reply."""
    model: str = ""
    """The model, by its name in Ollama; empty: the configured one."""
    num_ctx: int | None = None
    """The context in tokens; None: the configured one."""
    system: str = ""
    """Its system prompt, with which the messages begin."""
    brief: str = ""
    """What a small model is shown in the place of ``system``; empty: ``system`` itself."""
    adapter: Adapter | None = None
    """What was trained for it, for an embedded model."""


class ChatModel(Protocol):
    """Writes replies."""

    @property
    def name(self) -> str:
        """The model that answers."""
        ...

    async def start(self) -> None:
        """Load the model and keep it; again after ``adopt``. Raises EngineError."""
        ...

    def adopt(self, manner: Manner) -> None:
        """Take over a persona's manner from the next reply on; ``start`` has its model loaded before."""
        ...

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        """Let the model read ``messages`` so that a reply that begins with them starts sooner."""
        ...

    def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        """Stream the reply as it is written. Closing the generator stops the model."""
        ...

    async def close(self) -> None:
        """Free what it holds."""
        ...


@runtime_checkable
class HasDigest(Protocol):
    """A ``ChatModel`` that can tell one model from another of the same name."""

    async def digest(self) -> str:
        """Another text when the model that answers now is another; "" if not known. Raises EngineError."""
        ...


class Voice(Protocol):
    """Speaks."""

    name: str
    rate: int
    """Samples per second of what ``synthesize`` yields."""

    @property
    def whole_clauses(self) -> bool:
        """Whether each piece that it yields ends where one can pause."""
        ...

    def new_reply(self) -> None:
        """The next clip begins a reply: a voice that changes who speaks does it only there."""
        ...

    async def start(self) -> None:
        """Load and warm up. Raises EngineError."""
        ...

    def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        """Stream the clip of one chunk. Closing the generator stops the synthesis."""
        ...

    async def close(self) -> None:
        """Free what it holds."""
        ...
