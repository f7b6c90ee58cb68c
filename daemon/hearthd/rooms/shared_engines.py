"""The recogniser and the chat model as one room sees them: its own manner and language, and its turn.

The engines themselves know of no rooms: what a room wants of them goes with each of its requests.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from hearthd.common.audio import Pcm
from hearthd.engines.messages import Message, ReplyEvent, ToolSpec
from hearthd.engines.protocols import Asr, ChatModel, Manner, PhraseHeard, PhraseScorer, Transcript
from hearthd.rooms.fair_queue import FairQueue, Waits


class SharedChat:
    """The chat model, its queue, and whose manner it has."""

    def __init__(self, chat: ChatModel) -> None:
        self.chat = chat
        self.queue = FairQueue()
        self.may_call: Callable[[str], bool] = lambda _: True
        """Whether the model of a name may be offered tools."""
        self._manner = Manner()

    def adopt(self, manner: Manner) -> None:
        """The next request is written in ``manner``."""
        if manner != self._manner:
            self._manner = manner
            self.chat.adopt(manner)


class RoomChat:
    """``protocols.ChatModel`` for one room."""

    def __init__(self, shared: SharedChat, room: str, manner: Manner, waits: Waits) -> None:
        self._shared, self._room, self._waits = shared, room, waits
        self._manner = manner

    @property
    def name(self) -> str:
        """The model that answers."""
        return self._shared.chat.name

    async def start(self) -> None:
        """Nothing: it is started for all rooms."""

    def adopt(self, manner: Manner) -> None:
        """The room's replies are written in ``manner`` from the next one on."""
        self._manner = manner
        if self._shared.queue.free(self._room):
            self._shared.adopt(manner)

    async def settle(self) -> None:
        """Return when the room's manner is the engine's."""
        async with self._shared.queue.turn(self._room):
            self._shared.adopt(self._manner)

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        """Let the model read ``messages`` as soon as no other room's reply is written; a reply ends it."""
        await self.settle()
        await self._shared.chat.prefill(messages, self._offered(tools))

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        """Stream the reply, when it is the room's turn."""
        async with self._shared.queue.turn(self._room, self._waits):
            self._shared.adopt(self._manner)
            async with aclosing(self._shared.chat.reply(messages, self._offered(tools))) as reply:
                async for event in reply:
                    yield event

    def _offered(self, tools: Sequence[ToolSpec]) -> Sequence[ToolSpec]:
        """``tools``, if the model that writes the room's reply may call any."""
        return tools if self._shared.may_call(self.name) else ()

    async def close(self) -> None:
        """Nothing: other rooms may use it."""


class RoomAsr:
    """``protocols.Asr`` for one room. ``language`` pins what is spoken there; None: it is detected."""

    def __init__(self, asr: Asr, queue: FairQueue, room: str, waits: Waits, language: str | None) -> None:
        self._asr, self._queue, self._room, self._waits = asr, queue, room, waits
        self._language = language

    @property
    def name(self) -> str:
        """The recogniser's."""
        return self._asr.name

    async def start(self) -> None:
        """Nothing: it is started for all rooms."""

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        """See ``Asr``."""
        async with self._queue.turn(self._room, self._waits):
            return await self._asr.transcribe(audio, language=language or self._language, quick=quick)

    async def close(self) -> None:
        """Nothing: other rooms may use it."""


class RoomPhraseAsr(RoomAsr):
    """The same of a recogniser that is a ``PhraseScorer``."""

    async def hear_phrase(self, audio: Pcm, phrase: str) -> PhraseHeard:
        """See ``PhraseScorer``."""
        assert isinstance(self._asr, PhraseScorer)
        async with self._queue.turn(self._room, self._waits):
            return await self._asr.hear_phrase(audio, phrase)


def room_asr(asr: Asr, queue: FairQueue, room: str, waits: Waits, language: str | None) -> RoomAsr:
    """``asr`` as ``room`` sees it."""
    kind = RoomPhraseAsr if isinstance(asr, PhraseScorer) else RoomAsr
    return kind(asr, queue, room, waits, language)
