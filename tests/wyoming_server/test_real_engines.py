"""Real voices speak and the real Whisper hears, over Wyoming: both languages come back as they were said."""

from __future__ import annotations

import asyncio
import re
from difflib import SequenceMatcher

import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.tts import SynthesizeChunk, SynthesizeStart, SynthesizeStop

from hearthd.config.settings import AsrSettings, EndpointSettings, Settings
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.engines.tts import factory
from hearthd.engines.vad.vad import Silero
from hearthd.wyoming_server.listening import Listening
from hearthd.wyoming_server.server import WyomingServer
from hearthd.wyoming_server.speaking import RATE, Speaking
from hearthd.wyoming_server.voices import OfferedVoices

pytestmark = [pytest.mark.integration, pytest.mark.models, pytest.mark.slow]

SENTENCES = {
    "en": "The meeting starts at noon tomorrow morning in the old house.",
    "zh": "今天下午我们一起去公园散步。",
}


def letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


async def test_what_a_real_voice_says_in_pieces_real_ears_hear_during_the_upload() -> None:
    languages = ("en", "zh")
    whisper = WhisperAsr(AsrSettings())
    await whisper.start()
    voices = OfferedVoices(lambda _: factory.embedded(Settings()), languages)
    spoken = ("synthesize", "synthesize-start", "synthesize-chunk", "synthesize-stop")
    server = WyomingServer("127.0.0.1", 0, lambda: Event("info"), {
        ("transcribe",): lambda: Listening(whisper, Silero, EndpointSettings(), languages),
        spoken: lambda: Speaking(voices.find),
    })  # fmt: skip
    running = asyncio.create_task(server.run())
    await server.listening.wait()
    for language, sentence in SENTENCES.items():
        sound = b""
        async with AsyncTcpClient("127.0.0.1", server.port) as client:
            await client.write_event(SynthesizeStart().event())
            for at in range(0, len(sentence), 5):
                await client.write_event(SynthesizeChunk(text=sentence[at : at + 5]).event())
            await client.write_event(SynthesizeStop().event())
            while (event := await asyncio.wait_for(client.read_event(), 120)) is not None:
                if AudioChunk.is_type(event.type):
                    sound += AudioChunk.from_event(event).audio
                if event.type == "synthesize-stopped":
                    break
        async with AsyncTcpClient("127.0.0.1", server.port) as client:
            await client.write_event(Transcribe().event())
            await client.write_event(AudioStart(rate=RATE, width=2, channels=1).event())
            sound += bytes(3 * RATE)  # 1.5 s of silence, and no audio-stop
            for at in range(0, len(sound), 3_072):
                await client.write_event(AudioChunk(RATE, 2, 1, sound[at : at + 3_072]).event())
            event = await asyncio.wait_for(client.read_event(), 120)
            assert event is not None
            heard = Transcript.from_event(event)
            assert heard.language == language
            alike = SequenceMatcher(None, letters(heard.text), letters(sentence)).ratio()
            assert alike > 0.9, heard.text  # Whisper base may take a character for another of the same sound
    running.cancel()
    await asyncio.wait({running})
    await voices.close()
    await whisper.close()
