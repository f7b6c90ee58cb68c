"""Pipecat, put together as its own examples are, asked by recordings in real time. Needs Pipecat.

``argv``: the chat model's Unix socket, the voice's, the recogniser's folder. VAD and turn analyser (Smart
Turn) are Pipecat's, with its defaults. "ask FILE" on standard input (16 kHz int16 samples) is answered by
one line of JSON: seconds from the file's last sample to the first audible one, what was heard and said, and
when each kind of frame first came by (seconds after that last sample).
"""

import asyncio
import json
import math
import os
import sys
import time

import numpy as np
from loguru import logger
from openai import AsyncOpenAI, DefaultAsyncHttpxClient
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import InputAudioRawFrame, LLMTextFrame, TranscriptionFrame, TTSAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.services.whisper.stt import WhisperSTTService
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner

try:
    from httpx2 import AsyncHTTPTransport
except ImportError:
    from httpx import AsyncHTTPTransport

RATE, BLOCK = 16_000, 320
AUDIBLE = 100
MOST_SECONDS, REST_SECONDS = 20.0, 2.0
LATENCY_SECONDS = 0.04
"""The loudspeaker's, as of hearthd's in a rehearsal."""
SYSTEM = (
    "You are a helpful assistant in a voice conversation. Your responses will be spoken aloud, so avoid "
    "emojis, bullet points, or other formatting that can't be spoken. Respond briefly."
)


class Asked(BaseInputTransport):
    """A microphone: blocks of 20 ms in real time, silence but for what is asked."""

    def __init__(self, params):
        super().__init__(params)
        self._pcm = np.zeros(0, np.int16)
        self.ended_at = None

    async def start(self, frame):
        await super().start(frame)
        await self.set_transport_ready(frame)
        self._pacing = asyncio.create_task(self._pace())

    def ask(self, pcm):
        self.ended_at = None
        self._pcm = pcm

    async def _pace(self):
        begin, number = time.monotonic(), 0
        while True:
            await asyncio.sleep(max(0.0, begin + (number + 1) * 0.02 - time.monotonic()))
            part, self._pcm = self._pcm[:BLOCK], self._pcm[BLOCK:]
            if len(part) and not len(self._pcm):
                self.ended_at = begin + number * 0.02 + len(part) / RATE
            block = np.pad(part, (0, BLOCK - len(part)))
            await self.push_audio_frame(InputAudioRawFrame(block.tobytes(), RATE, 1))
            number += 1


class Heard(BaseOutputTransport):
    """A loudspeaker in real time, which notes when something was first audible since it was asked."""

    def __init__(self, params):
        super().__init__(params)
        self.first = self.last = None
        self._free_at = 0.0

    async def start(self, frame):
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame):
        now = time.monotonic()
        sounds_at = max(now, self._free_at)
        samples = np.frombuffer(frame.audio, np.int16)
        self._free_at = sounds_at + len(samples) / frame.sample_rate
        loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > AUDIBLE)
        if len(loud):
            at = sounds_at + loud[0] / frame.sample_rate + LATENCY_SECONDS
            self.first = at if self.first is None else self.first
            self.last = self._free_at
        await asyncio.sleep(max(0.0, sounds_at - now))
        return True


class Voice(TTSService):
    """The voice behind a Unix socket."""

    def __init__(self, socket):
        super().__init__(  # it makes whole clips, as Pipecat's own KokoroTTSService
            push_start_frame=True,
            push_stop_frames=True,
            sample_rate=24_000,
            settings=TTSSettings(model=None, voice=None, language=None),
        )
        self._socket = socket

    async def run_tts(self, text, context_id):
        reader, writer = await asyncio.open_unix_connection(self._socket)
        try:
            writer.write((json.dumps(text) + "\n").encode())
            while size := int.from_bytes(await reader.readexactly(4), "little"):
                clip = await reader.readexactly(size)
                yield TTSAudioRawFrame(clip, 24_000, 1, context_id=context_id)
        finally:
            writer.close()


class Chat(OpenAILLMService):
    """OpenAI's protocol over a Unix socket."""

    def create_client(self, **kwargs):
        http = DefaultAsyncHttpxClient(transport=AsyncHTTPTransport(uds=self.SOCKET))
        return AsyncOpenAI(api_key="none", base_url="http://embedded/v1", http_client=http)


class Notes(FrameProcessor):
    """The text that passes in frames of ``kind``, and when each kind of frame first came by."""

    def __init__(self, kind):
        super().__init__()
        self._kind = kind
        self.forget()

    def forget(self):
        self.text, self.stamps = "", {}

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        self.stamps.setdefault(type(frame).__name__, time.monotonic())
        if type(frame) is self._kind:
            self.text += frame.text
        await self.push_frame(frame, direction)


async def main():
    chat_socket, voice_socket, whisper = sys.argv[1:4]
    Chat.SOCKET = chat_socket
    params = TransportParams(
        audio_in_enabled=True, audio_out_enabled=True, audio_in_sample_rate=RATE, audio_out_sample_rate=24_000
    )
    asked, heard = Asked(params), Heard(params)
    notes = [Notes(TranscriptionFrame), Notes(LLMTextFrame)]
    stt = WhisperSTTService(
        device="cpu", compute_type="int8", settings=WhisperSTTService.Settings(model=whisper, language=None)
    )
    chat = Chat(
        api_key="none",
        settings=OpenAILLMService.Settings(
            model="embedded", system_instruction=SYSTEM, max_tokens=24, temperature=0.7
        ),
    )
    user, assistant = LLMContextAggregatorPair(
        LLMContext(), user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
    )
    pipeline = Pipeline([asked, stt, notes[0], user, chat, notes[1], Voice(voice_socket), heard, assistant])
    worker = PipelineWorker(pipeline, idle_timeout_secs=None)
    started = asyncio.Event()
    worker.add_event_handler("on_pipeline_started", lambda *_: started.set())
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    await asyncio.wait_for(started.wait(), 180)
    print(json.dumps({"ready": True}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        pcm = np.fromfile(line.split(maxsplit=1)[1].strip(), np.int16)
        for note in notes:
            note.forget()
        heard.first = heard.last = None
        asked.ask(pcm)
        until = time.monotonic() + len(pcm) / RATE + MOST_SECONDS
        while time.monotonic() < until:
            await asyncio.sleep(0.05)
            if heard.last is not None and time.monotonic() > heard.last + REST_SECONDS:
                break
        ended_at = asked.ended_at or math.inf
        stamps = {kind: at for note in notes for kind, at in note.stamps.items()}
        after = {kind: round(at - ended_at, 3) for kind, at in stamps.items() if at > ended_at}
        late = heard.first - ended_at if heard.first is not None and heard.first > ended_at else None
        told = {"seconds": late, "heard": notes[0].text, "said": notes[1].text, "after": after}
        print(json.dumps(told, ensure_ascii=False), flush=True)
    running.cancel()


if __name__ == "__main__":
    logger.remove()
    logger.add(sys.stderr, level=os.environ.get("PIPECAT_LOG", "WARNING"))
    asyncio.run(main())
