"""An ESPHome voice device as a room, over a real connection to a peer that does as the firmware does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from hearthd.audio.playback.mixer import Mixer
from hearthd.common.errors import EngineError
from hearthd.common.parts import Part
from hearthd.dialogue import events as e
from hearthd.dialogue.state import Phase, State
from hearthd.satellites import esphome_device, esphome_satellite, link
from hearthd.satellites.esphome_device import EsphomeTarget
from hearthd.satellites.esphome_satellite import EsphomeSatellite
from hearthd.satellites.reply_server import ReplyServer

pytest.importorskip("aioesphomeapi", reason="the extra rooms is not installed")

from tests.peers.esphome_firmware import KEY, EsphomeFirmware
from tests.peers.satellite import until

pytestmark = pytest.mark.integration

RUN_START, RUN_END, STT_START, STT_END, TTS_START, TTS_END = 1, 2, 3, 4, 7, 8
INTENT_END, WAKE_START, WAKE_END, VAD_END, STREAM_START, STREAM_END, PROGRESS = 6, 9, 10, 12, 98, 99, 100
TONE = (9000 * np.sin(np.arange(48_000) * 0.06)).astype(np.int16)


class LinkedDevice:
    """A link, alive, and what it told."""

    def __init__(self, port: int, key: str, wake_word: str) -> None:
        self.mixer = Mixer(notify=lambda kind, number, at: self.told.append(kind))
        self.told: list[str] = []
        self.health: list[tuple[Part, bool, str]] = []
        self.posted: list[e.Event] = []
        self.replies = ReplyServer(0)
        self.link = EsphomeSatellite(
            lambda: EsphomeTarget("127.0.0.1", port, key),
            self.mixer,
            lambda *told: self.health.append(told),
            post=self.posted.append,
            now=lambda: 7,
            replies=self.replies,
            wake_word=wake_word,
        )

    def phase(self, phase: Phase) -> None:
        self.link.state(State(phase=phase))

    def works(self) -> list[tuple[Part, bool]]:
        return [(part, works) for part, works, _ in self.health]

    async def asked(self, peer: EsphomeFirmware) -> None:
        """The device is called, and somebody speaks and has spoken."""
        before = len(self.posted)
        peer.wake()
        await until(lambda: len(self.posted) > before, "it calls")
        self.phase(Phase.LISTENING)
        await until(lambda: peer.state == "streaming", "it streams")
        await peer.hears(np.full(1024, 5, np.int16), pace=0.1)
        self.phase(Phase.THINKING)


@asynccontextmanager
async def linked(
    peer: EsphomeFirmware, *, key: str | None = None, wake_word: str = ""
) -> AsyncGenerator[LinkedDevice, None]:
    one = LinkedDevice(peer.port, peer.key if key is None else key, wake_word)
    life = asyncio.create_task(one.link.run())
    try:
        await until(lambda: bool(one.health), "the link is up")
        one.phase(Phase.IDLE)
        yield one
    finally:
        life.cancel()
        await asyncio.wait([life])
        one.replies.close()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(esphome_device, "PING_SECONDS", 0.1)


def kinds(peer: EsphomeFirmware) -> list[int]:
    return [kind for _, kind, _ in peer.events]


@pytest.mark.parametrize("key", [KEY, pytest.param("", marks=pytest.mark.slow)], ids=["encrypted", "plain"])
def test_a_device_is_called_heard_and_answers_in_one_run(key: str) -> None:
    async def scene() -> None:
        async with EsphomeFirmware(key=key) as peer, linked(peer) as one:
            assert one.works() == [(Part.MICROPHONE, True), (Part.LOUDSPEAKER, True)]
            await peer.hears(np.full(1024, 5, np.int16), pace=0.1)
            assert one.link.read(0.01) is None, "outside of a run it sends nothing"
            await one.asked(peer)
            [wake] = one.posted
            assert isinstance(wake, e.Wake)
            assert (wake.word, wake.start, wake.end) == ("Okay Nabu", 7, 7)
            block = one.link.read(1.0)
            assert block is not None
            assert set(block.pcm.tolist()) == {5}
            await until(lambda: bool(peer.played) and peer.played[0].began_at > 0, "it fetches the reply")
            assert peer.state == "responding", "its microphone is closed"
            one.mixer.play(1, 0, TONE)
            one.mixer.finish(1)
            await until(lambda: "first_audible" in one.told, "it sounds")
            one.phase(Phase.SPEAKING)
            await until(lambda: "finished" in one.told, "it has sounded")
            assert TTS_END not in kinds(peer), "until now it would tell if somebody stopped it"
            one.phase(Phase.IDLE)
            await until(lambda: peer.state == "idle", "it waits for its wake word")
            [played] = peer.played
            assert (played.media_type, played.whole) == ("audio/flac", True)
            pcm, rate = played.pcm()
            assert np.count_nonzero(np.abs(pcm) > 50) / rate == pytest.approx(1.0, abs=0.05)
            order = [
                RUN_START,
                STT_START,
                VAD_END,
                STT_END,
                5,
                PROGRESS,
                TTS_START,
                INTENT_END,
                TTS_END,
                RUN_END,
            ]
            assert kinds(peer) == order
            assert peer.events[order.index(INTENT_END)][2]["continue_conversation"] == "0"
            said = [data.get("text") for _, _, data in peer.events]
            assert set(said) == {None, "…"}, "what is said does not travel"
            assert not peer.commands

    asyncio.run(scene())


@pytest.mark.slow
def test_while_the_model_thinks_longer_than_two_seconds_the_device_waits() -> None:
    async def scene() -> None:
        async with EsphomeFirmware() as peer, linked(peer) as one:
            await one.asked(peer)
            await until(lambda: bool(peer.played), "it fetches the reply")
            await asyncio.sleep(2.3)
            assert not peer.finished, "it has not given up"
            [played] = peer.played
            assert played.began_at - played.asked_at < 0.5, "there is sound at once"
            one.phase(Phase.SPEAKING)
            one.mixer.play(1, 0, TONE)
            one.mixer.finish(1)
            await until(lambda: "finished" in one.told, "it has sounded")
            one.phase(Phase.FOLLOW_UP)
            await until(lambda: peer.runs == 2, "it listens again by itself")
            await until(lambda: peer.state == "streaming", "it streams")
            assert peer.runs == 2
            assert len(one.posted) == 1, "that is no new call"
            one.phase(Phase.IDLE)
            await until(lambda: peer.state == "idle", "nobody speaks")
            assert peer.events[-2][2]["code"] == "stt-no-text-recognized"

    asyncio.run(scene())


def test_its_stop_word_or_button_ends_the_reply() -> None:
    async def scene() -> None:
        async with EsphomeFirmware() as peer, linked(peer) as one:
            await one.asked(peer)
            one.phase(Phase.SPEAKING)
            one.mixer.play(1, 0, np.tile(TONE, 20))
            await until(lambda: "first_audible" in one.told, "it sounds")
            peer.stop()
            await until(lambda: len(one.posted) == 2, "it is told")
            assert isinstance(one.posted[1], e.StopRequested)
            one.mixer.flush(1)
            one.phase(Phase.IDLE)
            assert peer.state == "idle"
            await asyncio.sleep(0.2)
            assert TTS_END not in kinds(peer), "after its end the firmware would wait for ever"
            assert len(one.posted) == 2
            await one.asked(peer)
            await until(lambda: len(peer.played) == 2, "the next question is answered")

    asyncio.run(scene())


def test_an_interruption_is_silent_within_300_ms() -> None:
    async def scene() -> None:
        async with EsphomeFirmware() as peer, linked(peer) as one:
            await one.asked(peer)
            one.phase(Phase.SPEAKING)
            one.mixer.play(1, 0, np.tile(TONE, 20))
            await until(lambda: "first_audible" in one.told, "it sounds")
            await asyncio.sleep(0.7)
            one.mixer.flush(1)
            stopped = time.monotonic()
            one.phase(Phase.IDLE)
            await until(lambda: peer.state == "idle", "it is over")
            [played] = peer.played
            assert 0.0 < played.sounds_until() - stopped <= 0.3
            [command] = peer.commands
            assert (command.command, command.announcement) == (2, True)

    asyncio.run(scene())


def test_a_call_that_another_room_answers_ends_without_a_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearthd.satellites.assist_runs.REFUSE_SECONDS", 0.2)

    async def scene() -> None:
        async with EsphomeFirmware() as peer, linked(peer) as one:
            peer.wake()
            await until(lambda: bool(one.posted), "it calls")
            await until(lambda: peer.state == "idle", "it waits for its wake word")
            assert peer.events[-2][2]["code"] == "duplicate_wake_up_detected"
            await asyncio.sleep(0.1)
            assert len(one.posted) == 1, "the stop that the firmware then sends is no person's"

    asyncio.run(scene())


def test_a_button_opens_a_turn_and_muted_nothing_does() -> None:
    async def scene() -> None:
        async with EsphomeFirmware() as peer, linked(peer) as one:
            peer.wake("")
            await until(lambda: bool(one.posted), "it is pressed")
            assert isinstance(one.posted[0], e.ListenRequested)
            peer.stop()
            await until(lambda: len(one.posted) == 2, "it is pressed again")
            assert isinstance(one.posted[1], e.StopRequested)
            one.link.reading = False
            peer.wake()
            await until(lambda: peer.runs == 2 and peer.state == "idle", "it is refused")
            assert len(one.posted) == 2

    asyncio.run(scene())


def test_a_device_that_streams_for_our_wake_word_is_listened_to() -> None:
    async def scene() -> None:
        async with EsphomeFirmware() as peer, linked(peer) as one:
            peer.wake("", flags=2)
            await until(lambda: peer.state == "streaming", "it streams")
            await peer.hears(np.full(512, 5, np.int16), pace=0.1)
            assert one.link.read(1.0) is not None
            assert one.posted == []
            one.phase(Phase.LISTENING)
            await until(lambda: STT_START in kinds(peer), "it shows that it listens")
            assert kinds(peer) == [RUN_START, WAKE_START, WAKE_END, STT_START]
            one.phase(Phase.THINKING)
            await until(lambda: bool(peer.played), "it fetches the reply")

    asyncio.run(scene())


@pytest.mark.slow
def test_something_is_announced_without_a_run_and_can_be_stopped_there() -> None:
    async def scene() -> None:
        async with EsphomeFirmware() as peer, linked(peer) as one:
            one.mixer.play(1, 0, TONE[:9600])
            one.mixer.finish(1)
            one.phase(Phase.THINKING)
            await until(lambda: "finished" in one.told, "it has sounded")
            one.phase(Phase.IDLE)
            await until(lambda: peer.state == "idle" and bool(peer.finished), "it is over")
            assert peer.played[0].whole
            one.mixer.play(2, 0, np.tile(TONE, 9))
            one.phase(Phase.RINGING)
            await until(lambda: len(peer.played) == 2 and peer.played[1].began_at > 0, "it rings")
            peer.stop()
            await until(lambda: bool(one.posted), "somebody has stopped it")
            assert isinstance(one.posted[0], e.StopRequested)

    asyncio.run(scene())


@pytest.mark.slow
def test_a_device_with_a_speaker_alone_is_sent_the_sound() -> None:
    async def scene() -> None:
        async with EsphomeFirmware(player=False) as peer, linked(peer) as one:
            await one.asked(peer)
            one.phase(Phase.SPEAKING)
            one.mixer.play(1, 0, TONE)
            one.mixer.finish(1)
            await until(lambda: "finished" in one.told, "it has sounded")
            one.phase(Phase.IDLE)
            await until(lambda: peer.state == "idle", "it waits for its wake word")
            pcm = np.frombuffer(peer.pushed, "<i2")
            assert np.count_nonzero(np.abs(pcm) > 50) / 16_000 == pytest.approx(1.0, abs=0.05)
            assert kinds(peer)[-6:] == [TTS_START, TTS_END, STREAM_START, INTENT_END, STREAM_END, RUN_END]
            one.phase(Phase.THINKING)
            one.mixer.play(2, 0, TONE)
            one.mixer.finish(2)
            await until(lambda: one.told.count("finished") == 2, "an announcement waits for nothing")

    asyncio.run(scene())


@pytest.mark.slow
def test_a_reply_that_the_device_cannot_fetch_ends_and_says_why(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with EsphomeFirmware() as peer, linked(peer) as one:
            peer.reaches_http = False
            await one.asked(peer)
            one.mixer.play(1, 0, TONE)
            one.mixer.finish(1)
            await until(lambda: "finished" in one.told, "the turn ends")
            assert f"did not fetch its reply from http://127.0.0.1:{one.replies.port}" in caplog.text
            assert "firewall" in caplog.text

    asyncio.run(scene())


def test_a_device_that_dies_is_found_again_and_told_of_once() -> None:
    async def scene() -> None:
        async with EsphomeFirmware() as peer, linked(peer) as one:
            await one.asked(peer)
            await until(lambda: bool(peer.played), "it fetches the reply")
            peer.die()
            await until(lambda: len(one.health) == 4, "it is away")
            await asyncio.sleep(0.3)
            assert one.works()[2:] == [(Part.MICROPHONE, False), (Part.LOUDSPEAKER, False)]
            one.phase(Phase.IDLE)
            await peer.listen()
            await until(lambda: len(one.health) == 6, "it is back")
            await one.asked(peer)
            await until(lambda: len(peer.played) == 2, "it answers")

    asyncio.run(scene())


def test_a_device_that_hangs_is_away() -> None:
    async def scene() -> None:
        async with EsphomeFirmware() as peer, linked(peer) as one:
            peer.answers = False
            await until(lambda: len(one.health) >= 4, "it is away")
            assert one.works()[2] == (Part.MICROPHONE, False)

    asyncio.run(scene())


def test_a_device_that_home_assistant_has_is_away_and_told_of_once() -> None:
    async def scene() -> None:
        async with EsphomeFirmware() as peer:
            peer.other_owner = "Home Assistant 2026.11.0"
            async with linked(peer) as one:
                await until(lambda: peer.connections >= 2, "it is tried again")
                assert one.works() == [(Part.MICROPHONE, False), (Part.LOUDSPEAKER, False)]
                assert "Home Assistant 2026.11.0 (10.0.0.2) has its voice" in one.health[0][2]

    asyncio.run(scene())


WRONG_KEYS = [(KEY, "A" * 43 + "=", "the key is not"), (KEY, "", "no key"), ("", KEY, "uses no")]


@pytest.mark.parametrize(("peers", "ours", "said"), WRONG_KEYS)
def test_a_wrong_key_is_told_with_the_mend(peers: str, ours: str, said: str) -> None:
    async def scene() -> None:
        async with EsphomeFirmware(key=peers) as peer, linked(peer, key=ours) as one:
            assert one.works()[0] == (Part.MICROPHONE, False)
            assert said in one.health[0][2]

    asyncio.run(scene())


def test_one_of_its_own_wake_words_can_be_chosen(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with EsphomeFirmware() as peer:
            async with linked(peer, wake_word="hey_mycroft"):
                await until(lambda: peer.active == ["hey_mycroft"], "it is chosen")
            async with linked(peer, wake_word="computer"):
                assert 'no wake word "computer" there; there are: okay_nabu, hey_jarvis' in caplog.text

    asyncio.run(scene())


@pytest.mark.parametrize("kind", ["sound", "calls", "logs"])
def test_a_device_that_floods_is_cut_off(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(esphome_satellite, "BURST_SECONDS", 0.5)
    from aioesphomeapi import api_pb2 as pb

    message = {
        "sound": pb.VoiceAssistantAudio(data=bytes(1024)),
        "calls": pb.VoiceAssistantRequest(start=True),
        "logs": pb.SubscribeLogsResponse(level=1, message=b"x" * 500),
    }[kind]

    async def scene() -> None:
        async with EsphomeFirmware() as peer, linked(peer) as one:
            assert peer.owner is not None
            for _ in range(400):
                peer.owner.send(message)
            await until(lambda: (Part.MICROPHONE, False) in one.works(), "it is away")
            assert "more than anybody can speak" in one.health[2][2]

    asyncio.run(scene())


GARBAGE = {
    "no protobuf": (106, b"\xff" * 40),
    "of no kind": (9999, b"x"),
    "sound of an odd length": (106, b"\x0a\x03abc"),
    "a megabyte of sound": (106, b"\x0a\xf0\xff\x03" + bytes(65_520)),
    "a start with a text of garbage": (90, b"\x08\x01\x12\x05\xff\xfe\xfd\xfc\xfb"),
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_costs_the_connection_at_most(garbage: tuple[int, bytes]) -> None:
    async def scene() -> None:
        async with EsphomeFirmware(key="") as peer, linked(peer) as one:
            assert peer.owner is not None
            peer.owner.send_raw(*garbage)
            await asyncio.sleep(0.2)
            await until(lambda: one.works()[-1][1] and peer.owner is not None, "it is there")
            await one.asked(peer)
            await until(lambda: bool(peer.played), "it answers")

    asyncio.run(scene())


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "aioesphomeapi.client", None)

    async def scene() -> None:
        with pytest.raises(EngineError, match=r"pip install .aioesphomeapi>=46"):
            await esphome_device.connect(EsphomeTarget("127.0.0.1", 6053), lambda: None)

    asyncio.run(scene())


def test_its_timers_are_shown_and_it_is_told_only_what_changes() -> None:
    from hearthd.satellites.device_timers import DeviceTimer

    async def scene() -> None:
        async with EsphomeFirmware() as peer, linked(peer) as one:
            tea, eggs = DeviceTimer("a", 300, 300), DeviceTimer("b", 60, 59.7, name="eggs")
            paused = DeviceTimer("a", 300, 200, runs=False)
            for timers in ([tea], [tea, eggs], [tea, eggs], [paused, eggs], [eggs]):
                one.link.timers = lambda timers=timers: timers  # type: ignore[misc]
                one.link.show_timers()
            await until(lambda: len(peer.timers) == 4, "they are shown")
            told = [(m.event_type, m.timer_id, m.total_seconds, m.seconds_left) for m in peer.timers]
            assert told == [(0, "a", 300, 300), (0, "b", 60, 60), (1, "a", 300, 200), (2, "a", 300, 200)]
            assert [m.is_active for m in peer.timers] == [True, True, False, False]
            assert peer.timers[1].name == "eggs"
            peer.die()
            await peer.listen()
            await until(lambda: len(peer.timers) == 5, "they are shown again")

    asyncio.run(scene())


@pytest.mark.slow
def test_a_reply_comes_evenly_to_a_player_that_reads_24_kib_at_once() -> None:
    async def scene() -> None:
        async with EsphomeFirmware() as peer, linked(peer) as one:
            await one.asked(peer)
            await until(lambda: bool(peer.played) and peer.played[0].began_at > 0, "silence sounds at once")
            one.phase(Phase.SPEAKING)
            one.mixer.play(1, 0, np.tile(TONE, 2))
            one.mixer.finish(1)
            await until(lambda: "finished" in one.told, "it has sounded")
            one.phase(Phase.IDLE)
            await until(lambda: peer.state == "idle", "it is over")
            [played] = peer.played
            pcm, rate = played.pcm()
            loud = np.flatnonzero(np.abs(pcm) > 50)
            within = int(loud[-1] * 2 / 24_576)  # reads that are full before the last loud sample
            gaps = np.diff(played.reads[:within])
            assert len(gaps) >= 6
            assert gaps.max() < 0.26 + 0.34, "less than what it has in hand"
            assert (loud[-1] - loud[0]) / rate == pytest.approx(2.0, abs=0.05)

    asyncio.run(scene())


@pytest.mark.slow
def test_a_device_that_listens_again_too_late_calls_nobody() -> None:
    async def scene() -> None:
        async with EsphomeFirmware() as peer, linked(peer) as one:
            await one.asked(peer)
            await until(lambda: bool(peer.played) and peer.played[0].began_at > 0, "it fetches the reply")
            one.phase(Phase.FOLLOW_UP)
            one.phase(Phase.IDLE)
            await until(lambda: peer.runs == 2 and peer.state == "idle", "it waits for its wake word")
            assert len(one.posted) == 1, "nobody has called"
            await one.asked(peer)
            assert len(one.posted) == 2

    asyncio.run(scene())
