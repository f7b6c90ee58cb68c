"""How soon the embedded voice is heard, and how much faster than speech it is.

First audio of a chunk as the chunker hands it over (a first clause) and real-time factor of a whole
sentence, in both languages; for Chinese beside one call for the whole text, as Kokoro is used plainly.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import aclosing

from hearthd.common.errors import EngineError
from hearthd.engines.tts.embedded.kokoro import RATE, Kokoro
from hearthd.engines.tts.embedded.voice import EmbeddedVoice
from hearthd.models import manifest
from tests.bench import CannotRun, Figure

_CASES = {
    "English": ("The light in the kitchen is on now, and the heating is set to twenty one degrees.", "en"),
    "Chinese": ("好的，厨房的灯已经打开了，暖气也调到了二十一度。", "zh"),
    "mixed": ("好的，WiFi 的密码已经发到你的 email 里了。", "zh"),
}
_ROUNDS = 5


def run() -> list[Figure]:
    """First audio and real-time factor, the best of five."""
    try:
        manifest.path("kokoro")
    except EngineError as error:
        raise CannotRun(str(error)) from error
    figures = []
    with asyncio.Runner() as runner:
        voice = EmbeddedVoice()
        began = time.perf_counter()
        runner.run(voice.start())
        figures.append(Figure("embedded_voice", "start", round(time.perf_counter() - began, 2), "s"))
        whole = {name: _plain(text) for name, (text, _) in _CASES.items() if name != "English"}
        for name, (text, language) in _CASES.items():
            runs = [runner.run(_speak(voice, text, language)) for _ in range(_ROUNDS)]
            first = min(run[0] for run in runs)
            factor = statistics.median(run[1] / run[2] for run in runs)
            baseline = whole.get(name)
            figures.append(
                Figure(
                    "embedded_voice",
                    f"{name}: first audio",
                    round(first, 3),
                    "s",
                    baseline and round(baseline, 3),
                    baseline and round(first / baseline, 3),
                    _ROUNDS,
                )
            )
            figures.append(
                Figure("embedded_voice", f"{name}: real-time factor", round(factor, 3), "", n=_ROUNDS)
            )
        runner.run(voice.close())
    return figures


def _plain(text: str) -> float:
    """Seconds until one call of Kokoro has spoken all of ``text``, the best of three."""
    kokoro = Kokoro(manifest.path("kokoro"), threads=2)
    took = []
    for _ in range(3):
        began = time.perf_counter()
        kokoro.speak(text, "zf_xiaoxiao")
        took.append(time.perf_counter() - began)
    return min(took)


async def _speak(voice: EmbeddedVoice, text: str, language: str) -> tuple[float, float, float]:
    """Seconds to the first audio, to the last, and of audio."""
    began = time.perf_counter()
    first, samples = 0.0, 0
    async with aclosing(voice.synthesize(text, language)) as pieces:
        async for piece in pieces:
            first = first or time.perf_counter() - began
            samples += len(piece)
    return first, time.perf_counter() - began, samples / RATE
