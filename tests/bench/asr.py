"""Our recogniser beside faster-whisper's own ``transcribe`` with a beam of 1, on the same 48 sentences.

The two take turns on every sentence, so that a busy machine is busy for both. Seconds are of CPU, of all
threads, and of the wall. The memory is that of a fresh process with nothing but the recogniser.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable

import numpy as np

from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.config.settings import AsrSettings
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.models import manifest
from tests.bench import CannotRun, Figure
from tests.bench.asr_sentences import sentences
from tests.bench.words import errors, words
from tests.utterances import say

_MEMORY = """
import asyncio, psutil
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.config.settings import AsrSettings
asyncio.run(WhisperAsr(AsrSettings(device="cpu")).start())
print(psutil.Process().memory_info().rss / 1e6)
"""


class _Side:
    """What one of the two did."""

    def __init__(self, transcribe: Callable[[Pcm], str]) -> None:
        self._transcribe = transcribe
        self.wall: list[float] = []
        self.cpu: list[float] = []
        self.wrong: dict[str, int] = defaultdict(int)

    def hear(self, pcm: Pcm, said: str, language: str) -> None:
        cpu, wall = time.process_time(), time.perf_counter()
        heard = self._transcribe(pcm)
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)
        self.wrong[language] += errors(words(said), words(heard))


def run() -> list[Figure]:
    """Speed, errors and memory."""
    try:
        folder = manifest.path("whisper-base")
        manifest.path("kokoro")
    except EngineError as error:
        raise CannotRun(str(error)) from error
    from faster_whisper import WhisperModel

    plain = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)

    def theirs(pcm: Pcm) -> str:
        segments, _ = plain.transcribe(pcm.astype(np.float32) / 32768, beam_size=1)
        return "".join(segment.text for segment in segments)

    with asyncio.Runner() as runner:
        asr = WhisperAsr(AsrSettings(device="cpu"))
        runner.run(asr.start())
        us, them = _Side(lambda pcm: runner.run(asr.transcribe(pcm)).text), _Side(theirs)
        theirs(say("Ready.", "heart"))
        length: dict[str, int] = defaultdict(int)
        for sentence in sentences():
            pcm = say(sentence.text, sentence.voice)
            length[sentence.language] += len(words(sentence.text))
            us.hear(pcm, sentence.text, sentence.language)
            them.hear(pcm, sentence.text, sentence.language)
        runner.run(asr.close())
    number = len(us.wall)
    figures = [
        _compare(
            "median wall per utterance", "s", statistics.median(us.wall), statistics.median(them.wall), number
        ),
        _compare("mean CPU per utterance", "s", statistics.mean(us.cpu), statistics.mean(them.cpu), number),
    ]
    for language, name in (
        ("en", "English words"),
        ("zh", "Chinese characters"),
        ("mixed", "mixed sentences"),
    ):
        total = length[language]
        figures.append(
            _compare(
                f"wrong of {name}", "share", us.wrong[language] / total, them.wrong[language] / total, total
            )
        )
    memory = subprocess.run([sys.executable, "-c", _MEMORY], capture_output=True, text=True, check=True)
    figures.append(Figure("asr", "memory of a process with nothing else", float(memory.stdout), "MB"))
    return figures


def _compare(figure: str, unit: str, value: float, baseline: float, number: int) -> Figure:
    ratio = round(value / baseline, 3) if baseline else None
    return Figure("asr", figure, round(value, 4), unit, round(baseline, 4), ratio, number)
