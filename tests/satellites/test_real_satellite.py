"""The real wyoming-satellite as a room: wake word, question, answer, announcement, interruption, kill -9."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from wyoming.event import Event, async_read_event, async_write_event

from hearthd.app.app import App
from hearthd.app.other_rooms import hardware_of
from hearthd.config.personas import Persona
from hearthd.config.room_settings import settings_of
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.engines.protocols import Transcript, Voice
from hearthd.history.store import Store
from hearthd.rooms.room import Room
from hearthd.rooms.shared import Shared
from hearthd.satellites.wyoming_satellite import WyomingSatellite
from tests.peers.real_satellite import RealSatellite, free_port, now, python, quiet
from tests.peers.satellite import until
from tests.scripted import ScriptedAsr, ScriptedChat, ScriptedVoice
from tests.utterances import say

pytestmark = [pytest.mark.integration, pytest.mark.models, pytest.mark.slow]


async def _switched(voice: Voice, name: str, settings: Settings) -> Voice:
    return voice


class SatelliteRoom:
    """A room on a real satellite: real link, front end, wake word, dialogue, mixer; scripted words."""

    def __init__(self, folder: Path, *, wake_uri: str = "") -> None:
        port = free_port()
        self.satellite = RealSatellite(folder, port, wake_uri)
        table = {"name": "kitchen", "kind": "wyoming", "address": f"127.0.0.1:{port}", "volume": 100}
        settings = Settings.model_validate({"rooms": [table]})
        own = settings_of(settings, settings.rooms[0])
        self.asr, self.chat, self.voice = ScriptedAsr(), ScriptedChat(), ScriptedVoice()
        self.asr.next = Transcript("Hey Jarvis, how are you?", "en")
        self.shared = Shared(asr=self.asr, chat=self.chat, store=Store(None))
        self.room = Room(
            own,
            self.shared,
            hardware_of(settings.rooms[0], own),
            persona=Persona(name="test", system="Be brief."),
            voice=self.voice,
            switch_voice=_switched,
            name="kitchen",
        )
        link = self.room.hardware.microphone
        assert isinstance(link, WyomingSatellite)
        self.link = link
        self.room.observers.append(link)
        self.turns: list[str] = []

    async def __aenter__(self) -> SatelliteRoom:
        self.app = App(self.shared, [self.room])
        self.satellite.start()
        self._life = asyncio.create_task(self.app.run())
        await self.app.ready.wait()
        await self.there()
        return self

    async def there(self) -> None:
        await until(lambda: self.link._works is True and not self.room.state.faults, "it is there", 30.0)
        await asyncio.sleep(0.5)

    async def __aexit__(self, *_: object) -> None:
        self._life.cancel()
        await asyncio.wait([self._life])
        self.satellite.kill()
        print(self.satellite.log())

    async def phase(self, phase: str, seconds: float = 20.0) -> None:
        await until(lambda: self.room.state.phase == phase, phase, seconds)


def test_a_satellite_that_streams_always_is_a_room(tmp_path: Path) -> None:
    python()
    question = np.concatenate([say("Hey Jarvis, how are you?"), quiet(0.3)])

    async def scene() -> None:
        async with SatelliteRoom(tmp_path) as one:
            asked = now()
            one.satellite.says(question)
            await one.phase("listening")
            await one.phase("speaking")
            await until(lambda: bool(one.satellite.sounds(asked)), "the answer sounds")
            await asyncio.sleep(1.0)
            await until(lambda: one.satellite.sounds(asked)[-1][1] > now(), "no pause")
            one.room.post(e.StopRequested(one.room.now()))
            stopped = now()
            await asyncio.sleep(1.5)
            silent = max(until_ for _, until_ in one.satellite.sounds(asked)) - stopped
            print(f"an interruption is silent after {silent * 1000:.0f} ms")
            assert 0.0 < silent <= 0.3

            announced = now()
            one.room.post(e.AnnounceRequested(one.room.now(), "Dinner is ready."))
            await until(lambda: bool(one.satellite.sounds(announced)), "it is announced")
            await one.phase("idle")

            one.satellite.kill()
            await until(lambda: len(one.room.state.faults) == 2, "it is away", 15.0)
            one.satellite.start()
            await one.there()
            one.satellite.says(question)
            await one.phase("speaking")
            one.room.post(e.StopRequested(one.room.now()))

            assert one.link._writer is not None  # hearthd's side dies as hard
            one.link._writer.transport.abort()
            await until(lambda: bool(one.room.state.faults), "it was away", 15.0)
            await one.there()
            one.satellite.says(question)
            await one.phase("speaking")

    asyncio.run(scene())


def test_a_satellite_with_a_wake_word_of_its_own_is_a_room(tmp_path: Path) -> None:
    python()

    async def scene() -> None:
        called = asyncio.Event()

        async def wake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            """A wake word service that hears the word when the test says so."""
            while (event := await async_read_event(reader)) is not None:
                if event.type == "describe":
                    await async_write_event(Event("info", {"wake": []}), writer)
                elif event.type == "audio-chunk" and called.is_set():
                    called.clear()
                    await async_write_event(Event("detection", {"name": "ok_nabu"}), writer)

        port = free_port()
        service = await asyncio.start_server(wake, "127.0.0.1", port)
        async with service, SatelliteRoom(tmp_path, wake_uri=f"tcp://127.0.0.1:{port}") as one:
            one.asr.next = Transcript("how are you", "en")
            for _ in range(2):
                asked = now()
                called.set()
                await one.phase("listening")
                one.satellite.says(np.concatenate([quiet(0.3), say("How are you?"), quiet(0.3)]))
                await one.phase("speaking")
                await until(lambda asked=asked: bool(one.satellite.sounds(asked)), "it answers")  # type: ignore[misc]
                one.room.post(e.StopRequested(one.room.now()))
                await one.phase("idle")
                await asyncio.sleep(5.5)  # its wake word rests for 5 s

    asyncio.run(scene())
