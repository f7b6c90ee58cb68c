"""The voice process with gsv-tts-lite itself, on the CPU, with random weights: hum in place of speech.

Skipped where nobody has made its environment: a Python with torch, torchaudio and gsv-tts-lite, and a
folder that ``tests/peers/low_latency_weights.py`` has filled, both under ``low-latency-test`` in the cache.
"""

from __future__ import annotations

import os
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from hearthd.audio import wav
from hearthd.engines.tts.gsv_lite.process import VoiceProcess
from hearthd.engines.tts.gsv_lite.voice import described
from hearthd.voices.profiles import StoredVoice
from tests.utterances import say

HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hearthd" / "low-latency-test"
WORDS = "The lighthouse keeper climbed the stairs every evening before the sun went down."
PATIENCE = 400.0
"""Seconds. Importing torch and making the engine take 40 s of processor time, on cores that are shared."""

pytestmark = [
    pytest.mark.integration,
    pytest.mark.slow,
    pytest.mark.gpt_sovits,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not (HOME / "venv" / "bin" / "python").exists() or not (HOME / "models" / "s1v3.ckpt").exists(),
        reason="there is no environment with gsv-tts-lite and random weights",
    ),
]


async def test_it_speaks_stops_at_a_chunk_and_begins_the_next_clip_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3] / "daemon"))
    clip = tmp_path / "clip.wav"
    wav.save(clip, say(WORDS, rate=32_000), 32_000)
    voice = StoredVoice(name="ann", clip=clip, text=WORDS, language="en", seed=7)
    process = await VoiceProcess.start(
        [str(HOME / "venv/bin/python"), "-m", "hearthd.engines.tts.gsv_lite.worker"]
    )
    try:
        await process.load(described(voice, HOME / "models"), PATIENCE)
        assert process.rate == 32_000
        assert process.memory > 100_000_000
        abandoned = await _begun(process)
        next_one = await _begun(process)
    finally:
        await process.end()
    assert int(np.abs(abandoned.astype(np.int32)).max()) > 100
    # same seed, same sound from the first sample on: nothing of the abandoned clip is blended in
    assert np.array_equal(next_one, abandoned)


async def _begun(process: VoiceProcess) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """The first three pieces of a clip that is then not wanted any more."""
    async with aclosing(process.speak(WORDS, "en", first=PATIENCE, gap=PATIENCE)) as clip:
        return np.concatenate([await anext(clip) for _ in range(3)])
