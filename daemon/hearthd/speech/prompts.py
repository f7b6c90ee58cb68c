"""What the speaker says of itself when something does not work: nobody looks at a log in a kitchen.

``TOLD`` is announced once, when a part has been broken for a while; any voice speaks it. ``RECORDED``
answers a question that cannot be answered. It lies in ``config/prompts`` as sound, because the voice may
be what is broken; ``python -m hearthd.speech.prompts`` records it anew with the embedded voice.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from pathlib import Path

import numpy as np

from hearthd.audio import wav
from hearthd.common.audio import Pcm
from hearthd.config.settings import repository_config

log = logging.getLogger(__name__)

RATE = 16_000
"""Of the recordings: half the bytes of the voice's own 24 kHz, and clear enough for a sentence."""

TOLD = {
    "microphone": {
        "en": "I can't hear anything: my microphone is gone.",
        "zh": "我什么也听不见：麦克风不见了。",
    },
    "store": {
        "en": "My disk takes nothing more. What we say now is kept only until I restart.",
        "zh": "我的磁盘写不进去了，现在说的话只能记到我重启为止。",
    },
}
"""By the part that is broken (``PartFailed.part``) and the language."""

RECORDED = {
    "asr": {
        "en": "Sorry, I can't understand speech right now.",
        "zh": "抱歉，我现在听不懂大家说话。",
    },
    "chat": {
        "en": "Sorry, I can't answer right now: my language model is not working.",
        "zh": "抱歉，我现在没法回答，语言模型出了问题。",
    },
    "voice": {
        "en": "Sorry, my voice is not working right now.",
        "zh": "抱歉，我的声音现在出了问题。",
    },
}
"""By the engine that failed and the language."""


def told(part: str, language: str) -> str:
    """What is announced when ``part`` (a key of ``TOLD``) is broken; in English where there is no other."""
    return TOLD[part].get(language, TOLD[part]["en"])


@functools.cache
def recorded(part: str, language: str, rate: int) -> Pcm:
    """The sentence for ``part`` (a key of ``RECORDED``) at ``rate``; without samples if it cannot be read."""
    name = language if language in RECORDED[part] else "en"
    try:
        return wav.load(_file(part, name), rate)
    except wav.AudioFileError as error:
        log.warning("the recorded sentence is missing: %s", error)
        return np.zeros(0, np.int16)


def _file(part: str, language: str) -> Path:
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
