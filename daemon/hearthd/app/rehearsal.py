"""A rehearsal: the speaker as the service runs it, but for its microphone, which is a recording."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hearthd.app import factory
from hearthd.app.app import App
from hearthd.audio.devices.catalog import DeviceError, find, scan
from hearthd.audio.devices.files import FileLoudspeaker, FileMicrophone
from hearthd.audio.devices.loudspeaker import Loudspeaker
from hearthd.audio.playback.mixer import Mixer
from hearthd.audio.resample import resample
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.parts import OnHealth
from hearthd.config.settings import Settings
from hearthd.dialogue.events import EchoMeasured
from hearthd.dialogue.state import Phase, State
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.rooms.ports import AudioDevice
from hearthd.turn_taking import wake_phrase

RATE = 48_000
"""Samples per second of what was played."""
NOTHING: Pcm = np.zeros(0, np.int16)
LEAD_SECONDS = 0.5
"""Silence before the first word: nobody speaks in the instant in which a microphone opens."""
TAIL_SECONDS = 1.5
"""Silence after the recording: a wake word at its very end is still recognised."""


@dataclass(slots=True)
class RehearsalResult:
    """What came of it."""

    turns: list[TurnRecord] = field(default_factory=list)
    played: Pcm = field(default_factory=lambda: NOTHING)


class _Watcher:
    """Follows the speaker's state, and keeps its turns."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.turns: list[TurnRecord] = []
        self.phase = Phase.STARTING
        self.ready = asyncio.Event()
        self.changed = asyncio.Event()
        self._tell = tell

    def state(self, state: State) -> None:
        self.phase = state.phase
        if state.phase is not Phase.STARTING:
            self.ready.set()
            self._tell(state.shown)
        self.changed.set()

    def wake(self, record: TurnRecord) -> None:
        pass  # its turn will tell

    def turn(self, record: TurnRecord) -> None:
        self.turns.append(record)
        self.changed.set()

    def echo(self, measured: EchoMeasured) -> None:
        pass  # a rehearsal does not hear itself

    async def at_rest(self, turns: Callable[[], int]) -> None:
        """Wait until nothing is going on and the records of all ``turns()`` are complete."""
        resting = (Phase.IDLE, Phase.MUTED, Phase.FOLLOW_UP, Phase.RINGING)
        while self.phase not in resting or len(self.turns) < turns():
            self.changed.clear()
            await self.changed.wait()


class _Recording(FileMicrophone):
    """Begins to be heard when the speaker is ready."""

    ready: asyncio.Event

    async def run(self) -> None:
        await self.ready.wait()
        await super().run()


async def rehearse(
    settings: Settings, heard: Pcm, *, aloud: bool = False, tell: Callable[[str], None] = lambda _: None
) -> RehearsalResult:
    """Let the speaker hear ``heard`` (16 kHz) in real time, until its last answer has sounded.

    ``aloud`` plays on the configured speaker instead of into a recording. ``tell`` is told the state.
    Raises EngineError if an engine cannot be made.
    """
    watcher = _Watcher(tell)
    silence = np.zeros(int(LEAD_SECONDS * SAMPLE_RATE), np.int16)
    microphone = _Recording(np.concatenate([silence, heard]), tail_seconds=TAIL_SECONDS)
    microphone.ready = watcher.ready
    speakers: list[FileLoudspeaker] = []

    def devices(mixer: Mixer, on_health: OnHealth) -> tuple[FileMicrophone, AudioDevice]:
        if aloud:
            return microphone, Loudspeaker(settings.audio.speaker, mixer, on_health)
        speakers.append(FileLoudspeaker(mixer))
        return microphone, speakers[0]

    app: App = await factory.assemble(settings, devices, hears_itself=False, keep_timers=False)
    app.room.observers.append(watcher)
    app.room.conversation.start_anew()
    running = asyncio.create_task(app.run())
    try:
        waiting = asyncio.create_task(_until_over(app, watcher, microphone))
        await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            waiting.cancel()
            running.result()
        waiting.result()
    finally:
        running.cancel()
        await asyncio.wait([running])
    played = speakers[0].recording() if speakers else NOTHING
    return RehearsalResult(watcher.turns, played)


async def _until_over(app: App, watcher: _Watcher, microphone: FileMicrophone) -> None:
    await watcher.ready.wait()
    await microphone.finished()
    await watcher.at_rest(lambda: app.room.state.turns)


async def spoken(text: str, settings: Settings) -> Pcm:
    """``text`` at 16 kHz as a person asks it: the wake word first, in another voice than the answer's."""
    phrases = factory.phrases_of(settings)
    if wake_phrase.confirm(text, phrases) is None:
        text = f"{phrases[0]}, {text}"
    voice = factory.asking_voice(settings)
    await voice.start()
    try:
        clips = [clip async for clip in voice.synthesize(text, "en")]
    finally:
        await voice.close()
    return resample(np.concatenate([NOTHING, *clips]), voice.rate, SAMPLE_RATE)


def has_sound_card(settings: Settings) -> bool:
    """Whether the configured speaker is there."""
    try:
        find(scan(), settings.audio.speaker, "output")
    except DeviceError:
        return False
    return True
