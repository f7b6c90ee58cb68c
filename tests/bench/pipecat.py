"""Beside Pipecat, in one run: from the last sample of a question to the first audible sample of the answer.

Needs Pipecat in an environment of its own, whose interpreter $HEARTHD_TEST_PIPECAT names:
``python -m venv V && V/bin/pip install "pipecat-ai[whisper,openai]==1.14.0"``. The two are asked the same
questions in turn, in real time, with the same delay of the loudspeaker. They have the same recogniser (its
files and int8), the same chat model in the same kind of server, the same voices and the same limit of a
reply; all else is Pipecat's defaults. hearthd is called by its wake word before each question, Pipecat hears
the question alone. They talk in English first, then in Chinese (of which SmolLM2 knows nothing).
$HEARTHD_TEST_PIPECAT_TELL prints each answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from hearthd.app import factory
from hearthd.audio.devices.files import LATENCY_SECONDS, FileLoudspeaker, FileMicrophone
from hearthd.audio.devices.microphone import BLOCK, BLOCK_SECONDS
from hearthd.audio.playback.mixer import Mixer
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.common.parts import OnHealth
from hearthd.config.settings import Settings
from hearthd.dialogue.events import EchoMeasured
from hearthd.dialogue.state import Phase, State
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.engines.llm.llama_worker import READY
from hearthd.engines.worker import LLAMA_ENVIRONMENT
from hearthd.models import manifest
from tests.bench import CannotRun, Figure
from tests.utterances import say

INTERPRETER = "HEARTHD_TEST_PIPECAT"
QUESTIONS = {
    "English": (
        "why is the sky blue?",
        "how do I cook rice?",
        "tell me something about the moon.",
        "what do cats like to eat?",
        "what is the tallest animal?",
    ),
    "Chinese": (
        "天空为什么是蓝色的？",
        "米饭怎么煮？",
        "给我讲讲月亮的事。",
        "猫喜欢吃什么？",
        "最高的动物是什么？",
    ),
}
VOICES = {"English": ("heart", "bf_emma", "am_michael"), "Chinese": ("zf_xiaoxiao", "zm_yunxi", "zf_xiaoyi")}
STAGES = ("heard", "reply", "endpoint_ms", "asr_ms", "llm_first_token_ms", "first_chunk_ms")
AUDIBLE = 100
"""Of 32,768: what is louder is heard (-50 dB)."""
MOST_SECONDS, REST_SECONDS = 20.0, 2.0
SETTINGS = {
    "chat": {"engine": "embedded", "embedded_model": "smollm2-135m", "max_reply_tokens": 24},
    "follow_up": {"seconds": 0.0},
    "audio": {"chime": False, "volume": 100},
}


def run() -> Iterator[Figure]:
    """Medians and 95th percentiles by language, Pipecat's as the baseline."""
    interpreter = os.environ.get(INTERPRETER, "")
    if not interpreter:
        raise CannotRun(f"no Pipecat: name the interpreter that has it, ${INTERPRETER}")
    try:
        files = {name: manifest.path(name) for name in ("whisper-base", "smollm2-135m", "kokoro")}
    except EngineError as error:
        raise CannotRun(str(error)) from None
    took = asyncio.run(_both(interpreter, files))
    for language, (ours, theirs) in {
        **took,
        "both languages": tuple([a + b for a, b in zip(*took.values(), strict=True)]),
    }.items():
        if not ours or not theirs:
            raise CannotRun(f"{language}: hearthd answered {len(ours)}, Pipecat {len(theirs)}")
        for what, of in (("median", statistics.median), ("p95", lambda all_: float(np.percentile(all_, 95)))):
            value, baseline = 1000 * of(ours), 1000 * of(theirs)
            yield Figure(
                "pipecat", f"first sound {language}, {what}", round(value), "ms", round(baseline),
                round(value / baseline, 3), len(ours),
            )  # fmt: skip


async def _both(interpreter: str, files: dict[str, Path]) -> dict[str, tuple[list[float], list[float]]]:
    took: dict[str, tuple[list[float], list[float]]] = {language: ([], []) for language in QUESTIONS}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STATE_DIRECTORY"] = folder
        with _Pipecat(interpreter, files, Path(folder)) as theirs:
            async with _hearthd() as ours:
                await asyncio.to_thread(theirs.answer)
                for language, questions in QUESTIONS.items():
                    for number, text in enumerate(questions):
                        question = _audible(say(text, VOICES[language][number % 3]))
                        seconds = await ours.ask(question)
                        tell({"hearthd": seconds})
                        took[language][0].extend([seconds] if seconds is not None else [])
                        seconds = await asyncio.to_thread(theirs.ask, question)
                        took[language][1].extend([seconds] if seconds is not None else [])
    return took


def _audible(pcm: Pcm) -> Pcm:
    """From its first audible sample to its last."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > AUDIBLE)
    return pcm[loud[0] : loud[-1] + 1]


class _Microphone(FileMicrophone):
    """Silence in real time, but for what is asked."""

    def __init__(self) -> None:
        super().__init__(np.zeros(0, np.int16))
        self._lock = threading.Lock()
        self._left: Pcm = np.zeros(0, np.int16)
        self.ended_at: float | None = None

    def ask(self, pcm: Pcm) -> None:
        """Begin with the next block; ``ended_at`` tells when the last sample was captured."""
        with self._lock:
            self.ended_at, self._left = None, pcm

    def _step(self, number: int, at: float) -> None:
        with self._lock:
            part, self._left = self._left[:BLOCK], self._left[BLOCK:]
            if len(part) and not len(self._left):
                self.ended_at = at + len(part) / SAMPLE_RATE
        self._block = np.pad(part, (0, BLOCK - len(part)))
        super()._step(number, at)

    def _slice(self, number: int) -> Pcm:
        return self._block


class _Loudspeaker(FileLoudspeaker):
    """Notes when something was first and last audible after ``since``."""

    since = math.inf
    first: float | None = None
    last: float | None = None

    def _step(self, number: int, at: float) -> None:
        super()._step(number, at)
        block = self._blocks.pop()
        loud = np.flatnonzero(np.abs(block.astype(np.int32)) > AUDIBLE)
        sounds_at = at + BLOCK_SECONDS + LATENCY_SECONDS
        if len(loud) and sounds_at >= self.since:
            self.first = self.first or sounds_at + loud[0] / self.mixer.rate
            self.last = sounds_at + BLOCK_SECONDS


class _Ours:
    """hearthd as ``hearthd rehearse`` runs it."""

    def __init__(self, microphone: _Microphone, loudspeaker: _Loudspeaker) -> None:
        self._microphone, self._loudspeaker = microphone, loudspeaker
        self._wake = _audible(say("Hey Jarvis!", "heart"))

    async def ask(self, question: Pcm) -> float | None:
        """Seconds to the first sound; None if nothing was answered."""
        speaker = self._loudspeaker
        speaker.since, speaker.first, speaker.last = math.inf, None, None
        gap = np.zeros(SAMPLE_RATE // 4, np.int16)
        self._microphone.ask(np.concatenate((self._wake, gap, question)))
        until = time.monotonic() + MOST_SECONDS
        while time.monotonic() < until and not (
            speaker.last and time.monotonic() > speaker.last + REST_SECONDS
        ):
            if self._microphone.ended_at is not None:
                speaker.since = self._microphone.ended_at
            await asyncio.sleep(0.05)
        ended_at = self._microphone.ended_at
        return speaker.first - ended_at if speaker.first and ended_at else None


class _Ready:
    """Waits until the speaker is ready."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()

    def state(self, state: State) -> None:
        if state.phase is not Phase.STARTING:
            self.ready.set()

    def wake(self, record: TurnRecord) -> None: ...

    def turn(self, record: TurnRecord) -> None:
        """Told beside the whole, where each answer is told."""
        tell({name: getattr(record, name) for name in STAGES})

    def echo(self, measured: EchoMeasured) -> None: ...


@contextlib.asynccontextmanager
async def _hearthd() -> AsyncIterator[_Ours]:
    microphone, made = _Microphone(), list[_Loudspeaker]()

    def devices(mixer: Mixer, _: OnHealth) -> tuple[_Microphone, _Loudspeaker]:
        made.append(_Loudspeaker(mixer))
        return microphone, made[0]

    app = await factory.assemble(
        Settings.model_validate(SETTINGS), devices, hears_itself=False, keep_timers=False
    )
    ready = _Ready()
    app.room.observers.append(ready)
    running = asyncio.create_task(app.run())
    try:
        async with asyncio.timeout(180):
            await ready.ready.wait()
        yield _Ours(microphone, made[0])
    finally:
        running.cancel()
        await asyncio.wait([running])


class _Pipecat:
    """Pipecat in its own environment, and the two engines it is lent."""

    def __init__(self, interpreter: str, files: dict[str, Path], folder: Path) -> None:
        chat, voice = str(folder / "chat.sock"), str(folder / "voice.sock")
        self._file = folder / "question.pcm"
        self._processes = contextlib.ExitStack()
        here = Path(__file__).parent
        worker = ["hearthd.engines.llm.llama_worker", "--model", str(files["smollm2-135m"] / "model.gguf")]
        worker += ["--socket", chat, "--context", "4096", "--threads", "2"]
        self._start([sys.executable, "-m", *worker], until=READY, environment=LLAMA_ENVIRONMENT)
        self._start([sys.executable, "-m", "tests.bench._pipecat_voice", voice], until="ready")
        command = [
            interpreter,
            "-P",
            str(here / "_pipecat_child.py"),
            chat,
            voice,
            str(files["whisper-base"]),
        ]
        self._child = self._start(command, environment={"OMP_NUM_THREADS": "2"})

    def _start(
        self, command: list[str], *, until: str = "", environment: dict[str, str] | None = None
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | (environment or {}),
        )  # fmt: skip
        self._processes.callback(process.wait)
        self._processes.callback(process.kill)
        assert process.stdout is not None
        while until and (line := process.stdout.readline().strip()) != until:
            if not line:
                raise CannotRun(f"{command[2]} ended")
        return process

    def __enter__(self) -> _Pipecat:
        return self

    def __exit__(self, *_: object) -> None:
        self._processes.close()

    def ask(self, question: Pcm) -> float | None:
        """Seconds to the first sound; None if nothing was answered."""
        question.tofile(self._file)
        assert self._child.stdin is not None
        print("ask", self._file, file=self._child.stdin, flush=True)
        told: float | None = self.answer()["seconds"]
        return told

    def answer(self) -> dict[str, Any]:
        """The next line of the child. Raises CannotRun."""
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise CannotRun("Pipecat ended; its last words are above")
        told: dict[str, Any] = json.loads(line)
        tell(told)
        return told


def tell(what: dict[str, Any]) -> None:
    """To the error stream, where $HEARTHD_TEST_PIPECAT_TELL asks for each answer."""
    if os.environ.get("HEARTHD_TEST_PIPECAT_TELL"):
        print(json.dumps(what, ensure_ascii=False), file=sys.stderr, flush=True)
