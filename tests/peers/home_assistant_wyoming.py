"""Runs in Home Assistant's environment: its Wyoming integration's own client code, against a server.

argv: host, port. Each line of JSON on stdin is answered with one; the first line told is what Home Assistant
makes of the server. ``{"hear": FILE of 16 kHz samples, "language"}``, ``{"say": text, "language", "voice"}``,
``{"read": [texts], "language", "voice"}``, ``{"ask": text, "language", "conversation"}``,
``{"announce": PROGRAM that writes samples, "port"}``.
"""

import asyncio
import inspect
import io
import json
import sys
import wave
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from homeassistant.components import conversation, stt, tts
from homeassistant.components.wyoming.assist_satellite import WyomingAssistSatellite
from homeassistant.components.wyoming.conversation import WyomingConversationEntity
from homeassistant.components.wyoming.data import WyomingService
from homeassistant.components.wyoming.devices import SatelliteDevice
from homeassistant.components.wyoming.stt import WyomingSttProvider
from homeassistant.components.wyoming.tts import WyomingTtsProvider
from homeassistant.core import Context

TASKS = set()
STREAMS = hasattr(WyomingTtsProvider, "async_supports_streaming_input")
"""Since 2025.7 a text is spoken while it is still written."""


def in_background(_: Any, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """As its own ``ConfigEntry`` does."""
    task = asyncio.create_task(work, name=name)
    TASKS.add(task)
    return task


ENTRY: Any = SimpleNamespace(entry_id="entry", async_create_background_task=in_background)


async def sound(raw: bytes) -> AsyncIterator[bytes]:
    """As Home Assistant has it from a satellite: 64 ms at a time."""
    for at in range(0, len(raw), 2048):
        yield raw[at : at + 2048]


async def hear(service: WyomingService, line: dict[str, Any]) -> Any:
    """What its speech recognition gives."""
    metadata = stt.SpeechMetadata(
        language=line["language"], format=stt.AudioFormats.WAV, codec=stt.AudioCodecs.PCM,
        bit_rate=stt.AudioBitRates.BITRATE_16, sample_rate=stt.AudioSampleRates.SAMPLERATE_16000,
        channel=stt.AudioChannels.CHANNEL_MONO,
    )  # fmt: skip
    raw = await asyncio.to_thread(Path(line["hear"]).read_bytes)
    result = await WyomingSttProvider(ENTRY, service).async_process_audio_stream(metadata, sound(raw))
    return {"text": result.text, "result": result.result}


async def say(service: WyomingService, line: dict[str, Any]) -> Any:
    """What its speech synthesis gives."""
    speaking = WyomingTtsProvider(ENTRY, service)
    options = {"voice": line["voice"]} if line.get("voice") else {}
    kind, data = await speaking.async_get_tts_audio(line["say"], line["language"], options)
    with wave.open(io.BytesIO(data)) as clip:
        seconds = clip.getnframes() / clip.getframerate()
        return {"kind": kind, "rate": clip.getframerate(), "seconds": seconds}


async def read(service: WyomingService, line: dict[str, Any]) -> Any:
    """What its speech synthesis gives of a text whose rest is written only when its beginning sounds."""
    sounding = asyncio.Event()

    async def written() -> AsyncGenerator[str]:
        first, *rest = line["read"]
        yield first
        await asyncio.wait_for(sounding.wait(), 30)
        for piece in rest:
            yield piece

    wanted = tts.TTSAudioRequest(line["language"], {"voice": line["voice"]}, written())
    response = await WyomingTtsProvider(ENTRY, service).async_stream_tts_audio(wanted)
    parts = []
    async for part in response.data_gen:
        parts.append(part)
        if len(parts) > 1:  # the first is the WAV's head
            sounding.set()
    head, *samples = parts
    with wave.open(io.BytesIO(head)) as clip:
        rate = clip.getframerate()
    return {"kind": response.extension, "rate": rate, "seconds": len(b"".join(samples)) / 2 / rate}


async def ask(service: WyomingService, line: dict[str, Any]) -> Any:
    """What its conversation agent answers."""
    known = inspect.signature(conversation.ConversationInput).parameters
    fields = {
        "text": line["ask"], "context": Context(), "conversation_id": line["conversation"], "device_id": None,
        "language": line["language"], "agent_id": None, "satellite_id": None,
    }  # fmt: skip
    given: Any = {name: value for name, value in fields.items() if name in known}
    answering = WyomingConversationEntity(ENTRY, service)
    result = await answering.async_process(conversation.ConversationInput(**given))
    speech = result.response.speech
    return {"text": speech["plain"]["speech"] if speech else "", "error": result.response.error_code}


async def announce(_: WyomingService, line: dict[str, Any]) -> Any:
    """Whether its satellite says that what was announced has sounded."""
    service = await WyomingService.create(sys.argv[1], line["port"])
    assert service is not None, "Home Assistant finds no satellite"
    hass: Any = None
    satellite = WyomingAssistSatellite(hass, service, SatelliteDevice("satellite", "device"), ENTRY)
    satellite.async_write_ha_state = lambda: None
    satellite._ffmpeg_manager = SimpleNamespace(binary=line["announce"])
    life = asyncio.create_task(satellite._connect_and_loop())
    while satellite._client is None or satellite._client._writer is None:  # noqa: ASYNC110 - its own
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.2)  # it tells nobody when it runs
    await satellite.async_announce(SimpleNamespace(media_id=""))
    await asyncio.wait_for(satellite._played_event_received.wait(), 10)  # it itself waits for 0.5 s only
    life.cancel()
    known = {"name": service.get_name(), "platforms": [str(one) for one in service.platforms]}
    return known | {"played": True}


async def main() -> None:
    """Serve the lines."""
    service = await WyomingService.create(sys.argv[1], int(sys.argv[2]))
    assert service is not None, "Home Assistant finds no server"
    voices = WyomingTtsProvider(ENTRY, service).async_get_supported_voices("en") or []
    told = {
        "name": service.get_name(),
        "platforms": sorted(str(platform) for platform in service.platforms),
        "languages": WyomingSttProvider(ENTRY, service).supported_languages,
        "voices": [voice.voice_id for voice in voices],
        "streams": STREAMS and WyomingTtsProvider(ENTRY, service).async_supports_streaming_input(),
    }
    print(json.dumps(told), flush=True)
    while text := await asyncio.to_thread(sys.stdin.readline):
        line = json.loads(text)
        work = next(work for work in (hear, say, read, ask, announce) if work.__name__ in line)
        print(json.dumps(await work(service, line)), flush=True)


asyncio.run(main())
