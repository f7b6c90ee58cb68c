"""A speaker on a virtual clock: real dialogue, turn, speech queue and mixer; scripted people and engines.

async with Scripted() as speaker:
    await speaker.hears("hey_jarvis", "what time is it", at=1.0)
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from hearthd.actions.matcher import Matcher
from hearthd.actions.timers.store import AlertStore
from hearthd.actions.timers.timers import Timers
from hearthd.app.app import App
from hearthd.audio.playback.mixer import Mixer
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.common.parts import OnHealth
from hearthd.config.personas import Persona
from hearthd.config.settings import Settings, WakeSettings
from hearthd.conversation.tool_gate import ToolGate
from hearthd.dialogue import events as e
from hearthd.dialogue.state import State
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.engines.llm.tool_probe import Results
from hearthd.engines.messages import Answering, Message, ReplyEvent, Text, ToolSpec
from hearthd.engines.protocols import Manner, PhraseEar, Transcript, Voice
from hearthd.frontend.frontend import FrontEnd
from hearthd.history.store import Store
from hearthd.home_assistant.agent import HomeAssistant
from hearthd.rooms.ports import Documents, Hardware
from hearthd.rooms.room import Room
from hearthd.rooms.shared import Shared
from hearthd.tools.tool import Tool

BLOCK_SECONDS = 0.02


class ScriptedAsr:
    """Recognises what the script says next, after ``delay`` seconds."""

    name = "scripted asr"

    def __init__(self) -> None:
        self.delay = 0.3
        self.next: Transcript | Exception = Transcript("", "en")
        self.calls = 0

    async def start(self) -> None: ...

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        self.calls += 1
        answer = self.next
        await asyncio.sleep(self.delay)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def close(self) -> None: ...


class ScriptedChat:
    """Writes ``text`` token by token; counts the streams that were closed before their end."""

    name = "scripted chat"

    def __init__(self) -> None:
        self.first, self.between = 0.2, 0.03
        self.text = "Hello there. How are you today? It is a fine day to talk about the weather."
        self.fail_after: int | None = None
        self.sent: list[Sequence[Message]] = []
        self.open = 0
        self.prefills = 0
        self.prefill_fails: Exception | None = None
        self.starts = 0
        self.manners: list[Manner] = []

    async def start(self) -> None:
        self.starts += 1

    def adopt(self, manner: Manner) -> None:
        self.manners.append(manner)

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        self.prefills += 1
        await asyncio.sleep(0.1)
        if self.prefill_fails is not None:
            raise self.prefill_fails

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        self.sent.append(messages)
        self.open += 1
        try:
            yield Answering(self.name)
            await asyncio.sleep(self.first)
            for number, word in enumerate(self.text.split(" ")):
                if self.fail_after is not None and number >= self.fail_after:
                    raise EngineError("the model went away")
                yield Text(word if number == 0 else " " + word)
                await asyncio.sleep(self.between)
        finally:
            self.open -= 1

    async def close(self) -> None: ...


class ScriptedVoice:
    """Speaks a tone, ``letter_seconds`` a letter, in pieces, at ``speed`` times real time."""

    name = "scripted voice"
    rate = 24_000
    whole_clauses = False

    def __init__(self) -> None:
        self.first, self.speed, self.letter_seconds = 0.05, 20.0, 0.06
        self.fail_on: Callable[[str], bool] = lambda text: False
        self.said: list[str] = []
        self.open = 0

    async def start(self) -> None: ...

    def new_reply(self) -> None: ...

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        self.said.append(text)
        self.open += 1
        try:
            await asyncio.sleep(self.first)
            if self.fail_on(text):
                raise EngineError("the voice server went away")
            seconds = self.letter_seconds * len(text)
            tone = (8000 * np.sin(np.arange(int(seconds * self.rate)) * 0.06)).astype(np.int16)
            for start in range(0, len(tone), 4800):
                yield tone[start : start + 4800]
                await asyncio.sleep(0.2 / self.speed)
        finally:
            self.open -= 1

    async def close(self) -> None: ...


class ScriptedMicrophone:
    """Is never read."""

    reading = True

    async def run(self) -> None:
        await asyncio.Event().wait()

    def read(self, timeout: float) -> None:
        raise AssertionError("the scripted front end does not read")


class VirtualSpeaker:
    """Renders the mixer on the loop's clock, and keeps what sounded."""

    LATENCY = 0.04

    def __init__(self, mixer: Mixer) -> None:
        self.mixer = mixer
        self.stalled = False
        """The device takes nothing more, and says nothing of it."""
        self.blocks: list[tuple[float, Pcm]] = []

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        frames = int(self.mixer.rate * BLOCK_SECONDS)
        at = loop.time()
        while True:
            if self.stalled:
                await asyncio.Event().wait()
            pcm = self.mixer.render(frames, loop.time() + self.LATENCY)
            if pcm.any():
                self.blocks.append((loop.time() + self.LATENCY, pcm.copy()))
            at += BLOCK_SECONDS
            await asyncio.sleep(at - loop.time())

    def sounds_between(self, start: float, end: float) -> bool:
        return any(start <= at < end - BLOCK_SECONDS for at, _ in self.blocks)


class ScriptedFrontEnd:
    """What a front end is asked; the script plays its events."""

    def __init__(self, clock: Callable[[], float], wake: WakeSettings) -> None:
        self._clock = clock
        self.calls: list[tuple[Any, ...]] = []
        self.wake = wake
        self.damaged: set[str] = set()
        """Wake words that cannot be loaded."""

    @property
    def now(self) -> int:
        return int(self._clock() * SAMPLE_RATE)

    def time_of(self, sample: int) -> float:
        return sample / SAMPLE_RATE

    def audio(self, start: int, end: int) -> Pcm:
        return np.zeros(max(0, end - start), np.int16)

    def listen(self, sample: int, seconds: float, include_from: int) -> None:
        self.calls.append(("listen", sample, seconds))

    def wait(self, seconds: float) -> None:
        self.calls.append(("wait", seconds))

    def stop_listening(self) -> None:
        self.calls.append(("stop_listening",))

    def reconfigure(self, settings: Settings) -> WakeSettings:
        self.calls.append(("reconfigure",))
        if not self.damaged & {word.name for word in settings.wake.words}:
            self.wake = settings.wake
        return self.wake

    def watch_near_end(self, on: bool, *, over_ring: bool = False) -> None:
        self.calls.append(("watch", on))


class LoopClock:
    """The machine's clocks, on the loop's: in Berlin, noon of 27 November 2026 is 1000 s of it."""

    boot_id = "scripted"

    def wall(self) -> float:
        return self.boot() - 1000.0 + 1_795_777_200.0

    def boot(self) -> float:
        return asyncio.get_running_loop().time()

    def zone(self) -> str:
        return "Europe/Berlin"

    async def synchronized(self) -> bool:
        return True


class ScriptedThread:
    """Carries out calls at once."""

    progress = 0

    def __init__(self, front_end: Any) -> None:
        self._front_end = front_end

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def call(self, action: Callable[[FrontEnd], None]) -> None:
        action(self._front_end)


class Scripted:
    """The speaker, running; leave the block to shut it down."""

    def __init__(
        self,
        folder: Path,
        settings: Settings | None = None,
        asr: ScriptedAsr | None = None,
        chat: ScriptedChat | None = None,
        voice: ScriptedVoice | None = None,
        *,
        knowledge: Documents | None = None,
        commands: Matcher | None = None,
        home: HomeAssistant | None = None,
        muted: bool = False,
        tools: Sequence[Tool] | None = None,
        ear: PhraseEar | None = None,
    ) -> None:
        """``tools``: those of other servers, offered with the speaker's own; None: the model has none."""
        self._tools, self._ear = tools, ear
        self._folder = folder
        self._knowledge, self._commands, self._muted = knowledge, commands, muted
        self._home = home
        self.settings = settings or Settings.model_validate({"barge_in": {"mode": "speech"}})
        self.asr, self.chat = asr or ScriptedAsr(), chat or ScriptedChat()
        self.voice = voice or ScriptedVoice()
        self.turns: list[TurnRecord] = []
        self.rings: list[tuple[str, str]] = []
        """What has rung, by name, and how that ended."""
        self.states: list[str] = []
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self.clock = loop.time
        self.store = Store(self._folder / "hearthd.db")

        self.front_end = ScriptedFrontEnd(loop.time, self.settings.wake)

        shared = Shared(
            asr=self.asr,
            chat=self.chat,
            store=self.store,
            documents=self._knowledge,
            commands=self._commands,
            home=self._home,
            personas=[Persona(name="mario", system="You are Mario.", greeting="It's-a me!")],
            clock=loop.time,
            tools=lambda: self._tools or (),
            ear=self._ear,
        )
        if self._tools is not None:
            shared.tool_gate = ToolGate(self.chat, "on", Results(None), shared.background.keep)
            shared.tool_gate.known(self.chat.name, "")
        self.timers = Timers(AlertStore(self._folder / "timers.db"), LoopClock(), shared.bell)
        shared.timers, self.bell = self.timers, shared.bell
        self.bell.on_over.append(lambda alert, how: self.rings.append((alert.name, how.value)))
        self.room = Room(
            self.settings,
            shared,
            self._hardware,
            persona=Persona(name="test", system="Be brief."),
            voice=self.voice,
            switch_voice=self._switched,
            muted=self._muted,
        )
        self.bell.rooms = [self.room]
        self.app = App(shared, [self.room])
        self.room.observers.append(self)
        self._life = asyncio.create_task(self.app.run())
        await self.until(lambda: bool(self.states))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._life.cancel()
        await asyncio.wait([self._life])

    def _hardware(self, mixer: Mixer, told: OnHealth, hear: Callable[[e.Event], None]) -> Hardware:
        self.speaker = VirtualSpeaker(mixer)
        microphone, front_end = ScriptedMicrophone(), self.front_end
        return Hardware(microphone, self.speaker, front_end, ScriptedThread(front_end))  # type: ignore[arg-type]

    async def _switched(self, voice: Voice, name: str, settings: Settings) -> Voice:
        return voice

    def state(self, state: State) -> None:
        self.states.append(state.phase.value)
        self._news.set()

    def wake(self, record: TurnRecord) -> None: ...

    def echo(self, measured: e.EchoMeasured) -> None: ...

    def turn(self, record: TurnRecord) -> None:
        self.turns.append(record)
        self._news.set()

    async def until(self, condition: Callable[[], bool], seconds: float = 300.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():
                self._news.clear()
                await self._news.wait()

    @property
    def phase(self) -> str:
        return self.room.state.phase.value

    @property
    def sample(self) -> int:
        return self.front_end.now

    def wakes(self) -> None:
        now = self.clock()
        self.room.post(e.Wake(now, "hey_jarvis", 0.93, self.sample - SAMPLE_RATE, self.sample))

    async def asks(self, text: str, *, seconds: float = 1.5, language: str = "en") -> None:
        """The wake word and ``text``, as one utterance of ``seconds``, and the endpoint's silence."""
        self.wakes()
        await self.says(f"Hey Jarvis, {text}", seconds=seconds, language=language)

    async def says(self, text: str, *, seconds: float = 1.5, language: str = "en") -> None:
        """Words into a microphone that is already listened to."""
        start = self.sample
        self.room.post(e.SpeechStarted(self.clock(), start))
        await asyncio.sleep(seconds)
        spoken_until, at = self.sample, self.clock()
        self.asr.next = Transcript(text, language)
        await asyncio.sleep(0.25)
        self.room.post(e.SpeechPaused(self.clock(), e.Utterance(start, self.sample, spoken_until, at)))
        await asyncio.sleep(0.5)
        self.room.post(e.SpeechEnded(self.clock(), e.Utterance(start, self.sample, spoken_until, at)))


def closed(path: Path) -> list[tuple[Any, ...]]:
    """Every row of the store at ``path``, for a look from outside."""
    with sqlite3.connect(path) as database:
        return database.execute("SELECT * FROM turns").fetchall()
