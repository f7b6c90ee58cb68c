"""What the rooms share: the engines that understand and answer, the memory, the owner's documents."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from hearthd.actions.late_matcher import UnderstandsCommands
from hearthd.actions.timers.timers import Timers
from hearthd.config.personas import Persona, asked_for
from hearthd.conversation.tool_gate import ToolGate
from hearthd.engines.protocols import Asr, ChatModel, PhraseEar
from hearthd.history.store import Store
from hearthd.home_assistant.agent import HomeAssistant
from hearthd.rooms.fair_queue import FairQueue
from hearthd.rooms.floor import Floor
from hearthd.rooms.ports import Documents
from hearthd.rooms.rings import RoomsBell
from hearthd.rooms.shared_engines import SharedChat
from hearthd.tools.tool import Tool

Clock = Callable[[], float]


class Background:
    """Tasks that run beside everything else, until they end or the speaker does."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def keep(self, work: Awaitable[None]) -> asyncio.Task[None]:
        """Run ``work``; nobody waits for it."""
        task = asyncio.ensure_future(work)
        assert isinstance(task, asyncio.Task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def cancel(self) -> None:
        """End them all."""
        for task in self._tasks:
            task.cancel()


@dataclass(slots=True)
class Shared:
    """Handed to every room. Nothing in it belongs to one of them."""

    asr: Asr
    chat: ChatModel
    store: Store
    documents: Documents | None = None
    timers: Timers | None = None
    """None: they are switched off."""
    commands: UnderstandsCommands | None = None
    """Understands spoken commands; None: everything goes to the model."""
    bell: RoomsBell = field(default_factory=RoomsBell)
    """Rings them in the rooms."""
    home: HomeAssistant | None = None
    """Home Assistant, asked in words; None: nobody asks it."""
    personas: Sequence[Persona] = ()
    """Those that can be asked for by voice; replaced as a whole when their files are read anew."""
    tool_gate: ToolGate | None = None
    """Which models are offered tools; None: no model is."""
    tools: Callable[[], Sequence[Tool]] = tuple
    """Those of other servers that may be offered now."""
    keep_tools: Callable[[], Coroutine[Any, Any, None]] | None = None
    """Keeps those servers connected; never returns."""
    clock: Clock = time.monotonic
    background: Background = field(default_factory=Background)
    floor: Floor = field(default_factory=Floor)
    """Decides which room answers."""
    chats: SharedChat = field(init=False)
    """``chat`` for rooms: fairly queued, each in its own manner."""
    ear: PhraseEar | None = None
    """A second opinion on wake words, by their sound."""
    asr_queue: FairQueue = field(default_factory=FairQueue)
    """The rooms that want something recognised."""

    def __post_init__(self) -> None:
        """Queue for ``chat``."""
        self.chats = SharedChat(self.chat)

    def persona(self, name: str) -> Persona | None:
        """The persona of that name, if it can be asked for."""
        return next((persona for persona in self.personas if persona.name == name), None)

    def persona_called(self, words: str) -> str | None:
        """The name of the persona that ``words`` ask for, if they do that and nothing else."""
        persona = asked_for(words, self.personas)
        return None if persona is None else persona.name
