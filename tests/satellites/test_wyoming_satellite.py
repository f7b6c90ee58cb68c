"""A wyoming-satellite as a room, over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from wyoming.event import Event

from hearthd.audio.playback.mixer import Mixer
from hearthd.common.parts import Part
from hearthd.dialogue import events as e
from hearthd.dialogue.state import Phase, State
from hearthd.satellites import link, wyoming_satellite
from hearthd.satellites.wyoming_satellite import WyomingSatellite
from tests.peers.satellite import SatellitePeer, until

pytestmark = pytest.mark.integration


class Linked:
    """A link, alive, and what it told."""

    def __init__(self, port: int) -> None:
        self.mixer = Mixer()
        self.health: list[tuple[Part, bool, str]] = []
        self.posted: list[e.Event] = []
        self.link = WyomingSatellite(
            ("127.0.0.1", port),
            self.mixer,
            lambda *told: self.health.append(told),
            self.posted.append,
            lambda: 7,
        )

    def told(self) -> list[tuple[Part, bool]]:
        return [(part, works) for part, works, _ in self.health]


@asynccontextmanager
async def linked(peer: SatellitePeer) -> AsyncGenerator[Linked, None]:
    one = Linked(peer.port)
    life = asyncio.create_task(one.link.run())
    try:
        await until(lambda: bool(one.health), "the link is up")
        yield one
    finally:
        life.cancel()
        await asyncio.wait([life])


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "FIRST_WAIT", 0.05)
    for name, seconds in (("PING_SECONDS", 0.2), ("SILENT_SECONDS", 0.6)):
        monkeypatch.setattr(wyoming_satellite, name, seconds)
    monkeypatch.setattr(wyoming_satellite, "SAME_CALL_SECONDS", 0.3)


def test_a_satellite_is_told_to_run_heard_and_spoken_through() -> None:
    async def scene() -> None:
        async with SatellitePeer() as peer, linked(peer) as one:
            assert one.told() == [(Part.MICROPHONE, True), (Part.LOUDSPEAKER, True)]
            assert peer.kinds()[:2] == ["describe", "run-satellite"]
            await peer.speaks(value=5)
            block = await asyncio.to_thread(one.link.read, 10.0)
            assert block is not None
            assert block.pcm.tolist() == [5] * 1024
            one.mixer.play(1, 0, np.full(4800, 9000, np.int16))
            await until(lambda: "audio-chunk" in peer.kinds(), "it is spoken through")
            assert peer.kinds().index("audio-start") < peer.kinds().index("audio-chunk")
            await peer.send(Event("run-pipeline", {"start_stage": "wake", "snd_format": {"rate": 16000}}))
            await until(lambda: one.link._speaker.rate == 16_000, "it says what it plays")

    asyncio.run(scene())


def test_muted_it_pauses_and_what_still_comes_is_dropped() -> None:
    async def scene() -> None:
        async with SatellitePeer() as peer, linked(peer) as one:
            one.link.reading = False
            await until(lambda: "pause-satellite" in peer.kinds(), "it pauses")
            await peer.speaks()
            await peer.calls()
            await asyncio.sleep(0.1)
            assert one.link.read(0.01) is None
            assert one.posted == []
            one.link.reading = True
            await until(lambda: peer.kinds().count("run-satellite") == 2, "it runs again")

    asyncio.run(scene())


def test_its_own_wake_word_is_one_call_and_it_gets_its_transcript() -> None:
    async def scene() -> None:
        async with SatellitePeer() as peer, linked(peer) as one:
            await peer.calls()
            await until(lambda: bool(one.posted), "it calls")
            await asyncio.sleep(0.05)
            [wake] = one.posted
            assert isinstance(wake, e.Wake)
            assert (wake.word, wake.start, wake.end) == ("ok_nabu", 7, 7)
            one.link.state(State(phase=Phase.LISTENING))
            await asyncio.sleep(0.4)
            assert "transcript" not in peer.kinds(), "somebody is listened to"
            one.link.state(State(phase=Phase.THINKING))
            await until(lambda: "transcript" in peer.kinds(), "it listens for its wake word again")
            [transcript] = [event for _, event in peer.events if event.type == "transcript"]
            assert transcript.data["text"] == ""

    asyncio.run(scene())


def test_a_call_that_another_room_answers_ends_its_stream() -> None:
    async def scene() -> None:
        async with SatellitePeer() as peer, linked(peer):
            await peer.calls()
            await until(lambda: "transcript" in peer.kinds(), "its stream ends")

    asyncio.run(scene())


def test_a_satellite_that_dies_is_found_again_and_told_of_once() -> None:
    async def scene() -> None:
        async with SatellitePeer() as peer, linked(peer) as one:
            await peer.die()
            await until(lambda: len(one.health) == 4, "it is away")
            await asyncio.sleep(0.5)
            assert one.told()[2:] == [(Part.MICROPHONE, False), (Part.LOUDSPEAKER, False)]
            assert "127.0.0.1" in one.health[2][2]
            await peer.listen()
            await until(lambda: len(one.health) == 6, "it is back")
            assert one.told()[4:] == [(Part.MICROPHONE, True), (Part.LOUDSPEAKER, True)]

    asyncio.run(scene())


def test_a_satellite_that_hangs_is_away() -> None:
    async def scene() -> None:
        async with SatellitePeer() as peer, linked(peer) as one:
            peer.answers = False
            await until(lambda: len(one.health) >= 4, "it is away")
            assert "does not answer" in one.health[2][2]
            assert peer.connections >= 1

    asyncio.run(scene())


def test_a_satellite_that_another_server_has_is_away_and_told_of_once() -> None:
    async def scene() -> None:
        async with SatellitePeer() as peer:
            peer.owned = True
            async with linked(peer) as one:
                await until(lambda: peer.connections >= 2, "it is tried again")
                assert one.told() == [(Part.MICROPHONE, False), (Part.LOUDSPEAKER, False)]
                assert "Home Assistant" in one.health[0][2]

    asyncio.run(scene())


@pytest.mark.parametrize("kind", ["sound", "events"])
def test_a_flood_is_read_little_faster_than_somebody_speaks(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(wyoming_satellite, "BURST_SECONDS", 0.2)
    form = {"rate": 16_000, "width": 2, "channels": 1}
    event = Event("audio-chunk", form, bytes(2048)) if kind == "sound" else Event("run-pipeline", {})

    async def scene() -> None:
        async with SatellitePeer() as peer, linked(peer) as one:
            seen: list[object] = []
            monkeypatch.setattr(one.link._microphone, "take", lambda *_: seen.append(0))
            monkeypatch.setattr(one.link, "_pipeline", lambda *_: seen.append(0))

            async def flood() -> None:
                while True:
                    await peer.send(event)
                    await asyncio.sleep(0)

            flooding = asyncio.create_task(flood())
            loop = asyncio.get_running_loop()
            began = loop.time()
            await asyncio.sleep(1.0)
            flooding.cancel()
            spoken = (loop.time() - began + 0.4) / (0.032 if kind == "sound" else 0.005)
            assert 5 < len(seen) <= spoken
            assert peer.connections == 1

    asyncio.run(scene())


GARBAGE = {
    "no JSON": b"\xff\xfe nothing\n",
    "a list": b"[1, 2]\n",
    "nested": b"[" * 60_000 + b"\n",
    "an endless line": b"x" * 100_000,
    "a payload of a terabyte": b'{"type": "audio-chunk", "payload_length": 1000000000000}\n',
    "a negative length": b'{"type": "audio-chunk", "data_length": -1}\n',
    "sound of no form": b'{"type": "audio-chunk", "payload_length": 2}\nxx',
    "sound at 1 Hz": b'{"type": "audio-chunk", "data": {"rate": 1, "width": 2, "channels": 1}}\n',
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_costs_the_connection_and_nothing_else(garbage: bytes) -> None:
    async def scene() -> None:
        async with SatellitePeer() as peer, linked(peer) as one:
            await peer.send_raw(garbage)
            await until(lambda: peer.connections >= 2, "it connects again")
            await until(lambda: len(one.health) >= 6, "it is back")

    asyncio.run(scene())


def test_events_of_odd_kinds_are_ignored() -> None:
    async def scene() -> None:
        async with SatellitePeer() as peer, linked(peer) as one:
            for event in (
                Event("x" * 500, {"a": 1}),
                Event("run-pipeline", {"snd_format": [1], "start_stage": 5}),
                Event("run-pipeline", {"snd_format": {"rate": 10**9}}),
                Event("ping", {"text": {"deep": 1}}),
                Event("detection", {"name": "\n\x1b[31m"}),
            ):
                await peer.send(event)
            await until(lambda: bool(one.posted), "it is still read")
            assert peer.connections == 1
            assert one.link._speaker.rate == 22_050
            [wake] = one.posted
            assert isinstance(wake, e.Wake)
            assert wake.word == "[31m"

    asyncio.run(scene())
