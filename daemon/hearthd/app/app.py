"""The speaker as a whole: its rooms and what they share, brought to life, kept alive and closed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from hearthd.common.parts import Part
from hearthd.dialogue import events as e
from hearthd.dialogue.events import Event
from hearthd.rooms.engine_manager import EngineManager
from hearthd.rooms.room import Room
from hearthd.rooms.shared import Shared
from hearthd.service.leaving import to_the_end
from hearthd.service.supervise import supervise


class Offer(Protocol):
    """Something that is offered to other programs while the speaker lives."""

    async def run(self) -> None:
        """Offer it; never returns."""
        ...


class App:
    """One speaker, in one room or several. ``run`` is its life."""

    def __init__(self, shared: Shared, rooms: Sequence[Room], *, after_crash: bool = False) -> None:
        """``after_crash``: the last life of the speaker did not end in order."""
        self.shared = shared
        self.rooms = rooms
        self.ready = asyncio.Event()
        """Set once every engine was tried: it listens."""
        self.offer: Offer | None = None
        """What other programs may use."""
        self.getting_ready: list[Callable[[], Awaitable[None]]] = []
        """What else has to be done before it listens."""
        self._after_crash = after_crash
        self._engines = EngineManager(
            {Part.ASR: shared.asr, Part.CHAT: shared.chat}, on_health=self.part, keep=shared.background.keep
        )
        shared.bell.rooms = shared.floor.rooms = rooms
        for room in rooms:
            room.restart_chat = self.start_chat

    async def run(self) -> None:
        """Live until cancelled; then end the turns in progress and write them down."""
        lives = [room.run() for room in self.rooms]
        if self.shared.documents is not None:
            lives.append(supervise(Part.KNOWLEDGE, self.shared.documents.run, self.part))
        if self.shared.timers is not None:
            lives.append(supervise(Part.TIMERS, self.shared.timers.run, self.part))
        if self.shared.home is not None:
            lives.append(supervise(Part.HOME_ASSISTANT, self.shared.home.run, self.part))
        if self.shared.keep_tools is not None:
            lives.append(self.shared.keep_tools())
        if self.offer is not None:
            lives.append(supervise(Part.WYOMING, self.offer.run, self.part))
        tasks = [asyncio.create_task(life) for life in (*lives, self._start())]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await to_the_end(self._close())

    async def _start(self) -> None:
        voices = [room.voice.start() for room in self.rooms]
        await asyncio.gather(self._engines.start(), *voices, *(prepare() for prepare in self.getting_ready))
        for room in self.rooms:
            room.post(e.Ready(self.shared.clock(), self._after_crash))
        self.ready.set()
        for room in reversed(self.rooms):  # a model remembers the last prompt: let that be the box's
            await room.prefill()  # the first question shall find the persona's prompt read

    async def start_chat(self) -> bool:
        """Have the chat model that is wanted now loaded; whether it is."""
        return await self._engines.start_one(Part.CHAT)

    async def _close(self) -> None:
        for room in self.rooms:
            await room.end()
        self.shared.background.cancel()
        self.shared.store.close()  # before the engines, which may be busy loading
        if self.shared.timers is not None:
            self.shared.timers.close()
        if self.shared.home is not None:
            await self.shared.home.close()
        for room in self.rooms:
            await room.close()
        await self._engines.close()

    def part(self, part: Part, works: bool, why: str = "") -> None:
        """A part that all rooms share works (again), or does not; it has logged that itself."""
        for room in self.rooms:
            room.health.told(part, works, why)

    def post(self, event: Event) -> None:
        """Let ``event`` happen in every room."""
        for room in self.rooms:
            room.post(event)

    @property
    def room(self) -> Room:
        """The first room: the box's own."""
        return self.rooms[0]

    @property
    def description(self) -> str:
        """One line for people: what it listens for and with what it answers."""
        words = ", ".join(f'"{word.name}"' for word in self.room.settings.wake.words)
        gate = self.shared.tool_gate
        tools = "; the model has tools" if gate is not None and gate.open else ""
        engines = ", ".join([*self._engines.names, self.room.voice.speech.voice.name])
        return f"listening for {words}; {engines}{tools}"
