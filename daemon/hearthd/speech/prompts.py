"""What the speaker says of itself when something does not work: nobody looks at a log in a kitchen.

What is told of a part (``common.parts``) is announced once it has been broken for a while; any voice
speaks it. ``RECORDED`` answers a question that cannot be answered. It lies in ``config/prompts`` as sound,
because the voice may be what is broken; ``python -m hearthd.speech.prompts`` records it anew with the
embedded voice.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from pathlib import Path

import numpy as np

from hearthd.audio import wav
from hearthd.common.audio import Pcm
from hearthd.common.parts import PARTS, Part
from hearthd.config.settings import repository_config

log = logging.getLogger(__name__)

RATE = 16_000
"""Of the recordings: half the bytes of the voice's own 24 kHz, and clear enough for a sentence."""

RECORDED = {
    Part.ASR: {
        "en": "Sorry, I can't understand speech right now.",
        "zh": "抱歉，我现在听不懂大家说话。",
    },
    Part.CHAT: {
        "en": "Sorry, I can't answer right now: my language model is not working.",
        "zh": "抱歉，我现在没法回答，语言模型出了问题。",
    },
    Part.VOICE: {
        "en": "Sorry, my voice is not working right now.",
        "zh": "抱歉，我的声音现在出了问题。",
    },
}
"""By the engine that failed and the language."""


def told(part: Part, language: str) -> str:
    """What is announced when ``part`` (one of ``TOLD``) is broken; in English where there is no other."""
    sentences = PARTS[part].told
    return sentences.get(language, sentences["en"])


@functools.cache
def recorded(part: Part, language: str, rate: int) -> Pcm:
    """The sentence for ``part`` (a key of ``RECORDED``) at ``rate``; without samples if it cannot be read."""
    name = language if language in RECORDED[part] else "en"
    try:
        return wav.load(_file(part, name), rate)
    except wav.AudioFileError as error:
        log.warning("the recorded sentence is missing: %s", error)
        return np.zeros(0, np.int16)


def _file(part: Part, language: str) -> Path:
    return repository_config("prompts") / f"{part}-{language}.wav"


async def _record() -> None:
    from hearthd.audio.resample import resample
    from hearthd.engines.tts.embedded.voice import EmbeddedVoice

    voice = EmbeddedVoice()
    await voice.start()
    try:
        for part, sentences in RECORDED.items():
            for language, text in sentences.items():
                clip = np.concatenate([pcm async for pcm in voice.synthesize(text, language)])
                wav.save(_file(part, language), resample(clip, voice.rate, RATE), RATE)
    finally:
        await voice.close()


if __name__ == "__main__":
    asyncio.run(_record())
