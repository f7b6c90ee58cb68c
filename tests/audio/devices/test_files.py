"""A microphone and a loudspeaker made of files keep real time."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from numpy.typing import NDArray

from hearthd.audio.devices.files import FileLoudspeaker, FileMicrophone
from hearthd.audio.devices.microphone import Block
from hearthd.audio.playback.mixer import Mixer

pytestmark = pytest.mark.unit


def tone(seconds: float, rate: int) -> NDArray[np.int16]:
    t = np.arange(round(seconds * rate)) / rate
    pcm: NDArray[np.int16] = np.rint(8000 * np.sin(2 * np.pi * 440 * t)).astype(np.int16)
    return pcm


async def test_what_is_played_comes_back_through_the_microphone_at_its_time() -> None:
    finished = asyncio.Event()
    loop = asyncio.get_running_loop()

    def notify(kind: str, _turn: int, _at: float) -> None:
        if kind == "finished":
            loop.call_soon_threadsafe(finished.set)

    mixer = Mixer(notify=notify)
    loudspeaker = FileLoudspeaker(mixer)
    microphone = FileMicrophone(np.zeros(0, np.int16), echo_of=mixer, echo_db=-6.0, echo_seconds=0.05)
    running = [asyncio.create_task(loudspeaker.run()), asyncio.create_task(microphone.run())]
    while loudspeaker.began() is None:
        await asyncio.to_thread(microphone.read, 0.1)
    clip = tone(0.3, 48_000)
    mixer.play(1, 0, clip)
    mixer.finish(1)
    await finished.wait()
    blocks: list[Block] = []
    while (block := await asyncio.to_thread(microphone.read, 0.1)) is not None and len(blocks) < 60:
        blocks.append(block)
        if len(blocks) > 3 and blocks[-4].pcm.any() and not block.pcm.any():
            break
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    recording = loudspeaker.recording()
    first = int(np.flatnonzero(recording)[0])
    assert np.array_equal(recording[first - 1 : first - 1 + len(clip)], clip)
    began = loudspeaker.began()
    assert began is not None
    heard = next(one for one in blocks if np.abs(one.pcm).max() > 500)
    heard_at = heard.at + int(np.flatnonzero(np.abs(heard.pcm) > 500)[0]) / 16_000
    assert heard_at == pytest.approx(began + first / 48_000 + 0.05, abs=0.005)
    assert max(np.abs(one.pcm).max() for one in blocks) == pytest.approx(4000, rel=0.05)


async def test_a_recording_is_heard_in_order_then_silence_and_a_muted_while_is_lost() -> None:
    pcm = (np.arange(1600) + 1).astype(np.int16)
    microphone = FileMicrophone(pcm, tail_seconds=0.02)
    running = asyncio.create_task(microphone.run())
    await microphone.finished()
    heard = [await asyncio.to_thread(microphone.read, 1.0) for _ in range(6)]
    assert np.array_equal(np.concatenate([one.pcm for one in heard if one])[:1600], pcm)
    steps = np.diff([one.at for one in heard if one])
    assert steps == pytest.approx([0.02] * 5)
    microphone.reading = False
    while await asyncio.to_thread(microphone.read, 0.05) is not None:
        pass
    microphone.reading = True
    after = await asyncio.to_thread(microphone.read, 1.0)
    assert after is not None
    assert after.lost > 0
    running.cancel()


def test_faster_than_real_time_every_block_is_given_at_once_and_then_none() -> None:
    microphone = FileMicrophone(np.ones(1000, np.int16), realtime=False, tail_seconds=0.1)
    blocks = []
    while (block := microphone.read(0.0)) is not None:
        blocks.append(block)
    assert len(blocks) == -(-(1000 + 1600) // 320)
    assert sum(int(one.pcm.sum()) for one in blocks) == 1000
    assert blocks[2].at == pytest.approx(0.04)
