"""From the end of a person's words to the first sound of the answer, stage by stage, with real engines.

Whisper base, SmolLM2 135M, the embedded English voice; questions spoken by four voices, one after the
other in one rehearsal in real time. The baseline is what the same engines take in the same run when
each stage begins only after the one before it has ended: the endpoint's silence, then the whole
recognition, then the model to its first clause, then the voice to its first sound.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from contextlib import aclosing

import numpy as np

from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.config.settings import Settings
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.engines.llm import factory
from hearthd.engines.messages import Message, texts
from hearthd.engines.tts.embedded.voice import EmbeddedVoice
from hearthd.models import manifest
from hearthd.report.timeline import STAGES
from hearthd.text.chunker import Chunker
from tests.bench import CannotRun, Figure
from tests.utterances import say, silence

QUESTIONS = (
    "what is the weather like today?",
    "how do I cook rice?",
    "tell me something about the moon.",
    "who wrote this song?",
    "what should I wear tomorrow?",
    "how far away is the sun?",
    "why is the sky blue?",
    "can you help me with my homework?",
    "what do cats like to eat?",
    "how are you this evening?",
    "what is the tallest animal?",
    "what is a good name for a dog?",
)
VOICES = ("heart", "bf_emma", "am_michael", "af_bella")
GAP_SECONDS = 9.0
"""From one question to the next: time for a short answer and the follow-up window."""


def run() -> list[Figure]:
    """The median of each stage, and the 95th percentile of the whole."""
    try:
        for name in ("whisper-base", "smollm2-135m", "openwakeword", "kokoro"):
            manifest.path(name)
    except EngineError as error:
        raise CannotRun(str(error)) from None
    settings = Settings.model_validate(
        {
            "chat": {"engine": "embedded", "embedded_model": "smollm2-135m", "max_reply_tokens": 24},
            "follow_up": {"seconds": 0.0},
        }
    )
    heard = [say(f"Hey Jarvis, {text}", VOICES[n % len(VOICES)]) for n, text in enumerate(QUESTIONS)]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STATE_DIRECTORY"] = folder
        turns = asyncio.run(_rehearsed(settings, heard))
    answered = [turn for turn in turns if turn.first_audible_ms is not None]
    if len(answered) < len(QUESTIONS) - 2:
        raise CannotRun(f"only {len(answered)} of {len(QUESTIONS)} questions were answered")
    bare = asyncio.run(_one_after_another(settings, heard))
    figures = []
    for label, name, _ in STAGES:
        values = [value for turn in answered if (value := getattr(turn, name)) is not None]
        figures.append(
            Figure("first_sound", f"{label}, median", statistics.median(values), "ms", n=len(values))
        )
    audible = [turn.first_audible_ms or 0.0 for turn in answered]
    median, baseline = statistics.median(audible), statistics.median(bare)
    figures[-1] = Figure(
        "first_sound", "audible, median", median, "ms", baseline, median / baseline, len(audible)
    )
    p95, slow = float(np.percentile(audible, 95)), float(np.percentile(bare, 95))
    figures.append(Figure("first_sound", "audible, p95", p95, "ms", slow, p95 / slow, len(audible)))
    return figures


async def _rehearsed(settings: Settings, heard: list[Pcm]) -> list[TurnRecord]:
    from hearthd.app.rehearsal import rehearse

    spaced = [np.concatenate([pcm, silence(GAP_SECONDS)]) for pcm in heard]
    return (await rehearse(settings, np.concatenate(spaced))).turns


async def _one_after_another(settings: Settings, heard: list[Pcm]) -> list[float]:
    """Milliseconds to the first sound if every stage waits for the one before it."""
    asr, chat, voice = (
        WhisperAsr(settings.asr),
        await factory.choose(settings),
        EmbeddedVoice("heart", "zf_xiaoxiao"),
    )
    await asyncio.gather(asr.start(), chat.start(), voice.start())
    system = Message("system", "You are a speaker in a home. Answer in one short sentence.")
    took = []
    for pcm in heard:
        await chat.prefill([system])
        began = time.monotonic()
        words = (await asr.transcribe(pcm)).text
        chunker, chunk = Chunker(), ""
        async with aclosing(texts(chat.reply([system, Message("user", words)]))) as pieces:
            async for piece in pieces:
                if found := chunker.feed(piece):
                    chunk = found[0].text
                    break
        async with aclosing(voice.synthesize(chunk or "Well.", "en")) as clip:
            await anext(clip)
        took.append((settings.endpoint.silence_seconds + time.monotonic() - began) * 1000)
    await asyncio.gather(asr.close(), chat.close(), voice.close())
    return took
