"""The voice in a process of its own: whatever becomes of the process, the speaker goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.common import errors
from hearthd.common.errors import EngineError, ServerSlowError
from hearthd.config.settings import Settings, VoiceSettings
from hearthd.engines.tts.factory import FallbackVoice, choose
from hearthd.engines.tts.gsv_lite import frames as wire
from hearthd.engines.tts.gsv_lite.voice import LowLatencyVoice
from hearthd.voices import profiles
from hearthd.voices.profiles import StoredVoice
from tests.engines.tts import low_latency_fake

pytestmark = pytest.mark.integration

FAKE = (sys.executable, low_latency_fake.__file__)
LINE = "This is a whole sentence that somebody wants to hear to its end."


def voice(text: str = "hers") -> StoredVoice:
    return StoredVoice(name="ann", clip=Path("/nowhere/clip.wav"), text=text, language="en")


def speaker(told: asyncio.Queue[str | None], **more: Any) -> LowLatencyVoice:
    return LowLatencyVoice(
        more.pop("voice", voice()),
        Path("/nowhere"),
        on_health=lambda _, works, why: told.put_nowait(None if works else why),
        command=FAKE,
        **more,
    )


@pytest.fixture
def told() -> asyncio.Queue[str | None]:
    """What is said of the voice's health: None when it is well."""
    return asyncio.Queue()


@pytest.fixture
async def speaking(told: asyncio.Queue[str | None]) -> AsyncIterator[LowLatencyVoice]:
    made = speaker(told)
    await made.start()
    assert await told.get() is None
    yield made
    await made.close()


async def say(made: LowLatencyVoice, text: str) -> np.ndarray[Any, np.dtype[np.int16]]:
    return np.concatenate([pcm async for pcm in made.synthesize(text, "en")])


async def test_it_speaks(speaking: LowLatencyVoice) -> None:
    pcm = await say(speaking, LINE)
    assert len(pcm) == 20 * 3_200
    assert set(pcm.tolist()) == {round(0.25 * 32767)}
    assert speaking.rate == 32_000


async def test_a_clip_that_nobody_wants_is_stopped_and_the_next_one_is_clean(
    speaking: LowLatencyVoice,
) -> None:
    async with aclosing(speaking.synthesize("forever " + LINE, "en")) as clip:
        await anext(clip)
    assert len(await say(speaking, LINE)) == 20 * 3_200


async def test_a_trickle_of_sound_is_not_waited_for_for_ever(
    speaking: LowLatencyVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearthd.engines.supervised_voice.MAKING_FACTOR", 0.1)
    with pytest.raises(ServerSlowError):
        await say(speaking, "trickle for ever")


async def test_a_model_that_repeats_itself_is_stopped(speaking: LowLatencyVoice) -> None:
    with pytest.raises(errors.RunawayAudioError):
        await say(speaking, "forever")
    assert len(await say(speaking, LINE)) == 20 * 3_200


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("raise secret", errors.VoiceRefusedError),
        ("silence", errors.SilentAudioError),
        ("nothing", errors.NothingSaidError),
        ("long " * 20_000, errors.VoiceRefusedError),
    ],
)
async def test_a_clip_that_fails_is_an_error_with_a_name_and_the_next_one_is_spoken(
    speaking: LowLatencyVoice, text: str, error: type[Exception]
) -> None:
    with pytest.raises(error) as raised:
        await say(speaking, text)
    assert "secret" not in str(raised.value)
    assert len(await say(speaking, LINE)) == 20 * 3_200


@pytest.mark.parametrize(
    "text", ["die", *(pytest.param(t, marks=pytest.mark.slow) for t in ("garbage", "huge"))]
)
async def test_a_process_that_dies_or_makes_no_sense_is_started_again(
    speaking: LowLatencyVoice, told: asyncio.Queue[str | None], text: str
) -> None:
    with pytest.raises(errors.ServerGoneError):
        await say(speaking, text)
    assert await told.get() is None
    assert len(await say(speaking, LINE)) == 20 * 3_200


async def test_a_process_that_hangs_is_ended_and_started_again(told: asyncio.Queue[str | None]) -> None:
    made = speaker(told, stall_seconds=0.3)
    await made.start()
    assert await told.get() is None
    with pytest.raises(errors.ServerSlowError):
        await say(made, "hang")
    assert await told.get() is None
    assert len(await say(made, LINE)) == 20 * 3_200
    await made.close()


async def test_a_process_that_is_killed_in_mid_clip_is_started_again(
    speaking: LowLatencyVoice, told: asyncio.Queue[str | None]
) -> None:
    process = speaking._process
    assert process is not None
    async with aclosing(speaking.synthesize("hang", "en")) as clip:
        await anext(clip)
        os.kill(process._process.pid, signal.SIGKILL)
        with pytest.raises(errors.ServerGoneError):
            await anext(clip)
    assert await told.get() is None
    assert len(await say(speaking, LINE)) == 20 * 3_200


async def test_a_process_that_has_grown_is_exchanged_while_nobody_speaks(
    told: asyncio.Queue[str | None],
) -> None:
    made = speaker(told, idle_seconds=0.0, growth_bytes=500_000_000)
    await made.start()
    assert await told.get() is None
    before = made._process
    await say(made, "grow")
    assert await told.get() is None
    assert made._process is not before
    assert len(await say(made, LINE)) == 20 * 3_200
    await made.close()


async def test_another_voice_is_taken_from_the_next_clip_on(
    speaking: LowLatencyVoice, told: asyncio.Queue[str | None]
) -> None:
    await speaking.exchange(voice("loud"))
    assert await told.get() is None
    assert set((await say(speaking, LINE)).tolist()) == {round(0.5 * 32767)}


async def test_what_is_missing_is_named_and_nothing_is_spoken(told: asyncio.Queue[str | None]) -> None:
    made = speaker(told, voice=voice("broken"))
    with pytest.raises(errors.VoiceRefusedError, match=r"missing: s1v3\.ckpt"):
        await made.start()
    with pytest.raises(errors.ServerGoneError):
        await say(made, LINE)
    await made.close()


async def test_samples_that_are_no_sound_become_sound_or_nothing(speaking: LowLatencyVoice) -> None:
    assert (await say(speaking, "unspeakable")).tolist() == [0, 32767, -32767]


async def test_closing_leaves_no_process(speaking: LowLatencyVoice) -> None:
    assert speaking._process is not None
    pid = speaking._process._process.pid
    await speaking.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_configuration_chooses_it() -> None:
    profiles.store("ann", b"", "clip.wav", {"text": "hers", "language": "en"})
    chosen = choose(Settings(voice=VoiceSettings(name="ann", engine="low_latency")))
    assert isinstance(chosen, FallbackVoice)
    assert isinstance(chosen.first, LowLatencyVoice)
    with pytest.raises(EngineError, match=r"low_latency.*voice\.name is empty"):
        choose(Settings(voice=VoiceSettings(engine="low_latency")))


@given(st.binary(min_size=wire.HEADER.size, max_size=wire.HEADER.size))
def test_any_header_is_a_frame_or_an_error(raw: bytes) -> None:
    try:
        kind, number, length = wire.header(raw)
    except wire.WireError:
        return
    assert length <= wire.MOST
    assert wire.HEADER.pack(kind, number, length) == raw


@given(st.binary(max_size=50))
def test_any_payload_is_values_or_an_error(raw: bytes) -> None:
    try:
        assert isinstance(wire.values(raw), dict)
    except wire.WireError:
        return
