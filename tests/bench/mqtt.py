"""MQTT: how soon a published stop is silence, and what a flood of commands costs the loop.

The broker is a real mosquitto; the speaker is the real mixer, rendered in blocks of 10 ms by a thread
with a device's clock. Silence is the time at which the last sample that is not silent leaves it. The
publisher is another process, as it is in real life.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import numpy as np

from hearthd.audio.playback.mixer import Mixer
from hearthd.config.settings import Settings
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.mqtt.client import MqttClient
from hearthd.mqtt.commands import MqttCommand, Stop
from hearthd.mqtt.ha_options import HaOptions
from tests.bench import CannotRun, Figure
from tests.peers.mosquitto import SERVER, Broker, running

RATE = 48_000
BLOCK = RATE // 100
DEVICE_LATENCY = 0.010
STOPS = 30
COMMANDS = 20_000
FLOODS = 3
LAG_STEP = 0.005


class Device:
    """Renders the mixer in real time and remembers when the last audible sample sounded."""

    def __init__(self, mixer: Mixer) -> None:
        self._mixer = mixer
        self._closing = threading.Event()
        self.last_sound = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._closing.is_set():
            starts = due + DEVICE_LATENCY
            loud = np.flatnonzero(self._mixer.render(BLOCK, starts))
            if loud.size:
                self.last_sound = starts + int(loud[-1]) / RATE
            due += BLOCK / RATE
            time.sleep(max(0.0, due - time.monotonic()))


class Speaker:
    """A client and a mixer, and between them what a room does on a stop."""

    def __init__(self, port: int) -> None:
        self.mixer = Mixer(RATE)
        self.device = Device(self.mixer)
        self.stopped = asyncio.Event()
        self.commands = 0
        self._turn = 0
        settings = Settings.model_validate({"node": "bench", "mqtt": {"host": "127.0.0.1", "port": port}})
        self.connected = asyncio.Event()
        self.client = MqttClient(
            settings,
            self._obey,
            HaOptions(),
            on_link=lambda status: self.connected.set() if status.connected else None,
        )

    def talk(self) -> None:
        """Begin a reply of a minute."""
        self._turn += 1
        tone = (8000 * np.sin(2 * np.pi * 440 / RATE * np.arange(60 * RATE))).astype(np.int16)
        self.mixer.play(self._turn, 0, tone)
        self.stopped.clear()

    def _obey(self, command: MqttCommand) -> None:
        self.commands += 1
        if isinstance(command, Stop):
            self.mixer.flush()
            self.stopped.set()

    async def silence_after(self, at: float) -> float:
        """Milliseconds from ``at`` to the last audible sample."""
        async with asyncio.timeout(30):
            await self.stopped.wait()
        await asyncio.sleep(0.1)
        return 1000 * (self.device.last_sound - at)


PUBLISHER = textwrap.dedent("""
    import sys
    from tests.peers.flood import publish_all
    port, root, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    names = ["volume", "say", "ask", "announce", "wake_threshold"]
    commands = [(f"{root}/{names[n % 5]}/set", "0.5" if n % 5 == 4 else str(n % 100)) for n in range(count)]
    for line in sys.stdin:
        print(publish_all(port, [*commands, (f"{root}/stop/set", "PRESS")]), flush=True)
""")


class Publisher:
    """Another process that publishes ``count`` commands and a stop whenever it is told to."""

    def __init__(self, port: int, count: int) -> None:
        command = [sys.executable, "-c", PUBLISHER, str(port), "hearthd/bench", str(count)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    async def go(self) -> float:
        """Publish; when the stop was handed to the broker (monotonic)."""
        return float(await asyncio.to_thread(self._go))

    def _go(self) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


async def lags(until: asyncio.Event) -> list[float]:
    """How late a timer of 5 ms fires, in milliseconds, again and again."""
    late = []
    while not until.is_set():
        due = time.monotonic() + LAG_STEP
        await asyncio.sleep(LAG_STEP)
        late.append(1000 * (time.monotonic() - due))
    return late


async def measure(broker: Broker) -> list[Figure]:
    """All figures of one broker."""
    speaker = Speaker(broker.port)
    speaker.client.start()
    await speaker.connected.wait()
    single, flood = Publisher(broker.port, 0), Publisher(broker.port, COMMANDS)

    direct = []
    for _ in range(STOPS):
        speaker.talk()
        await asyncio.sleep(0.06)
        at = time.monotonic()
        speaker._obey(Stop())
        direct.append(await speaker.silence_after(at))
    published = []
    for _ in range(STOPS):
        speaker.talk()
        await asyncio.sleep(0.06)
        published.append(await speaker.silence_after(await single.go()))

    quiet = asyncio.Event()
    idle = asyncio.create_task(lags(quiet))
    await asyncio.sleep(2)
    quiet.set()
    idle_lags = await idle

    flooded, flood_lags = [], []
    for _ in range(FLOODS):
        speaker.talk()
        await asyncio.sleep(0.1)
        done = asyncio.Event()
        watch = asyncio.create_task(lags(done))
        flooded.append(await speaker.silence_after(await flood.go()))
        await asyncio.sleep(1)  # what is left of the flood
        done.set()
        flood_lags += await watch
    delivered = speaker.commands

    with_broker = turn_cost(speaker.client)
    broker.freeze()
    frozen = turn_cost(speaker.client)
    broker.thaw()
    without = turn_cost(MqttClient(Settings(), print, HaOptions()))
    single.close()
    flood.close()
    await speaker.client.stop()
    speaker.device.close()

    def figure(name: str, value: float, unit: str, baseline: float, n: int) -> Figure:
        return Figure("mqtt", name, value, unit, baseline, value / baseline, n)

    median = statistics.median

    def p99(values: list[float]) -> float:
        return sorted(values)[int(0.99 * len(values))]

    return [
        figure(
            "published stop to silence, median (baseline: direct call)",
            median(published),
            "ms",
            median(direct),
            STOPS,
        ),
        figure("published stop to silence, worst", max(published), "ms", max(direct), STOPS),
        figure("stop after 20,000 commands to silence, worst", max(flooded), "ms", max(direct), FLOODS),
        figure(
            "loop lag under the flood, p99 (baseline: idle)",
            p99(flood_lags),
            "ms",
            p99(idle_lags),
            len(flood_lags),
        ),
        figure("loop lag under the flood, worst", max(flood_lags), "ms", max(idle_lags), len(flood_lags)),
        Figure(
            "mqtt",
            "commands delivered of the floods",
            delivered,
            "commands",
            (COMMANDS + 1) * FLOODS,
            None,
            FLOODS,
        ),
        figure("a turn's publications, broker alive (baseline: no MQTT)", with_broker, "us", without, 200),
        figure("a turn's publications, broker frozen (baseline: no MQTT)", frozen, "us", without, 200),
    ]


def turn_cost(client: MqttClient) -> float:
    """Microseconds that the voice loop spends on showing one turn, median of 200."""
    record = TurnRecord("t1", "c1", 0.0, heard="what time is it", reply="five", spoken="five")
    spent = []
    for _ in range(200):
        begun = time.perf_counter()
        client.event("wake", "t1", wake_word="hey_jarvis")
        for state in ("listening", "processing", "responding", "idle"):
            client.publish_state(state)
        client.publish("heard", record.heard)
        client.event("turn_end", "t1", ended="completed")
        client.turn(record)
        spent.append(1e6 * (time.perf_counter() - begun))
        time.sleep(0.002)
    return statistics.median(spent)


def run() -> list[Figure]:
    """The figures. Raises CannotRun without mosquitto."""
    if SERVER is None:
        raise CannotRun("mosquitto is not installed (apt install mosquitto)")
    with tempfile.TemporaryDirectory() as folder, running(Broker(Path(folder))) as broker:
        return asyncio.run(measure(broker))
