"""Speech for the tests: ``say("Hey Jarvis", "heart")`` is a person of that voice.

Made once and kept in the user's cache, so a test that needs 40 sentences pays for them the first time only.
"""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hearthd.common.errors import EngineError
from hearthd.models import manifest

ENGLISH_VOICES = ("heart", "af_heart", "af_bella", "am_michael", "am_fenrir", "bf_emma", "bm_george")
"""All American but bf_emma and bm_george (British). "heart" is hibari's, quick; the others are Kokoro's."""
CHINESE_VOICES = (
    "zf_xiaobei", "zf_xiaoni", "zf_xiaoxiao", "zf_xiaoyi",
    "zm_yunjian", "zm_yunxi", "zm_yunxia", "zm_yunyang",
)  # fmt: skip
"""Mandarin: zf_ women, zm_ men."""

_PEAK = 0.5
_MADE_BY = "2"
"""Part of the cache's key: raise it when the same call would make other sound."""


def available() -> bool:
    """Whether the models that ``say`` needs are there."""
    try:
        manifest.path("kokoro")
    except EngineError:
        return False
    return True


def say(text: str, voice: str = "heart", rate: int = 16_000, *, speed: float = 1.0) -> NDArray[np.int16]:
    """``text`` spoken by ``voice``: int16 at ``rate``, peak at half of full scale, ends not trimmed."""
    key = hashlib.sha256(repr((_MADE_BY, text, voice, rate, speed)).encode()).hexdigest()[:24]
    kept = _cache() / f"{key}.npy"
    if kept.exists():
        loaded: NDArray[np.int16] = np.load(kept)
        return loaded
    import soxr

    sound = _speak(text, voice, speed)
    at_rate = soxr.resample(sound, 24_000, rate) if rate != 24_000 else sound
    peak = float(np.abs(at_rate).max(initial=1e-9))
    made = np.round(at_rate / peak * _PEAK * 32767).astype(np.int16)
    partial = kept.with_name(f"{kept.stem}.{os.getpid()}.partial.npy")
    np.save(partial, made)
    partial.replace(kept)
    return made


def silence(seconds: float, rate: int = 16_000) -> NDArray[np.int16]:
    """Digital silence."""
    return np.zeros(round(seconds * rate), np.int16)


def noise(seconds: float, level_db: float = -50.0, rate: int = 16_000, seed: int = 0) -> NDArray[np.int16]:
    """White noise at ``level_db`` (RMS, of full scale); the same for the same ``seed``."""
    samples = np.random.default_rng(seed).standard_normal(round(seconds * rate)) * 10 ** (level_db / 20)
    return (np.clip(samples, -1, 1) * 32767).astype(np.int16)


def _speak(text: str, voice: str, speed: float) -> NDArray[np.float32]:
    if voice == "heart":
        made: NDArray[np.float32] = _hibari()(text, speed=speed, seed=0)
        return made
    sound: NDArray[np.float32] = _kokoro().speak(text, voice, speed=speed)
    return sound


def _cache() -> Path:
    path = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hearthd" / "test-speech"
    path.mkdir(parents=True, exist_ok=True)
    return path


@functools.cache
def _hibari():  # type: ignore[no-untyped-def]
    from hibari import Hibari

    return Hibari(threads=1)


@functools.cache
def _kokoro():  # type: ignore[no-untyped-def]
    from hearthd.engines.tts.embedded.kokoro import Kokoro

    return Kokoro(manifest.path("kokoro"), threads=2)
