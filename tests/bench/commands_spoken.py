"""Commands as Whisper base writes them: a part of each corpus, spoken by four of the embedded voices.

Right is the command with what was said of times, lengths, numbers and units; names and texts are as they
are heard. The bound is 90 %.
"""

from __future__ import annotations

import asyncio
import random

from hearthd.actions.matcher import LANGUAGES
from hearthd.common.errors import EngineError
from hearthd.config.settings import AsrSettings
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.models import manifest
from tests.actions import corpus
from tests.bench import CannotRun, Figure
from tests.utterances import say

BOUND = 0.9
SENTENCES = 25
VOICES = {
    "en": ("heart", "am_michael", "bf_emma", "bm_george"),
    "zh": ("zf_xiaobei", "zf_xiaoxiao", "zm_yunjian", "zm_yunxia"),
}
WORDS = {"name", "text"}
"""Slots that hold a person's own words."""


def run() -> list[Figure]:
    """The share of right ones in both languages."""
    try:
        manifest.path("whisper-base")
        manifest.path("kokoro")
    except EngineError as error:
        raise CannotRun(str(error)) from error
    figures = []
    with asyncio.Runner() as runner:
        asr = WhisperAsr(AsrSettings(device="cpu"))
        runner.run(asr.start())
        for language in LANGUAGES:
            commands = [one for one in corpus.read(language) if one.command]
            spoken = [
                (one, voice)
                for one in random.Random(14).sample(commands, SENTENCES)
                for voice in VOICES[language]
            ]
            right = sum(
                _is_right(one, runner.run(asr.transcribe(say(one.text, voice))).text) for one, voice in spoken
            )
            share = right / len(spoken)
            figure = f"right of the spoken commands, {language}"
            ratio = round(share / BOUND, 3)
            figures.append(
                Figure("commands_spoken", figure, round(share, 3), "share", BOUND, ratio, len(spoken))
            )
        runner.run(asr.close())
    return figures


def _is_right(said: corpus.Said, heard: str) -> bool:
    command = corpus.matcher().understand(heard, corpus.NOW)
    if command is None or command.name != said.command:
        return False
    got = {slot: value for slot, value in command.slots.items() if slot not in WORDS}
    return got == {slot: value for slot, value in said.slots.items() if slot not in WORDS}
