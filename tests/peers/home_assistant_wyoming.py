"""Runs in Home Assistant's environment: its Wyoming integration's own client code, against a server.

argv: host, port. Lines of JSON on stdin: ``{"hear": FILE of 16 kHz samples, "language"}``, ``{"say": text,
"language", "voice"}``, ``{"ask": text, "language", "conversation"}``. Each is answered with one line of JSON;
the first line says what Home Assistant makes of the server.
"""

import asyncio
import inspect
import io
import json
import sys
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from homeassistant.components import conversation, stt
from homeassistant.components.wyoming.conversation import WyomingConversationEntity
from homeassistant.components.wyoming.data import WyomingService
from homeassistant.components.wyoming.stt import WyomingSttProvider
from homeassistant.components.wyoming.tts import WyomingTtsProvider
from homeassistant.core import Context

ENTRY: Any = SimpleNamespace(entry_id="entry")


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
    }
    print(json.dumps(told), flush=True)
    while text := await asyncio.to_thread(sys.stdin.readline):
        line = json.loads(text)
        work = hear if "hear" in line else say if "say" in line else ask
        print(json.dumps(await work(service, line)), flush=True)


asyncio.run(main())
