"""``python -m tests.bench._rooms_child idle|called|streaming N SECONDS``, ``... first``: figures as JSON."""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hearthd.app.app import App
from hearthd.audio.devices.files import FileLoudspeaker, FileMicrophone
from hearthd.audio.playback.mixer import Mixer
from hearthd.config.personas import Persona
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.engines.protocols import Transcript, Voice
from hearthd.frontend.frontend import open_front_end
from hearthd.frontend.thread import FrontEndThread
from hearthd.history.store import Store
from hearthd.rooms.ports import Hardware, HardwareMaker
from hearthd.rooms.room import Room
from hearthd.rooms.shared import Shared
from hearthd.satellites.wyoming_satellite import WyomingSatellite
from tests.peers.satellite import SatellitePeer
from tests.scripted import ScriptedAsr, ScriptedChat, ScriptedFrontEnd, ScriptedThread, ScriptedVoice

TURNS = 5
SETTLE_SECONDS = 6.5
"""The wake word's gate learns each room's noise floor in its first 5 s, its network awake."""


async def _switched(voice: Voice, name: str, settings: Settings) -> Voice:
    return voice


def room(shared: Shared, number: int, hardware: HardwareMaker) -> Room:
    """A room with its own voice and persona."""
    return Room(
        Settings(),
        shared,
        hardware,
        persona=Persona(name="bench", system="Be brief."),
        voice=ScriptedVoice(),
        switch_voice=_switched,
        name=f"room{number}" if number else "",
        group=f"group{number}",
    )


def local(mixer: Mixer, on_health: Any, post: Any) -> Hardware:
    """A quiet room of this machine, with a real front end."""
    rng = np.random.default_rng(1)
    microphone = FileMicrophone(np.rint(rng.normal(0, 12, 16_000 * 120)).astype(np.int16))
    listening = open_front_end(Settings())
    return Hardware(
        microphone, FileLoudspeaker(mixer), listening, FrontEndThread(microphone, listening, post)
    )


def linked(port: Callable[[], int]) -> HardwareMaker:
    """Makes satellites' ends, each with a real front end; ``port`` tells the next one's."""

    def make(mixer: Mixer, on_health: Any, post: Any) -> Hardware:
        listening = open_front_end(Settings())
        link = WyomingSatellite(("127.0.0.1", port()), mixer, on_health, post, lambda: listening.now)
        return Hardware(link, link.loudspeaker, listening, FrontEndThread(link, listening, post))

    return make


async def called(rooms: int, seconds: float) -> dict[str, float]:
    """The box and satellites that listen for their wake word themselves."""
    async with SatellitePeer() as peer:
        return await idle(rooms, seconds, linked(lambda: peer.port))


async def streaming(rooms: int, seconds: float) -> dict[str, float]:
    """The box and satellites (in a process of their own) that stream always."""
    command = [sys.executable, "-m", "tests.bench._streaming_satellites", str(rooms - 1)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:  # noqa: ASYNC220
        assert child.stdout is not None
        ports = iter(json.loads(child.stdout.readline()))
        try:
            return await idle(rooms, seconds, linked(lambda: next(ports)))
        finally:
            child.kill()


async def idle(rooms: int, seconds: float, other: HardwareMaker = local) -> dict[str, float]:
    """CPU (% of a core) and memory (MB) of the box and ``other`` quiet rooms."""
    shared = Shared(asr=ScriptedAsr(), chat=ScriptedChat(), store=Store(None))
    app = App(shared, [room(shared, number, other if number else local) for number in range(rooms)])
    life = asyncio.create_task(app.run())
    await app.ready.wait()
    await asyncio.sleep(SETTLE_SECONDS)
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    await asyncio.sleep(seconds)
    after, ended = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    memory = resident()
    life.cancel()
    await asyncio.wait([life])
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / (ended - began) * 100
    return {"cpu": cpu, "memory": memory}


def resident() -> float:
    """Megabytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


async def first_sound() -> dict[str, float]:
    """Milliseconds from the end of the words to the first sound: here, and over Wyoming."""
    async with SatellitePeer() as peer:

        def scripted(mixer: Mixer, on_health: Any, post: Any) -> Hardware:
            ears = ScriptedFrontEnd(time.monotonic, Settings().wake)
            quiet = FileMicrophone(np.zeros(0, np.int16))
            return Hardware(quiet, FileLoudspeaker(mixer), ears, ScriptedThread(ears))  # type: ignore[arg-type]

        def satellite(mixer: Mixer, on_health: Any, post: Any) -> Hardware:
            ears = ScriptedFrontEnd(time.monotonic, Settings().wake)
            link = WyomingSatellite(("127.0.0.1", peer.port), mixer, on_health, post, lambda: ears.now)
            return Hardware(link, link.loudspeaker, ears, ScriptedThread(ears))  # type: ignore[arg-type]

        shared = Shared(asr=ScriptedAsr(), chat=ScriptedChat(), store=Store(None))
        rooms = [room(shared, 0, scripted), room(shared, 1, satellite)]
        app = App(shared, rooms)
        life = asyncio.create_task(app.run())
        await app.ready.wait()
        await asyncio.sleep(1.0)
        found = [[await asked(shared, one) for _ in range(TURNS)] for one in rooms]
        life.cancel()
        await asyncio.wait([life])
    return {"local": statistics.median(found[0]), "wyoming": statistics.median(found[1])}


async def asked(shared: Shared, one: Room) -> float:
    """One question, answered; its first_audible_ms."""
    turns: list[float] = []

    class Watcher:
        def state(self, state: Any) -> None: ...
        def wake(self, record: Any) -> None: ...
        def echo(self, measured: Any) -> None: ...
        def turn(self, record: Any) -> None:
            turns.append(record.first_audible_ms)

    one.observers.append(Watcher())
    now, ears = one.now(), one.front_end
    one.post(e.Wake(now, "hey_jarvis", 0.9, ears.now - 16_000, ears.now))
    shared.asr.next = Transcript("Hey Jarvis, how are you?", "en")  # type: ignore[attr-defined]
    words = e.Utterance(ears.now - 16_000, ears.now, ears.now, now)
    await asyncio.sleep(0.25)
    one.post(e.SpeechPaused(one.now(), words))
    await asyncio.sleep(0.5)
    one.post(e.SpeechEnded(one.now(), words))
    while one.state.phase != "speaking":  # noqa: ASYNC110 - a bench
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)
    one.post(e.StopRequested(one.now()))
    while not turns:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    one.observers.pop()
    return turns[0]


if __name__ == "__main__":
    if sys.argv[1] == "first":
        print(json.dumps(asyncio.run(first_sound())))
    else:
        kind = {"idle": idle, "called": called, "streaming": streaming}[sys.argv[1]]
        print(json.dumps(asyncio.run(kind(int(sys.argv[2]), float(sys.argv[3])))))
