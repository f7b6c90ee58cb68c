"""Who talks to the speaker through another program: conversations without a microphone or a loudspeaker here.

Each has its own context, language and persona, and is written down like those of a room; no two mix. What a
command sets rings in the box; what is about a loudspeaker (how loud, muted) is not for the box's, which the
person does not hear, and so is no command here.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from hearthd.actions.performer import Performer
from hearthd.actions.unable import Means
from hearthd.config.live_settings import Value
from hearthd.config.personas import Persona
from hearthd.config.settings import Settings
from hearthd.conversation.commands import CommandResponder
from hearthd.conversation.conversation import Conversation, action_of, facts_now, manner_of
from hearthd.conversation.home import HomeAssistantResponder
from hearthd.conversation.reply_chunks import NO_ANSWER, ReplyChunks
from hearthd.conversation.responders import (
    Reply,
    Request,
    Responder,
    first_reply,
)
from hearthd.conversation.truthful import TruthfulModel
from hearthd.dialogue.events import Ended, Event, Origin
from hearthd.dialogue.intent import BeQuiet, Circumstances, Nothing, SpokenCommand, Wanted, understand
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.engines.messages import Acted, Answering, Paused, Text, Usage, Withdrawn
from hearthd.rooms.controls import Controls
from hearthd.rooms.fair_queue import Waits
from hearthd.rooms.room_tools import means_of, responders, toolbox
from hearthd.rooms.shared import Shared
from hearthd.rooms.shared_engines import RoomChat

log = logging.getLogger(__name__)

MAX_GUESTS = 64
"""Conversations that are remembered at once; of more the one that has been quiet longest is forgotten."""
SLOTS = 256
"""Rooms of the history among which they are spread: an id is new with every conversation."""
MAX_ID = 200
LOUDSPEAKERS = frozenset({"volume_set", "volume_up", "volume_down", "mute"})
"""Commands that are about the loudspeaker of a room."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who speaks, as the other program tells it: ids that mean nothing to us."""

    conversation: str = ""
    device: str = ""
    satellite: str = ""
    """The satellite's entity in Home Assistant, whose area is meant where nobody names one."""

    @property
    def key(self) -> str:
        """What tells conversations apart: their id, or the device's where they have none."""
        return (self.conversation or self.device or self.satellite)[:MAX_ID]

    @property
    def room(self) -> str:
        """Where it stands in the history."""
        number = int.from_bytes(hashlib.sha256(self.key.encode(errors="replace")).digest()[:4], "big") % SLOTS
        return f"guest_{number}"


class Guests:
    """All of them. ``persona`` is who answers somebody new."""

    def __init__(self, settings: Settings, shared: Shared, persona: Callable[[], Persona]) -> None:
        self._settings, self._shared, self._persona = settings, shared, persona
        self._known: dict[str, Guest] = {}

    async def answer(self, caller: Caller, text: str, language: str) -> str | None:
        """What is answered; None: there was nothing to answer. Raises EngineError."""
        guest = self._known.pop(caller.room, None)
        if guest is None or guest.key != caller.key:
            guest = Guest(self._settings, self._shared, self._persona(), caller)
        self._known[caller.room] = guest
        if len(self._known) > MAX_GUESTS:
            self._known.pop(next(iter(self._known)))
        return await guest.answer(text, language)


class Guest:
    """One conversation."""

    name = ""
    """Timers ring in the box."""

    def __init__(self, settings: Settings, shared: Shared, persona: Persona, caller: Caller) -> None:
        self.settings, self.shared, self.key = settings, shared, caller.key
        self.conversation = Conversation(settings, persona, shared.store, caller.room)
        self.conversation.start_anew()
        self._answering = asyncio.Lock()
        self._chat = RoomChat(shared.chats, caller.room, manner_of(persona), Waits())
        performer = Performer(shared.timers, Controls(self, self._silent), shared.clock)
        self._commands = None if shared.commands is None else CommandResponder(shared.commands, performer)
        self._tools = toolbox(shared, self.conversation, performer)
        home = shared.home
        self._home = None if home is None else HomeAssistantResponder(home, caller.satellite, shared.clock)
        self._model = TruthfulModel(self._chat, self.conversation.context, self._tools, self._means)
        self._row = self._responders()
        self._usage: Usage | None = None

    async def answer(self, text: str, language: str) -> str | None:
        """What is answered to ``text``, whose language the other program believes to be ``language``."""
        circumstances = Circumstances(persona_of=self.shared.persona_called, command_of=self._command_of)
        want, words = understand(text, circumstances)
        if isinstance(want, Nothing):
            return None
        if isinstance(want, BeQuiet):
            return ""
        assert isinstance(want, Wanted)
        async with self._answering:
            record = self.conversation.new_record()
            record.heard, record.language = words, self.conversation.language(words, language)
            self.conversation.heard(record)
            ended = Ended.ERROR
            try:
                record.spoken = await self._written(want, record)
                ended = Ended.COMPLETED
                return record.spoken
            except asyncio.CancelledError:
                ended = Ended.STOPPED
                raise
            finally:
                record.ended = ended
                if self._home is not None:
                    self._home.turn_over(ended)
                self.conversation.ended(record, Origin.ASK, self._usage)

    async def _written(self, want: Wanted, record: TurnRecord) -> str:
        chunks = ReplyChunks(record, lambda _: False)
        request = Request(want, record.heard, record.language, certain=_at_once, facts=facts_now())
        record.understood_by, reply = await first_reply(self._row, request)
        await _all(chunks, self._texts(reply, record))
        if chunks.is_foreign and record.understood_by == self._model.name:
            await _all(chunks, self._texts(self._model.again(request, record.reply), record))
        if chunks.lost:
            chunks.instead(NO_ANSWER, record.language)
        return "".join(chunk.text for chunk in chunks.said).strip()

    async def _texts(
        self, reply: Reply, record: TurnRecord
    ) -> AsyncGenerator[str | Withdrawn | Paused, None]:
        async with aclosing(reply):
            async for event in reply:
                match event:
                    case Text(text):
                        yield text
                    case Withdrawn() | Paused():
                        yield event
                    case Answering(model):
                        record.chat_model = model
                    case Usage():
                        self._usage = event
                    case Acted():
                        record.add(action_of(event))

    def _responders(self) -> list[Responder]:
        own = (self._commands, self._home)
        return responders(self.shared, self.conversation, self._model, self._become, self._means, *own)

    def _means(self) -> Means:
        return means_of(self.settings, self.shared, self._tools)

    def _command_of(self, words: str) -> SpokenCommand | None:
        command = None if self._commands is None else self._commands.understood(words)
        if command is None or any(one.name in LOUDSPEAKERS for one in (command, *command.then)):
            return None
        return command

    def _become(self, persona: Persona) -> None:
        """For this conversation."""
        self.conversation.become(persona)
        self._chat.adopt(manner_of(persona))

    # --- what ``Controls`` needs of a room --------------------------------------------------------

    def set(self, name: str, value: Value) -> None:
        """Nothing can be set here. Raises ValueError."""
        raise ValueError(f"{name} belongs to a room")

    def post(self, event: Event) -> None:
        """Nothing goes on here."""

    def now(self) -> float:
        """See ``ControlledRoom``."""
        return self.shared.clock()

    async def _silent(self) -> None:
        """Nothing sounds here."""


async def _all(chunks: ReplyChunks, written: AsyncGenerator[str | Withdrawn | Paused, None]) -> None:
    async for _ in chunks.read(written):
        continue


async def _at_once() -> None:
    """What comes in writing is complete."""
