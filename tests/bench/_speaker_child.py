"""The devices alone in a process that lives in a room, for ``speaker``: prints one JSON object."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from hearthd.audio.devices import catalog, loudspeaker, microphone
from hearthd.audio.devices.loudspeaker import Loudspeaker
from hearthd.audio.devices.microphone import BLOCK, Microphone
from hearthd.audio.playback.mixer import Mixer
from tests.room.room import MICROPHONE, SPEAKER

SECONDS = 10.0
STOPS = 10
BLOCK_48 = 960


async def share(seconds: float) -> float:
    """Percent of a core that this process uses."""
    start, cpu = time.monotonic(), time.process_time()
    await asyncio.sleep(seconds)
    return 100 * (time.process_time() - cpu) / (time.monotonic() - start)


async def bare() -> float:
    """Two PortAudio streams whose callbacks do nothing."""
    sounddevice = catalog.portaudio()

    def take(data: Any, frames: int, timing: Any, status: Any) -> None:
        return

    def give(data: Any, frames: int, timing: Any, status: Any) -> None:
        data[:] = bytes(len(data))

    hears: dict[str, Any] = {"device": MICROPHONE, "latency": microphone.LATENCY_SECONDS}
    hears |= {"samplerate": 16_000, "blocksize": BLOCK, "callback": take}
    plays: dict[str, Any] = {"device": SPEAKER, "latency": loudspeaker.LATENCY_SECONDS}
    plays |= {"samplerate": 48_000, "blocksize": BLOCK_48, "callback": give}
    with (
        sounddevice.RawInputStream(channels=1, dtype="int16", **hears),
        sounddevice.RawOutputStream(channels=1, dtype="int16", **plays),
    ):
        await asyncio.sleep(1.0)
        return await share(SECONDS)


async def ours() -> tuple[float, list[float], list[float]]:
    """(idle share, milliseconds from flush to silence, milliseconds from play to the first sound)."""
    told: asyncio.Queue[tuple[str, float]] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    opened = asyncio.Event()
    working: set[str] = set()

    def health(part: str, works: bool, _: str) -> None:
        (working.add if works else working.discard)(part)
        if len(working) == 2:
            opened.set()

    def notify(kind: str, _: int, at: float) -> None:
        loop.call_soon_threadsafe(told.put_nowait, (kind, at))

    mixer = Mixer(notify=notify)
    listening = Microphone(MICROPHONE, health)
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            listening.read(0.1)

    reader = threading.Thread(target=read)
    reader.start()
    running = [asyncio.create_task(one.run()) for one in (listening, Loudspeaker(SPEAKER, mixer, health))]
    await opened.wait()
    await asyncio.sleep(1.0)
    idle = await share(SECONDS)
    clip = np.random.default_rng(1).integers(2000, 9000, 480_000).astype(np.int16)
    silences, sounds = [], []
    for turn in range(STOPS):
        asked = time.monotonic()
        mixer.play(turn, 0, clip)
        _, at = await told.get()
        sounds.append(1000 * (at - asked))
        await asyncio.sleep(0.3 + 0.007 * turn)
        asked = time.monotonic()
        mixer.flush(turn)
        await told.get()
        silences.append(1000 * ((mixer.silent_at() or asked) - asked))
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    stop.set()
    reader.join()
    return idle, silences, sounds


def each(action: Callable[[], object], times: int = 1000) -> float:
    """Microseconds of CPU that one call takes: the least of five rounds."""
    rounds = []
    for _ in range(5):
        start = time.thread_time()
        for _ in range(times):
            action()
        rounds.append(1e6 * (time.thread_time() - start) / times)
    return min(rounds)


def main() -> None:
    """Measure everything."""
    mixer = Mixer()
    at = [time.monotonic()]

    def render() -> None:
        at[0] += 0.02
        mixer.render(BLOCK_48, at[0])

    silent = each(render)
    mixer.play(1, 0, np.full(48_000 * 120, 3000, np.int16))
    speaking = each(render)
    reading = each(lambda: mixer.reference.read(at[0] - 1, BLOCK))
    baseline = asyncio.run(bare())
    idle, silences, sounds = asyncio.run(ours())
    found = {
        "idle": idle,
        "bare": baseline,
        "silent_us": silent,
        "speaking_us": speaking,
        "reading_us": reading,
        "silence_ms": median(silences),
        "worst_silence_ms": max(silences),
        "sound_ms": median(sounds),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
