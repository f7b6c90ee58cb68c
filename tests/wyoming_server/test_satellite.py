"""A room as Home Assistant's satellite, over a real connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.info import Describe, Info

from hearthd.app.wyoming import WyomingOffer
from hearthd.common.audio import Pcm
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.rooms.waiting_sounds import MAX_WAITING, WaitingSound, WaitingSounds
from hearthd.wyoming_server import satellite
from tests.peers.llama_server import free_port
from tests.scripted import Scripted, ScriptedVoice

pytestmark = pytest.mark.integration

RATE = 22_050


def tone(seconds: float) -> Pcm:
    return (8000 * np.sin(np.arange(int(seconds * RATE)) * 0.1)).astype(np.int16)


@asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[tuple[Scripted, AsyncTcpClient]]:
    wyoming = {"listen": "127.0.0.1", "port": free_port(), "satellites_port": free_port()}
    settings = Settings.model_validate({"node": "den", "area": "Den", "wyoming": wyoming})
    async with Scripted(folder, settings) as speaker:
        offer = WyomingOffer(speaker.app, lambda _: ScriptedVoice())
        running = asyncio.create_task(offer.run())
        [server] = offer.satellites
        await server.listening.wait()
        async with AsyncTcpClient("127.0.0.1", wyoming["satellites_port"]) as client:
            await client.write_event(Event("run-satellite"))
            yield speaker, client
        running.cancel()
        await asyncio.wait({running})


async def announce(client: AsyncTcpClient, pcm: Pcm) -> None:
    form = {"rate": RATE, "width": 2, "channels": 1}
    await client.write_event(AudioStart(**form).event())
    raw = pcm.tobytes()
    for at in range(0, len(raw), 2048):
        await client.write_event(AudioChunk(audio=raw[at : at + 2048], **form).event())
    await client.write_event(AudioStop().event())


async def kind(client: AsyncTcpClient) -> str:
    event = await asyncio.wait_for(client.read_event(), 10)
    assert event is not None
    return event.type


def sounded(speaker: Scripted) -> float:
    """Seconds of what was loud."""
    pcm = np.concatenate([np.zeros(0, np.int16), *(pcm for _, pcm in speaker.speaker.blocks)])
    return float(np.count_nonzero(np.abs(pcm) > 2500)) / speaker.room.mixer.rate


async def test_what_home_assistant_announces_sounds_and_it_is_told_when_it_has(tmp_path: Path) -> None:
    async with connected(tmp_path) as (speaker, client):
        await client.write_event(Describe().event())
        event = await asyncio.wait_for(client.read_event(), 10)
        assert event is not None
        told = Info.from_event(event)
        assert told.satellite is not None
        assert (told.satellite.name, told.satellite.area, told.asr) == ("den", "Den", [])
        await announce(client, tone(0.8))
        assert await kind(client) == "played"
        assert sounded(speaker) > 0.4
        [record] = speaker.turns
        assert (record.ended, record.spoken) == (e.Ended.COMPLETED, "")
        assert speaker.room.state.phase == "idle"


async def test_an_announcement_waits_for_the_turn_that_goes_on_and_can_be_stopped(tmp_path: Path) -> None:
    async with connected(tmp_path) as (speaker, client):
        room = speaker.room
        room.post(e.SayRequested(room.now(), "Dinner is ready."))
        await announce(client, tone(30.0))
        await client.write_event(Event("ping", {"text": "x"}))
        assert await kind(client) == "pong"
        while not (len(speaker.turns) == 1 and room.state.phase == "speaking"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        room.post(e.StopRequested(room.now()))
        assert await kind(client) == "played"
        assert [record.ended for record in speaker.turns] == [e.Ended.COMPLETED, e.Ended.STOPPED]


async def test_an_endless_announcement_is_cut_off_and_an_empty_one_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(satellite, "MAX_SECONDS", 1)
    async with connected(tmp_path) as (speaker, client):
        await announce(client, tone(0.0))
        await client.write_event(AudioStop().event())
        await announce(client, tone(60.0))
        assert await kind(client) == "played"
        assert 0.4 < sounded(speaker) < 1.5
        assert len(speaker.turns) == 1


async def test_its_mute_switch_leaves_the_microphone_as_it_is(tmp_path: Path) -> None:
    async with connected(tmp_path) as (speaker, client):
        speaker.room.post(e.MuteRequested(speaker.room.now(), on=True))
        for switched in ("run-satellite", "pause-satellite", "run-satellite"):
            await client.write_event(Event(switched))
        await announce(client, tone(0.2))
        assert await kind(client) == "played"
        assert speaker.room.state.muted


@pytest.mark.parametrize("rubbish", [b"{}\n", b"\xff\n", b'{"type": "audio-chunk", "payload_length": 9e9}\n'])
async def test_what_sends_rubbish_is_let_go_and_the_room_lives_on(tmp_path: Path, rubbish: bytes) -> None:
    async with connected(tmp_path) as (speaker, client):
        assert client._writer is not None
        client._writer.write(rubbish)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            assert await asyncio.wait_for(client.read_event(), 10) is None
        assert speaker.room.state.phase == "idle"


async def test_a_satellite_has_few_connections(tmp_path: Path) -> None:
    async with connected(tmp_path) as (speaker, client), contextlib.AsyncExitStack() as stack:
        port = speaker.settings.wyoming.satellites_port
        more = [
            await stack.enter_async_context(AsyncTcpClient("127.0.0.1", port))
            for _ in range(satellite.SESSIONS)
        ]
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            assert await asyncio.wait_for(more[-1].read_event(), 10) is None
        for one in (client, *more[:-1]):
            await one.write_event(Event("ping", {"text": "x"}))
            assert await kind(one) == "pong"


def test_sounds_that_wait_are_few_and_whoever_waits_for_a_dropped_one_is_told() -> None:
    clips = WaitingSounds()
    waiting = [WaitingSound(np.ones(n + 1, np.int16)) for n in range(MAX_WAITING + 1)]
    numbers = [clips.add(clip) for clip in waiting]
    assert waiting[0].over.is_set()
    assert len(clips.take(numbers[0], 1)) == 0
    assert len(clips.take(numbers[1], 2)) == 2
    assert not waiting[1].over.is_set()
    clips.turn_over(2)
    assert waiting[1].over.is_set()
