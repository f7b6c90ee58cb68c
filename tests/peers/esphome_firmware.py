"""A voice device as ESPHome's firmware is one, over the frames of ``aioesphomeapi``.

Its states and what moves them are those of ``voice_assistant.cpp`` (2025.12): one subscriber, sound only
inside a run, the reply fetched over HTTP, 2 s of patience for it, a TTS_END too late is waited on for ever.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import time
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from aioesphomeapi import api_pb2 as pb
from aioesphomeapi.core import MESSAGE_TYPE_TO_PROTO
from google.protobuf.message import Message
from noise.connection import NoiseConnection

from hearthd.common.audio import Pcm

TYPE_OF = {proto: number for number, proto in MESSAGE_TYPE_TO_PROTO.items()}
KEY = base64.b64encode(bytes(range(32))).decode()
PATIENCE_SECONDS = 2.0
READ_BYTES = 24 * 1024
"""So much its player reads at once; nothing of it sounds before it has it all."""
VOICE, SPEAKER, API_AUDIO, TIMERS, ANNOUNCE, START = 1, 2, 4, 8, 16, 32
PLAYER_KEY = 77


class Wire:
    """One connection's frames, noise or plain text."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
        self.reader, self.writer = reader, writer
        self.noise: NoiseConnection | None = None
        if key:
            self.noise = NoiseConnection.from_name(b"Noise_NNpsk0_25519_ChaChaPoly_SHA256")
            self.noise.set_as_responder()
            self.noise.set_psks(base64.b64decode(key))
            self.noise.set_prologue(b"NoiseAPIInit\x00\x00")
            self.noise.start_handshake()

    async def shake_hands(self) -> bool:
        if self.noise is None:
            return True
        first = await self.reader.readexactly(1)
        if first != b"\x01":
            self.writer.write(b"\x01\x00\x01\x00")  # as the firmware: it says that it speaks noise
            await self.writer.drain()
            return False
        await self.reader.readexactly(int.from_bytes(await self.reader.readexactly(2), "big"))
        self._frame(b"\x01peer\x00aabbccddeeff\x00")
        handshake = await self._read_frame()
        try:
            self.noise.read_message(handshake[1:])
        except Exception:
            self._frame(b"\x01Handshake MAC failure")
            await self.writer.drain()
            return False
        self._frame(b"\x00" + bytes(self.noise.write_message()))
        return True

    def _frame(self, data: bytes) -> None:
        self.writer.write(b"\x01" + len(data).to_bytes(2, "big") + data)

    async def _read_frame(self) -> bytes:
        head = await self.reader.readexactly(3)
        return await self.reader.readexactly(int.from_bytes(head[1:], "big"))

    async def read(self) -> Message:
        if self.noise is not None:
            plain = bytes(self.noise.decrypt(await self._read_frame()))
            number, data = int.from_bytes(plain[:2], "big"), plain[4:]
        else:
            if await self.reader.readexactly(1) != b"\x00":
                self.writer.write(b"\x00Bad indicator byte")
                raise ConnectionError
            size, number = await self._varint(), await self._varint()
            data = await self.reader.readexactly(size)
        return MESSAGE_TYPE_TO_PROTO[number].FromString(data)

    async def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = (await self.reader.readexactly(1))[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    def send(self, message: Message) -> None:
        self.send_raw(TYPE_OF[type(message)], message.SerializeToString())

    def send_raw(self, number: int, data: bytes) -> None:
        if self.writer.is_closing():
            return
        if self.noise is not None:
            head = number.to_bytes(2, "big") + len(data).to_bytes(2, "big")
            self._frame(bytes(self.noise.encrypt(head + data)))
        else:
            self.writer.write(b"\x00" + _varint(len(data)) + _varint(number) + data)


class Played:
    """One thing that its media player fetched."""

    def __init__(self, url: str) -> None:
        self.url, self.asked_at = url, time.monotonic()
        self.began_at = 0.0
        """When the first sound was there."""
        self.stopped_at: float | None = None
        self.media_type = ""
        self.data = b""
        self.whole = False
        self.reads: list[float] = []
        """When each of its reads was complete."""

    def pcm(self) -> tuple[Pcm, int]:
        import av

        with av.open(io.BytesIO(self.data)) as container:
            frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
            rate = container.streams.audio[0].rate
        pcm = np.concatenate(frames) if frames else np.zeros(0, np.int16)
        if self.stopped_at is not None:
            pcm = pcm[: max(0, int((self.stopped_at - self.began_at) * rate))]
        return pcm, int(rate)

    def sounds_until(self) -> float:
        """When the last loud sample sounded."""
        pcm, rate = self.pcm()
        loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > 200)
        return self.began_at + (int(loud[-1]) / rate if len(loud) else 0.0)

    def sounds_from(self) -> float:
        pcm, rate = self.pcm()
        loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > 200)
        return self.began_at + int(loud[0]) / rate if len(loud) else float("inf")


class EsphomeFirmware:
    """Listens on a port of this machine."""

    def __init__(self, *, key: str = KEY, player: bool = True, flags: int = 0, codec: str = "flac") -> None:
        self.key, self.player, self.codec = key, player, codec
        self.flags = flags or VOICE | API_AUDIO | (TIMERS | ANNOUNCE | START if player else SPEAKER)
        self.port = 0
        self.owner: Wire | None = None
        self.owner_name = ""
        self.other_owner = ""
        """Somebody who had its voice before anybody connects here."""
        self.reaches_http = True
        self.answers = True
        self.state = "idle"
        self.events: list[tuple[float, int, dict[str, str]]] = []
        self.timers: list[Any] = []
        self.commands: list[Any] = []
        self.finished: list[float] = []
        """When it said that an announcement (or a reply) is over."""
        self.played: list[Played] = []
        self.pushed = b""
        self.active = ["okay_nabu"]
        self.connections = 0
        self.runs = 0
        self._wires: set[Wire] = set()
        self._logs: set[Wire] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._url = ""
        self._streams_reply = self._continues = False
        self._response = "idle"
        self._giving_up: asyncio.TimerHandle | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> EsphomeFirmware:
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.die()
        for task in self._tasks:
            task.cancel()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def die(self) -> None:
        """As if its plug were pulled."""
        if self._server is not None:
            self._server.close()
        for wire in self._wires:
            wire.writer.transport.abort()
        self._stop_player()
        self.state, self.owner = "idle", None

    # --- a person ---------------------------------------------------------------------------------

    def wake(self, phrase: str = "Okay Nabu", flags: int = 0) -> None:
        """The wake word was said; or, with an empty phrase, its button pressed."""
        if self.state == "idle" and self.owner is not None:
            self._start(phrase, flags)

    def _start(self, phrase: str, flags: int = 0) -> None:
        assert self.owner is not None
        self.state, self._response = "starting", "idle"
        self.runs += 1
        self.owner.send(pb.VoiceAssistantRequest(start=True, flags=flags, wake_word_phrase=phrase))

    def stop(self) -> None:
        """The button, or "stop", or the wake word over a reply: ``request_stop``."""
        self._continues = False
        if self.state in ("starting", "streaming"):
            self._signal_stop()
            self.state = "idle"
        elif self.state == "awaiting":
            self._signal_stop()
        elif self.state == "responding":
            self._stop_player()
            if self._streams_reply:
                self._signal_stop()

    async def hears(self, pcm: Pcm, *, pace: float = 1.0) -> None:
        """Somebody speaks: it streams what falls into a run, 32 ms a message."""
        for first in range(0, len(pcm), 512):
            if self.state == "streaming" and self.owner is not None:
                data = pcm[first : first + 512].astype("<i2").tobytes()
                self.owner.send(pb.VoiceAssistantAudio(data=data))
            await asyncio.sleep(0.032 * pace)

    # --- its connections ----------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(reader, writer, self.key)
        self.connections += 1
        self._wires.add(wire)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, Exception):
            if await wire.shake_hands():
                while True:
                    message = await wire.read()
                    if self.answers:
                        self._take(wire, message)
        self._wires.discard(wire)
        self._logs.discard(wire)
        if self.owner is wire:
            self.owner, self.state = None, "idle"
            self._stop_player()
        writer.close()

    def _take(self, wire: Wire, message: Any) -> None:
        match message:
            case pb.HelloRequest():
                wire.send(pb.HelloResponse(api_version_major=1, api_version_minor=13, name="peer"))
                self.owner_name = message.client_info
            case pb.AuthenticationRequest():
                wire.send(pb.AuthenticationResponse())
            case pb.PingRequest():
                wire.send(pb.PingResponse())
            case pb.DeviceInfoRequest():
                wire.send(
                    pb.DeviceInfoResponse(
                        name="peer",
                        friendly_name="Kitchen \x1b[31mPE",
                        esphome_version="2026.5.0",
                        voice_assistant_feature_flags=self.flags,
                    )
                )
            case pb.ListEntitiesRequest():
                if self.player:
                    form = pb.MediaPlayerSupportedFormat(
                        format=self.codec, sample_rate=48_000, num_channels=1, purpose=1, sample_bytes=2
                    )
                    wire.send(
                        pb.ListEntitiesMediaPlayerResponse(
                            object_id="player", key=PLAYER_KEY, name="player", supported_formats=[form]
                        )
                    )
                wire.send(pb.ListEntitiesDoneResponse())
            case pb.SubscribeLogsRequest():
                self._logs.add(wire)
            case pb.SubscribeVoiceAssistantRequest():
                self._subscribe(wire)
            case pb.VoiceAssistantConfigurationRequest():
                self._configuration(wire)
            case _ if wire is self.owner:
                self._obey(message)

    def _subscribe(self, wire: Wire) -> None:
        if self.owner is not None or self.other_owner:
            text = (
                "\x1b[1;31m[E][voice_assistant:434]: "
                "Multiple API Clients attempting to connect to Voice Assistant\n"
                f"Current client: {self.other_owner or 'hearthd'} (10.0.0.2)\nNew client: x (10.0.0.3)\x1b[0m"
            )
            if wire in self._logs:
                wire.send(pb.SubscribeLogsResponse(level=1, message=text.encode()))
        else:
            self.owner = wire

    def _configuration(self, wire: Wire) -> None:
        told = pb.VoiceAssistantConfigurationResponse()
        if wire is self.owner:
            for word in ("okay_nabu", "hey_jarvis", "hey_mycroft"):
                told.available_wake_words.add(
                    id=word, wake_word=word.replace("_", " "), trained_languages=["en"]
                )
            told.active_wake_words.extend(self.active)
            told.max_active_wake_words = 1
        wire.send(told)

    def _obey(self, message: Any) -> None:
        match message:
            case pb.VoiceAssistantResponse():
                if self.state == "starting":
                    self.state = "idle" if message.error else "streaming"
                else:
                    self._signal_stop()
            case pb.VoiceAssistantEventResponse():
                self._event(message.event_type, {one.name: one.value for one in message.data})
            case pb.VoiceAssistantAnnounceRequest():
                self._play(message.media_id)
                self._continues = message.start_conversation
                self.state = "responding"
            case pb.VoiceAssistantAudio():
                if self.state == "responding":
                    self.pushed += message.data
            case pb.VoiceAssistantTimerEventResponse():
                self.timers.append(message)
            case pb.VoiceAssistantSetConfiguration():
                self.active = list(message.active_wake_words)
            case pb.MediaPlayerCommandRequest():
                self.commands.append(message)
                if message.command == 2:
                    self._stop_player()

    # --- its voice assistant ------------------------------------------------------------------------------

    def _event(self, kind: int, data: dict[str, str]) -> None:
        self.events.append((time.monotonic(), kind, data))
        kinds = pb.VoiceAssistantEvent
        if kind == kinds.VOICE_ASSISTANT_RUN_START:
            self._streams_reply, self._url = False, data.get("url", "")
        elif kind == kinds.VOICE_ASSISTANT_STT_VAD_END:
            self.state = "awaiting"
        elif kind == kinds.VOICE_ASSISTANT_INTENT_PROGRESS:
            if self.player and data.get("tts_start_streaming") == "1" and self._url:
                self._play(self._url)
                self._streams_reply, self._url, self.state = True, "", "responding"
        elif kind == kinds.VOICE_ASSISTANT_INTENT_END:
            self._continues = data.get("continue_conversation") == "1"
        elif kind == kinds.VOICE_ASSISTANT_TTS_END and data.get("url"):
            if self.player and not self._streams_reply:
                self._play(data["url"])
            self._streams_reply, self.state = False, "responding"
        elif kind == kinds.VOICE_ASSISTANT_RUN_END:
            if self.state in ("starting", "streaming", "awaiting"):
                self.state = "idle"
        elif kind == kinds.VOICE_ASSISTANT_TTS_STREAM_END:
            self._response_over()
        elif kind == kinds.VOICE_ASSISTANT_ERROR and self.state != "idle":
            self._signal_stop()
            self.state = "idle"

    def _signal_stop(self) -> None:
        if self.owner is not None:
            self.owner.send(pb.VoiceAssistantRequest(start=False))

    def _response_over(self) -> None:
        if self.state != "responding":
            return
        self.state = "idle"
        self.finished.append(time.monotonic())
        if self.owner is not None:
            self.owner.send(pb.VoiceAssistantAnnounceFinished(success=True))
            if self._continues:
                self._start("Okay Nabu")

    # --- its media player -----------------------------------------------------------------------

    def _play(self, url: str) -> None:
        self._response = "url sent"
        self._fetching = asyncio.create_task(self._fetch(Played(url)))
        self._tasks.add(self._fetching)
        if self._giving_up is not None:
            self._giving_up.cancel()
        self._giving_up = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._give_up)

    def _give_up(self) -> None:
        if self._response == "url sent":
            self._response_over()

    async def _fetch(self, played: Played) -> None:
        self.played.append(played)
        if not self.reaches_http:
            return
        address = urlsplit(played.url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            writer.write(f"GET {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            assert " 200 " in head.splitlines()[0], head
            assert "chunked" in head
            played.media_type = head.lower().split("content-type: ")[1].split("\r\n")[0]
            while size := int((await reader.readline()).strip() or b"0", 16):
                played.data += await reader.readexactly(size)
                await reader.readexactly(2)
                if not played.began_at and len(played.data) >= READ_BYTES:
                    played.began_at, self._response = time.monotonic(), "playing"
                if len(played.data) // READ_BYTES > len(played.reads):
                    played.reads.append(time.monotonic())
            played.whole = True
            played.began_at = played.began_at or time.monotonic()
            pcm, rate = played.pcm()
            await asyncio.sleep(max(0.0, played.began_at + len(pcm) / rate - time.monotonic()))
            self._response = "finished"
            self._response_over()
        except (OSError, asyncio.IncompleteReadError):
            self._response = "finished"
            self._response_over()
        finally:
            writer.transport.abort()

    def _stop_player(self) -> None:
        if self._fetching is not None and not self._fetching.done():
            if self.played:
                self.played[-1].stopped_at = time.monotonic()
            self._fetching.cancel()
            self._response = "finished"
            self._response_over()


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
