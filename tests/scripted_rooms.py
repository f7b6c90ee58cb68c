"""Several rooms of one speaker on a virtual clock: what each hears is its own sound, down to the recogniser.

A room's ears give samples that hold the room's number, so a recogniser that is handed another room's sound
writes another room's words. The model answers with the words that it was asked, and keeps what it was sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hearthd.actions.timers.store import AlertStore
from hearthd.actions.timers.timers import Timers
from hearthd.app.app import App
from hearthd.audio.playback.mixer import Mixer
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.config.personas import Persona
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.dialogue.state import State
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.engines.messages import Answering, Message, ReplyEvent, Text, ToolSpec
from hearthd.engines.protocols import Manner, Transcript, Voice
from hearthd.history.store import Store
from hearthd.rooms.ports import Hardware
from hearthd.rooms.room import Room
from hearthd.rooms.shared import Shared
from tests.scripted import (
    LoopClock,
    ScriptedFrontEnd,
    ScriptedMicrophone,
    ScriptedThread,
    ScriptedVoice,
    VirtualSpeaker,
)


class RoomEars(ScriptedFrontEnd):
    """Gives samples that hold the room's number; ``late`` seconds behind, as over Wi-Fi."""

    def __init__(self, clock: Callable[[], float], number: int) -> None:
        super().__init__(clock, Settings().wake)
        self.number, self.late = number, 0.0

    @property
    def now(self) -> int:
        return int((self._clock() - self.late) * SAMPLE_RATE)

    def audio(self, start: int, end: int) -> Pcm:
        return np.full(max(1, end - start), self.number + 1, np.int16)


class RoomsAsr:
    """Writes what was said in the room whose sound it gets. One at a time, ``delay`` seconds each."""

    name = "scripted asr"

    def __init__(self) -> None:
        self.delay = 0.3
        self.words: dict[int, Transcript] = {}
        self.at_once = self.most_at_once = 0

    async def start(self) -> None: ...

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        assert len(set(audio.tolist())) == 1, "two rooms' sound in one utterance"
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.delay)
        finally:
            self.at_once -= 1
        return self.words[int(audio[0]) - 1]

    async def close(self) -> None: ...


class RoomsChat:
    """Answers with the persona's name and the question; ``sent`` is what it was asked, in whose manner."""

    name = "scripted chat"

    def __init__(self) -> None:
        self.first, self.between = 0.2, 0.02
        self.sent: list[tuple[Manner, Sequence[Message]]] = []
        self._manner = Manner()

    async def start(self) -> None: ...

    def adopt(self, manner: Manner) -> None:
        self._manner = manner

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None: ...

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        self.sent.append((self._manner, messages))
        yield Answering(self.name)
        await asyncio.sleep(self.first)
        asked = messages[-1].content.split("\n")[-1]
        for word in f"You asked me {asked}.".split(" "):
            yield Text(word + " ")
            await asyncio.sleep(self.between)

    async def close(self) -> None: ...


class OneRoom:
    """A room and what was seen of it."""

    def __init__(self, room: Room, ears: RoomEars, speaker: VirtualSpeaker, voice: ScriptedVoice) -> None:
        self.room, self.ears, self.speaker, self.voice = room, ears, speaker, voice
        self.turns: list[TurnRecord] = []
        self.states: list[str] = []
        self.chimes: list[int] = []
        """Their lengths, in samples."""
        room.observers.append(self)
        sound = room.mixer.chime

        def chimed(pcm: Pcm) -> None:
            self.chimes.append(len(pcm))
            sound(pcm)

        room.mixer.chime = chimed  # type: ignore[method-assign]

    def state(self, state: State) -> None:
        self.states.append(state.phase.value)

    def wake(self, record: TurnRecord) -> None: ...

    def echo(self, measured: e.EchoMeasured) -> None: ...

    def turn(self, record: TurnRecord) -> None:
        self.turns.append(record)


class ScriptedRooms:
    """``names`` of rooms (the first is the box: ""), all in one group unless ``groups`` says otherwise."""

    def __init__(
        self,
        folder: Path,
        names: Sequence[str] = ("", "kitchen", "bedroom", "study"),
        groups: Sequence[str] | None = None,
    ) -> None:
        self._folder, self._names = folder, names
        self._groups = groups or [f"alone{number}" for number in range(len(names))]
        self.asr, self.chat = RoomsAsr(), RoomsChat()
        self.rooms: list[OneRoom] = []

    async def __aenter__(self) -> ScriptedRooms:
        self.clock = asyncio.get_running_loop().time
        self.store = Store(self._folder / "hearthd.db")
        self.shared = Shared(asr=self.asr, chat=self.chat, store=self.store, clock=self.clock)
        self.timers = Timers(AlertStore(self._folder / "timers.db"), LoopClock(), self.shared.bell)
        self.shared.timers = self.timers
        for number in range(len(self._names)):
            self._add(number)
        self.app = App(self.shared, [one.room for one in self.rooms])
        self._life = asyncio.create_task(self.app.run())
        await self.app.ready.wait()
        return self

    def _add(self, number: int) -> None:
        ears, made = RoomEars(self.clock, number), list[VirtualSpeaker]()
        voice = ScriptedVoice()
        voice.name = f"voice {number}"

        def hardware(mixer: Mixer, *_: Any) -> Hardware:
            made.append(VirtualSpeaker(mixer))
            return Hardware(ScriptedMicrophone(), made[0], ears, ScriptedThread(ears))  # type: ignore[arg-type]

        room = Room(
            Settings(),
            self.shared,
            hardware,
            persona=Persona(name=f"persona{number}", system=f"You are {number}.", temperature=number / 10),
            voice=voice,
            switch_voice=_switched,
            name=self._names[number],
            group=self._groups[number],
        )
        self.rooms.append(OneRoom(room, ears, made[0], voice))

    async def __aexit__(self, *_: object) -> None:
        self._life.cancel()
        await asyncio.wait([self._life])

    def wakes(self, one: OneRoom, captured_at: float) -> None:
        """The wake word, captured at ``captured_at``, arrives in ``one``'s room now."""
        end = int(captured_at * SAMPLE_RATE)
        self.shared.floor.heard(one.room, e.Wake(captured_at, "hey_jarvis", 0.9, end - SAMPLE_RATE, end))

    async def asks(self, one: OneRoom, text: str, *, seconds: float = 1.5, call: bool = True) -> None:
        """The wake word (with ``call``) and ``text``, spoken in that room for ``seconds``."""
        if call:
            self.wakes(one, self.clock())
        heard = self.shared.floor.heard
        start = one.ears.now
        self.asr.words[one.ears.number] = Transcript(f"Hey Jarvis, {text}", "en")
        heard(one.room, e.SpeechStarted(self.clock(), start))
        await asyncio.sleep(seconds)
        spoken_until, at = one.ears.now, self.clock()
        await asyncio.sleep(0.25)
        words = e.Utterance(start, one.ears.now, spoken_until, at)
        heard(one.room, e.SpeechPaused(self.clock(), words))
        await asyncio.sleep(0.5)
        heard(one.room, e.SpeechEnded(self.clock(), words))

    async def until(self, condition: Callable[[], bool], seconds: float = 120.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - on a virtual clock
                await asyncio.sleep(0.05)


async def _switched(voice: Voice, name: str, settings: Settings) -> Voice:
    return voice
