"""A text as one clip, made as a whole before any of it sounds: for what is said again and again."""

from __future__ import annotations

from contextlib import aclosing

import numpy as np

from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.engines.protocols import Voice
from hearthd.speech.clip_shaper import Loudness, Shaper
from hearthd.text.chunker import Chunker
from hearthd.text.duration import spoken_length
from hearthd.text.normalize.normalizer import speakable

ATTEMPTS = 2
"""A voice with a stand-in answers the second one with it."""


async def whole_clip(voice: Voice, text: str, language: str, rate: int) -> Pcm:
    """``text`` as ``voice`` says it, at ``rate`` samples a second. Raises EngineError."""
    voice.new_reply()
    chunker, loudness = Chunker(), Loudness()
    pieces: list[Pcm] = []
    for chunk in [*chunker.feed(text), *chunker.flush()]:
        words = speakable(chunk.text, language)
        if spoken_length(words) > 0:
            shaper = Shaper(voice.rate, rate, loudness)
            pieces += [shaper.feed(await _said(voice, words, language)), shaper.finish()]
            pieces.append(np.zeros(round(chunk.pause * rate), np.int16))
    return np.concatenate([np.zeros(0, np.int16), *pieces[:-1]])


async def _said(voice: Voice, words: str, language: str) -> Pcm:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with aclosing(voice.synthesize(words, language)) as stream:
                return np.concatenate([np.zeros(0, np.int16), *[pcm async for pcm in stream]])
        except EngineError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")
