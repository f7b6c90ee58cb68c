"""The front end alone in a process, for ``frontend_idle``: measures itself, prints one JSON object.

Usage: ``_frontend_child.py room|timer SECONDS PHRASE.npy`` (and ``baseline SECONDS``). In the room the
microphone is a real one; with the timer, blocks of 20 ms of faint noise come in real time.
"""

from __future__ import annotations

import asyncio
import json
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hearthd.audio.devices.microphone import Block, Microphone
from hearthd.config.settings import Settings
from hearthd.dialogue.events import Event, Wake
from hearthd.frontend.frontend import open_front_end
from hearthd.frontend.thread import FrontEndThread

SETTLE_SECONDS = 6.0
"""The gate learns the room's noise floor in its first 5 s."""


def memory_mb() -> float:
    """Resident memory of this process."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def share(seconds: float) -> float:
    """Percent of a core that this process uses over ``seconds``."""
    start, cpu = time.monotonic(), time.process_time()
    time.sleep(seconds)
    return 100 * (time.process_time() - cpu) / (time.monotonic() - start)


class TimedMicrophone:
    """Hands over the sound given to it, and faint noise without end, in real time."""

    def __init__(self) -> None:
        self._faint = (np.random.default_rng(0).standard_normal(16_000) * 8).astype(np.int16)
        self._sound = np.zeros(0, np.int16)
        self._start = time.monotonic()
        self._count = 0

    def play(self, sound: np.ndarray) -> None:  # type: ignore[type-arg]
        """A person speaks."""
        self._sound = sound

    def read(self, timeout: float) -> Block:
        """The next 20 ms, when they are over."""
        self._count += 1
        due = self._start + self._count * 0.02
        time.sleep(max(0.0, due - time.monotonic()))
        first = self._count * 320 % 16_000
        pcm = self._faint[first : first + 320].copy()
        said, self._sound = self._sound[:320], self._sound[320:]
        pcm[: len(said)] += said
        return Block(pcm, due - 0.02)


def measure(seconds: float, play: Callable[[], None], microphone: object) -> dict[str, float]:
    """Idle, then the wake phrase, then idle again with speech."""
    woken: queue.SimpleQueue[Event] = queue.SimpleQueue()
    front_end_thread = FrontEndThread(microphone, open_front_end(Settings()), woken.put)  # type: ignore[arg-type]
    front_end_thread.start()
    time.sleep(SETTLE_SECONDS)
    idle = share(seconds)
    memory = memory_mb()
    play()
    deadline = time.monotonic() + 10
    woke = False
    while not woke and time.monotonic() < deadline:
        try:
            woke = isinstance(woken.get(timeout=1), Wake)
        except queue.Empty:
            continue
    for _ in range(3):
        play()
    talking = share(8)
    front_end_thread.stop()
    return {"idle": idle, "memory": memory, "woke": woke, "talking": talking}


def timer(seconds: float, phrase: str) -> dict[str, float]:
    """The front end fed by a timer."""
    microphone = TimedMicrophone()
    sound = np.load(phrase)
    return measure(seconds, lambda: microphone.play(np.concatenate([sound] * 4)), microphone)


def room(seconds: float, phrase: str) -> dict[str, float]:
    """The front end on a microphone in the virtual room; the parent speaks when told on stdin/stdout."""
    loop = asyncio.new_event_loop()
    microphone = Microphone("room_mic", lambda *_: None)
    thread = threading.Thread(target=loop.run_until_complete, args=(microphone.run(),), daemon=True)
    thread.start()
    return measure(seconds, lambda: print("speak", flush=True), microphone)


def baseline(seconds: float) -> dict[str, float]:
    """The bare openwakeword loop, as its documentation has it, in real time."""
    from openwakeword.model import Model

    folder = Path.home()
    from hearthd.common.paths import models_dir

    folder = models_dir() / "openwakeword"
    model = Model(
        wakeword_models=[str(folder / "hey_jarvis_v0.1.onnx")],
        inference_framework="onnx",
        melspec_model_path=str(folder / "melspectrogram.onnx"),
        embedding_model_path=str(folder / "embedding_model.onnx"),
    )
    stop = threading.Event()

    def run() -> None:
        start, count = time.monotonic(), 0
        noise = (np.random.default_rng(0).standard_normal(1280) * 8).astype(np.int16)
        while not stop.is_set():
            count += 1
            time.sleep(max(0.0, start + count * 0.08 - time.monotonic()))
            model.predict(noise)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(2)
    result = {"idle": share(seconds), "memory": memory_mb()}
    stop.set()
    thread.join()
    return result


if __name__ == "__main__":
    kind, length, *rest = sys.argv[1:]
    result = {"room": room, "timer": timer, "baseline": baseline}[kind](float(length), *rest)  # type: ignore[operator]
    print(json.dumps(result), flush=True)
