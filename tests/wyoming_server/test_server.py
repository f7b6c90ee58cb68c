"""Home Assistant uses the speaker over Wyoming: the real client of the ``wyoming`` package."""

from __future__ import annotations

import asyncio
import json
import random
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any

import numpy as np
import pytest
from wyoming.asr import Transcribe
from wyoming.asr import Transcript as TranscriptEvent
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.config.settings import EndpointSettings
from hearthd.engines.protocols import Transcript, Voice
from hearthd.wyoming_server import server as wyoming_server
from hearthd.wyoming_server.info import info
from hearthd.wyoming_server.listening import Listening
from hearthd.wyoming_server.server import WyomingServer
from hearthd.wyoming_server.speaking import RATE, Speaking
from hearthd.wyoming_server.voices import OfferedVoices

pytestmark = pytest.mark.integration


class Recogniser:
    """Writes how much it heard."""

    name = "ears"

    def __init__(self) -> None:
        self.heard: list[tuple[int, str | None]] = []
        self.fails = False

    async def start(self) -> None: ...

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        if self.fails:
            raise EngineError("out of memory")
        self.heard.append((len(audio), language))
        return Transcript("what time is it", language or "en")

    async def close(self) -> None: ...


class Loud:
    """A VAD that takes what is loud for speech, a window of 512 samples at a time."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.int16)

    def process(self, block: Pcm) -> list[float]:
        held = np.concatenate([self._rest, block])
        whole = len(held) // 512
        self._rest = held[whole * 512 :]
        return [float(np.abs(held[n * 512 : (n + 1) * 512]).max() > 1000) for n in range(whole)]


class Beep:
    """Says each chunk as a tone of 0.1 s; its first ``fails`` attempts fail."""

    whole_clauses = False
    rate = 32_000

    def __init__(self, name: str = "beep") -> None:
        self.name, self.said, self.fails = name, list[tuple[str, str]](), 0
        self.started = self.closed = 0

    def new_reply(self) -> None: ...

    async def start(self) -> None:
        self.started += 1

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        if self.fails:
            self.fails -= 1
            raise EngineError("the voice server is gone")
        self.said.append((text, language))
        yield (np.sin(np.arange(3200) / 5) * 8000).astype(np.int16)

    async def close(self) -> None:
        self.closed += 1


class Served:
    """A server with these engines."""

    def __init__(self) -> None:
        self.ears, self.beep = Recogniser(), Beep()
        self.made: list[str] = []
        self.voices = OfferedVoices(self._voice, ("en", "zh"))
        self.server = WyomingServer("127.0.0.1", 0, self._info, {
            ("transcribe",): lambda: Listening(self.ears, Loud, EndpointSettings(), ("en", "zh")),
            ("synthesize", "synthesize-start", "synthesize-chunk", "synthesize-stop"):
                lambda: Speaking(self.voices.find),
        })  # fmt: skip

    def _voice(self, name: str) -> Voice:
        self.made.append(name)
        return self.beep

    def _info(self) -> Event:
        return info(
            ["asr", "tts", "handle", "wake"], languages=["en", "zh"], recogniser="ears",
            voices=self.voices.names, personas=[("hearthd", "hearthd")],
            wake_words=[("hey_jarvis", "hey jarvis")],
        )  # fmt: skip

    def client(self) -> AsyncTcpClient:
        return AsyncTcpClient("127.0.0.1", self.server.port)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    opened = Served()
    running = asyncio.create_task(opened.server.run())
    await opened.server.listening.wait()
    yield opened
    running.cancel()
    await asyncio.wait({running})


async def ask(client: AsyncTcpClient, *events: Event) -> Event:
    """The first event that comes back."""
    for event in events:
        await client.write_event(event)
    answer = await asyncio.wait_for(client.read_event(), 10)
    assert answer is not None
    return answer


async def until(client: AsyncTcpClient, last: str) -> list[Event]:
    """All events to the one of that type."""
    found: list[Event] = []
    while not found or found[-1].type != last:
        event = await asyncio.wait_for(client.read_event(), 10)
        assert event is not None, [one.type for one in found]
        found.append(event)
    return found


def sound(seconds: float, level: int = 0) -> list[Event]:
    """As Home Assistant sends it: 64 ms a chunk."""
    samples = (np.sin(np.arange(round(seconds * SAMPLE_RATE)) / 7) * level).astype("<i2")
    return [
        AudioChunk(rate=16_000, width=2, channels=1, audio=samples[at : at + 1024].tobytes()).event()
        for at in range(0, len(samples), 1024)
    ]


START = AudioStart(rate=16_000, width=2, channels=1).event()


# --- what is here ---------------------------------------------------------------------------------


async def test_it_says_what_it_can_and_has_no_satellite_that_would_hide_the_rest(served: Served) -> None:
    async with served.client() as client:
        told = Info.from_event(await ask(client, Describe().event()))
        assert told.satellite is None
        assert [program[0].name for program in (told.asr, told.tts, told.handle, told.wake)] == [
            "hearthd"
        ] * 4
        assert all(program[0].installed for program in (told.asr, told.tts, told.handle, told.wake))
        assert told.asr[0].requires_external_vad is False
        assert told.tts[0].supports_synthesize_streaming
        assert [voice.name for voice in told.tts[0].voices] == ["embedded"]
        assert told.wake[0].models[0].phrase == "hey jarvis"
        assert Pong.is_type((await ask(client, Ping(text="x").event())).type)


async def test_what_is_not_known_is_left_out(served: Served) -> None:
    async with served.client() as client:
        answer = await ask(
            client, Event("run-pipeline"), Event("nobody-knows", {"a": 1}, b"xy"), Describe().event()
        )
        assert Info.is_type(answer.type)


async def test_the_daemons_signal_handlers_stay(served: Served) -> None:
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


# --- asr ------------------------------------------------------------------------------------------


async def test_the_words_come_during_the_upload_once_the_person_has_finished(served: Served) -> None:
    async with served.client() as client:
        talk = [*sound(0.5), *sound(1.0, 9000), *sound(1.5)]
        answer = await ask(client, Transcribe(language="zh-CN").event(), START, *talk)  # and no audio-stop
        assert TranscriptEvent.from_event(answer).text == "what time is it"
        [(samples, language)] = served.ears.heard
        assert language == "zh"
        assert 1.5 < samples / SAMPLE_RATE < 2.6


async def test_sound_that_the_sender_ends_is_recognised_as_a_whole(served: Served) -> None:
    async with served.client() as client:
        for _ in range(2):  # a second request on the same connection
            answer = await ask(client, Transcribe().event(), START, *sound(0.7, 500), AudioStop().event())
            assert TranscriptEvent.from_event(answer).text == "what time is it"
        assert [round(samples / SAMPLE_RATE, 1) for samples, _ in served.ears.heard] == [0.7, 0.7]


async def test_sound_of_another_form_is_heard_as_16_khz_mono(served: Served) -> None:
    async with served.client() as client:
        stereo = np.repeat((np.sin(np.arange(24_000) / 20) * 500).astype("<i2"), 2).tobytes()
        chunk = AudioChunk(rate=48_000, width=2, channels=2, audio=stereo).event()
        await ask(client, Transcribe().event(), START, chunk, AudioStop().event())
        assert abs(served.ears.heard[0][0] - 8_000) < 300


async def test_silence_ends_without_words_and_a_room_that_never_falls_silent_ends_too(served: Served) -> None:
    async with served.client() as client:
        assert TranscriptEvent.is_type((await ask(client, Transcribe().event(), START, *sound(5.2))).type)
    async with served.client() as client:
        assert TranscriptEvent.is_type(
            (await ask(client, Transcribe().event(), START, *sound(26, 9000))).type
        )


async def test_a_recogniser_that_fails_is_an_error_and_the_connection_ends(served: Served) -> None:
    served.ears.fails = True
    async with served.client() as client:
        answer = await ask(client, Transcribe().event(), START, *sound(0.5, 500), AudioStop().event())
        assert Error.from_event(answer).text == "out of memory"
        assert await client.read_event() is None


# --- tts ------------------------------------------------------------------------------------------


async def test_a_text_is_spoken_at_one_rate(served: Served) -> None:
    async with served.client() as client:
        await client.write_event(Synthesize(text="Hello **there**. It is 5 pm.").event())
        first, *pieces, _ = await until(client, "audio-stop")
        assert AudioStart.from_event(first).rate == RATE
        assert {AudioChunk.from_event(piece).rate for piece in pieces} == {RATE}
        seconds = sum(len(piece.payload or b"") for piece in pieces) / 2 / RATE
        assert 0.1 < seconds < 2.0
        assert " ".join(text for text, _ in served.beep.said) == "Hello there. It is five P M."


async def test_a_text_in_pieces_sounds_before_it_is_written_and_its_copy_is_left_out(served: Served) -> None:
    async with served.client() as client:
        await client.write_event(SynthesizeStart(voice=SynthesizeVoice(name="embedded")).event())
        await client.write_event(SynthesizeChunk(text="The first sentence is over. And the").event())
        first = await asyncio.wait_for(client.read_event(), 10)
        assert first is not None
        assert first.type == "audio-start"
        sounds = await asyncio.wait_for(client.read_event(), 10)
        assert sounds is not None
        assert sounds.type == "audio-chunk"
        await client.write_event(SynthesizeChunk(text=" second one is too. 你好。").event())
        await client.write_event(Synthesize(text="the whole of it").event())
        await client.write_event(SynthesizeStop().event())
        found = await until(client, SynthesizeStopped().event().type)
        kinds = [event.type for event in found if event.type != "audio-chunk"]
        assert kinds == ["audio-stop", "synthesize-stopped"]
        said = served.beep.said
        assert said[0] == ("The first sentence is over.", "en")
        assert " ".join(text for text, _ in said).endswith("And the second one is too. 你好。")
        assert "whole" not in str(said)
        assert served.made == ["embedded"]


async def test_a_voice_that_fails_is_asked_once_more_and_then_it_is_an_error(served: Served) -> None:
    async with served.client() as client:
        served.beep.fails = 1
        await client.write_event(Synthesize(text="Hello.").event())
        assert "audio-chunk" in [event.type for event in await until(client, "audio-stop")]
        served.beep.fails = 2
        await client.write_event(Synthesize(text="Hello.").event())
        assert (await until(client, "error"))[-1].data["text"] == "the voice server is gone"


async def test_nothing_to_say_is_an_answer_without_sound(served: Served) -> None:
    async with served.client() as client:
        await client.write_event(Synthesize(text="…  ").event())
        assert [event.type for event in await until(client, "audio-stop")] == ["audio-start", "audio-stop"]


async def test_voices_are_loaded_once_and_the_one_unused_for_longest_gives_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"v{n}" for n in range(6)]
    monkeypatch.setattr("hearthd.voices.profiles.names", lambda: names)
    made: dict[str, Beep] = {}
    offered = OfferedVoices(lambda name: made.setdefault(name, Beep(name)), ("en",))
    async with offered.find("v0") as first:
        for name in [*names[1:], "v5"]:
            async with offered.find(name):
                pass
        assert made["v0"] is first
        assert not made["v0"].closed
    assert [made[name].closed for name in names] == [0, 1, 1, 0, 0, 0]
    async with offered.find("nobody") as voice:
        assert voice is made[""]
    await offered.close()


# --- what anybody may do --------------------------------------------------------------------------


async def test_a_connection_on_which_nothing_comes_is_closed(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wyoming_server, "IDLE_SECONDS", 0.1)
    async with served.client() as client:
        assert await asyncio.wait_for(client.read_event(), 10) is None


async def test_more_connections_than_it_takes_are_refused_and_harm_nobody(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wyoming_server, "MAX_SESSIONS", 3)
    async with served.client() as one, served.client() as two, served.client() as three:
        for client in (one, two, three):
            await ask(client, Describe().event())
        reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
        writer.write(b'{"type": "describe"}\n')
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        assert Info.is_type((await ask(two, Describe().event())).type)


def rubbish(rng: random.Random) -> bytes:
    """One of many kinds."""
    kinds: Sequence[str] = (
        "transcribe", "audio-start", "audio-chunk", "audio-stop", "synthesize", "synthesize-start",
        "synthesize-chunk", "synthesize-stop", "describe", "ping", "detect", "transcript", "x" * 200,
    )  # fmt: skip
    values: Sequence[Any] = (
        None, -1, 1.5, True, "", "zh", "x" * 3000, [], {}, [[[]]], 16_000, 2, 1, 10**30, "\ud800", "a\x00b",
        {"name": 5}, {"language": []}, {"name": "embedded"},
    )  # fmt: skip
    keys = ("text", "language", "voice", "rate", "width", "channels", "name", "names", "context", "timestamp")
    data = {key: rng.choice(values) for key in rng.sample(keys, rng.randrange(len(keys)))}
    head: dict[str, Any] = {"type": rng.choice(kinds), "data": rng.choice([data, data, data, [], None, "x"])}
    payload = rng.randbytes(rng.choice([0, 1, 2048, 2049]))
    if payload:
        head["payload_length"] = rng.choice(
            [len(payload)] * 9 + [-1, 10**12, "x", 1e9, True, len(payload) + 1]
        )
    line = json.dumps(head).encode() + b"\n" + payload
    return rng.choice(
        [line] * 12 + [rng.randbytes(500), b"[" * 50_000 + b"\n", b"x" * 70_000, b"\n", b"{}\n", b"5\n"]
    )


@pytest.mark.parametrize("seed", range(8))
async def test_rubbish_ends_one_connection_and_nothing_else(served: Served, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(25):
        _, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
        try:
            for _ in range(rng.randrange(1, 12)):
                writer.write(rubbish(rng))
            await writer.drain()
            if rng.random() < 0.5:
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()
    async with served.client() as client:
        assert Info.is_type((await ask(client, Describe().event())).type)
        await client.write_event(Synthesize(text="Hello.").event())
        await until(client, "audio-stop")


async def test_a_client_that_takes_nothing_is_let_go(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearthd.engines.wyoming_wire.WRITE_SECONDS", 0.2)

    async def endless(text: str, language: str) -> AsyncGenerator[Pcm, None]:
        while True:
            yield np.full(32_000, 5000, np.int16)

    monkeypatch.setattr(served.beep, "synthesize", endless)
    _reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port, limit=1024)
    event = json.dumps({"type": "synthesize", "data": {"text": "Hello."}}).encode()
    writer.write(event + b"\n")
    await writer.drain()
    async with asyncio.timeout(20):
        await asyncio.wait(served.server._sessions)
    writer.transport.abort()
