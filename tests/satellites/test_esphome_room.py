"""A whole room on an ESPHome device: called, asked, answered, interrupted, and both ends die once."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest

from hearthd.actions.timers.clock import SystemClock
from hearthd.actions.timers.store import AlertStore
from hearthd.actions.timers.timers import Timers
from hearthd.app import other_rooms
from hearthd.app.app import App
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.engines.protocols import Transcript, Voice
from hearthd.history.store import Store
from hearthd.rooms.shared import Shared
from hearthd.satellites.esphome_satellite import EsphomeSatellite
from hearthd.satellites.reply_server import ReplyServer

pytest.importorskip("aioesphomeapi", reason="the extra rooms is not installed")

from tests.peers.esphome_firmware import KEY, EsphomeFirmware
from tests.peers.satellite import until
from tests.scripted import ScriptedAsr, ScriptedChat, ScriptedVoice
from tests.utterances import say

pytestmark = [pytest.mark.integration, pytest.mark.models, pytest.mark.slow]


async def _switched(voice: Voice, name: str, settings: Settings) -> Voice:
    return voice


class EsphomeRoom:
    """A room as the configuration makes it: real link, front end, dialogue, mixer; scripted words."""

    def __init__(self, folder: Path, peer: EsphomeFirmware) -> None:
        (folder / "key").write_text(KEY + "\n")
        table = {
            "name": "kitchen",
            "kind": "esphome",
            "address": f"127.0.0.1:{peer.port}",
            "key_file": str(folder / "key"),
            "volume": 100,
        }
        settings = Settings.model_validate({"rooms": [table], "follow_up": {"seconds": 3}})
        self.asr, self.chat = ScriptedAsr(), ScriptedChat()
        self.asr.next = Transcript("How are you?", "en")
        self.shared = Shared(asr=self.asr, chat=self.chat, store=Store(None))
        self.shared.timers = Timers(AlertStore(None), SystemClock(), self.shared.bell)
        self.replies = ReplyServer(0)
        self.room = other_rooms.make(
            settings,
            settings.rooms[0],
            self.shared,
            _switched,
            lambda _: ScriptedVoice(),
            replies=self.replies,
        )
        link = self.room.hardware.microphone
        assert isinstance(link, EsphomeSatellite)
        self.link, self.peer = link, peer

    async def __aenter__(self) -> EsphomeRoom:
        self.app = App(self.shared, [self.room])
        self._life = asyncio.create_task(self.app.run())
        await self.app.ready.wait()
        await self.there()
        return self

    async def there(self) -> None:
        await until(lambda: self.peer.owner is not None and not self.room.state.faults, "it is there", 30.0)

    async def __aexit__(self, *_: object) -> None:
        self._life.cancel()
        await asyncio.wait([self._life])
        self.replies.close()

    async def phase(self, phase: str, seconds: float = 20.0) -> None:
        await until(lambda: self.room.state.phase == phase, phase, seconds)

    async def asks(self, question: np.ndarray) -> None:
        self.peer.wake()
        await self.phase("listening")
        await until(lambda: self.peer.state == "streaming", "it streams")
        await self.peer.hears(question)
        await self.phase("speaking")


def test_an_esphome_device_is_a_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    quiet = np.zeros(16_000, np.int16)
    question = np.concatenate([say("How are you?"), quiet, quiet])

    async def scene() -> None:
        async with EsphomeFirmware() as peer, EsphomeRoom(tmp_path, peer) as one:
            await one.asks(question)
            await until(lambda: peer.played[-1].began_at > 0, "it sounds")
            answer = peer.played[-1]
            await one.phase("follow_up")
            await until(lambda: peer.runs == 2, "it listens again")
            assert answer.sounds_until() > answer.sounds_from()
            await until(lambda: peer.state == "streaming", "it streams")
            await peer.hears(question)
            await until(
                lambda: len(peer.played) == 2 and peer.played[1].began_at > 0, "no wake word is needed"
            )
            await one.phase("speaking")
            await asyncio.sleep(0.5)
            peer.stop()
            stopped = time.monotonic()
            await one.phase("idle", 1.0)
            print(f"stopped at the device, the room knows after {(time.monotonic() - stopped) * 1000:.0f} ms")

            one.room.post(e.AnnounceRequested(one.room.now(), "Dinner is ready."))
            await until(lambda: len(peer.played) == 3, "it is announced")
            await until(lambda: one.room.state.phase == "idle" and peer.state == "idle", "it is over")
            assert peer.played[2].sounds_from() < float("inf")

            peer.die()
            await until(lambda: len(one.room.state.faults) == 2, "it is away", 15.0)
            await peer.listen()
            await one.there()
            await one.asks(question)
            await asyncio.sleep(0.5)
            one.room.post(e.StopRequested(one.room.now()))
            asked = time.monotonic()
            await until(lambda: peer.state == "idle", "it is silent")
            print(f"an interruption is silent after {(peer.played[-1].sounds_until() - asked) * 1000:.0f} ms")
            assert peer.played[-1].sounds_from() < asked
            assert peer.played[-1].sounds_until() - asked <= 0.3

            assert one.link.runs is not None  # hearthd's side dies as hard
            one.link.runs._device.close()
            await until(lambda: bool(one.room.state.faults), "it was away", 15.0)
            await one.there()
            await one.asks(question)

    asyncio.run(scene())


def test_the_timers_of_its_room_are_shown_and_it_does_not_ring_beside_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))

    async def scene() -> None:
        async with EsphomeFirmware() as peer, EsphomeRoom(tmp_path, peer) as one:
            timers = one.shared.timers
            assert timers is not None
            timers.set_timer(3, "secret", spoken=True, room="kitchen")
            await until(lambda: len(peer.timers) == 1, "it is shown")
            assert peer.timers[0].name == ""
            await one.phase("ringing")
            await until(lambda: len(peer.timers) == 2, "it is taken off")
            assert [one.event_type for one in peer.timers] == [0, 2]
            await until(lambda: bool(peer.played) and peer.played[0].began_at > 0, "it rings there")
            peer.stop()
            await one.phase("idle")

    asyncio.run(scene())
