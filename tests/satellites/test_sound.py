"""A satellite's sound: when it was captured, and how far ahead it is sent."""

from __future__ import annotations

import asyncio
import random

import numpy as np
import pytest
from wyoming.event import Event

from hearthd.audio.devices.microphone import Block
from hearthd.audio.playback.mixer import Mixer
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.satellites import remote_loudspeaker as out
from hearthd.satellites.capture_clock import CaptureClock
from hearthd.satellites.remote_microphone import MAX_QUEUED, MOST_LOST, RemoteMicrophone
from tests.virtual_time import run

pytestmark = pytest.mark.unit

CHUNK = 1024


def test_blocks_that_wifi_held_back_were_captured_when_they_were() -> None:
    rng = random.Random(1)
    clock, arrived_last = CaptureClock(), 0.0
    for number in range(1, 400):
        captured_until = 50.0 + number * CHUNK / SAMPLE_RATE
        held_back = rng.uniform(0.0, 1.2) if rng.random() < 0.03 else 0.0
        arrived_last = max(arrived_last, captured_until + 0.004 + held_back)  # in order: it is TCP
        clock.arrived(number * CHUNK, arrived_last)
        if number > 20:
            assert abs(clock.time_of(number * CHUNK) - 0.004 - captured_until) < 0.001


def blocks(microphone: RemoteMicrophone) -> list[Block]:
    found = []
    while (block := microphone.read(0.0)) is not None:
        found.append(block)
    return found


def test_what_comes_is_heard_without_losing_a_sample() -> None:
    microphone, sound = RemoteMicrophone(), np.arange(3 * CHUNK, dtype=np.int16)
    at = 0
    for size in (CHUNK, 1, 0, CHUNK + 1, CHUNK - 2):
        at += size
        microphone.take(sound[at - size : at], 10.0 + at / SAMPLE_RATE)
    heard, first = blocks(microphone), 0
    assert np.array_equal(np.concatenate([block.pcm for block in heard]), sound)
    for block in heard:
        assert block.at == pytest.approx(10.0 + first / SAMPLE_RATE)
        assert block.lost == 0
        first += len(block.pcm)


def test_a_pause_is_told_and_never_longer_than_can_be_heard_through() -> None:
    microphone = RemoteMicrophone()
    microphone.take(np.ones(CHUNK, np.int16), 10.0)
    microphone.take(np.ones(CHUNK, np.int16), 3610.0)
    assert [block.lost for block in blocks(microphone)] == [0, MOST_LOST]


@pytest.mark.parametrize("size", [100, CHUNK, 40 * SAMPLE_RATE])
def test_a_front_end_that_is_behind_loses_sound_and_not_memory(size: int) -> None:
    microphone = RemoteMicrophone()
    behind = -(-(MAX_QUEUED + 50) // size)
    for number in range(behind):
        microphone.take(np.ones(size, np.int16), 10.0 + number * 0.02)
    assert sum(len(block.pcm) for block in blocks(microphone)) == MAX_QUEUED
    microphone.take(np.ones(size, np.int16), 10.0 + behind * 0.02)
    [after] = blocks(microphone)
    assert after.lost == min(MOST_LOST, behind * size - MAX_QUEUED)


class Sent:
    """What was sent, and when; ``slow`` seconds a send."""

    def __init__(self) -> None:
        self.events: list[tuple[float, Event]] = []
        self.slow = 0.0

    async def __call__(self, event: Event) -> None:
        self.events.append((asyncio.get_running_loop().time(), event))
        await asyncio.sleep(self.slow)

    @property
    def kinds(self) -> list[str]:
        return [event.type for _, event in self.events if event.type != "audio-chunk"]

    def sound(self) -> list[tuple[float, Pcm]]:
        return [
            (at, np.frombuffer(event.payload or b"", "<i2"))
            for at, event in self.events
            if event.type == "audio-chunk"
        ]


def tone(seconds: float) -> Pcm:
    return (8000 * np.sin(np.arange(int(seconds * 48_000)) * 0.06)).astype(np.int16)


async def playing(sent: Sent) -> tuple[Mixer, asyncio.Task[None]]:
    mixer = Mixer(clock=asyncio.get_running_loop().time)
    mixer.volume = 100
    task = asyncio.create_task(out.RemoteLoudspeaker(mixer).play(sent))
    await asyncio.sleep(1.0)
    return mixer, task


def test_nothing_is_sent_while_nothing_sounds_and_a_reply_begins_at_once() -> None:
    async def scene() -> None:
        sent, loop = Sent(), asyncio.get_running_loop()
        mixer, task = await playing(sent)
        assert sent.events == []
        asked = loop.time()
        mixer.play(1, 0, tone(2.0))
        mixer.finish(1)
        await asyncio.sleep(8)
        assert sent.kinds == ["audio-start", "audio-stop"]
        assert sent.events[0][0] - asked <= out.BLOCK_SECONDS
        heard = np.concatenate([pcm for _, pcm in sent.sound()])
        assert np.count_nonzero(np.abs(heard) > 50) / 22_050 == pytest.approx(2.0, abs=0.05)
        assert mixer.played_samples(1) == {0: 2 * 48_000}
        task.cancel()

    run(scene())


def test_an_interruption_is_silent_within_300_ms() -> None:
    async def scene() -> None:
        sent, loop = Sent(), asyncio.get_running_loop()
        mixer, task = await playing(sent)
        mixer.play(1, 0, tone(20.0))
        began = loop.time()
        await asyncio.sleep(5.0)
        samples = sum(len(pcm) for _, pcm in sent.sound())
        ahead = samples / 22_050 - (loop.time() - began)
        assert 0.1 < ahead <= out.AHEAD_SECONDS + 2 * out.BLOCK_SECONDS
        mixer.flush(1)
        stopped = loop.time()
        await asyncio.sleep(3.0)
        sounds_until, until = began, 0.0
        for at, pcm in sent.sound():
            sounds_until = max(sounds_until, at) + len(pcm) / 22_050
            if np.abs(pcm).max(initial=0) > 50:
                until = sounds_until
        assert until - stopped <= 0.3
        task.cancel()

    run(scene())


def test_sound_that_a_slow_network_has_missed_is_not_made_up_in_haste() -> None:
    async def scene() -> None:
        sent = Sent()
        mixer, task = await playing(sent)
        mixer.play(1, 0, tone(4.0))
        await asyncio.sleep(1.0)
        sent.slow = 0.5
        await asyncio.sleep(1.0)
        sent.slow = 0.0
        await asyncio.sleep(6.0)
        times = [at for at, _ in sent.sound()]
        burst = max(sum(1 for other in times if at <= other < at + 1.0) for at in times)
        assert burst <= (1.0 + 2 * out.AHEAD_SECONDS) / out.BLOCK_SECONDS + 3, "the missed second at once"
        task.cancel()

    run(scene())
