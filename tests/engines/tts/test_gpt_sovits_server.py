"""The client against the real protocol server (random weights: it hums, but its bytes are the real ones)."""

from __future__ import annotations

import asyncio
import signal
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from hearthd.audio.playback.mixer import Mixer
from hearthd.common import errors
from hearthd.common.audio import Pcm
from hearthd.engines.tts.factory import FallbackVoice
from hearthd.engines.tts.gpt_sovits import request
from hearthd.engines.tts.gpt_sovits.http import VoiceServer
from hearthd.engines.tts.gpt_sovits.voice import GptSovitsVoice
from hearthd.engines.tts.gpt_sovits.wav_stream import WavStream
from hearthd.speech.queue import SpeechQueue
from hearthd.text.chunker import Chunk
from hearthd.voices.profiles import StoredVoice
from tests.peers import gpt_sovits as peer
from tests.peers.gpt_sovits_faults import StandIn

pytestmark = [
    pytest.mark.integration,
    pytest.mark.gpt_sovits,
    pytest.mark.slow,
    pytest.mark.skipif(
        not peer.installed(),
        reason="the GPT-SoVITS protocol server is not installed: python -m tests.peers.gpt_sovits --install",
    ),
]

SHORT = "Turn on the light."
LONG = "The kettle is on and the lights are out now, so you can all go to bed, I do think. "
LONG += "I will wake you at seven, which is in about eight hours from now, just as you wished me to."


@pytest.fixture(scope="module")
def server() -> Iterator[peer.Server]:
    with peer.running() as running:
        yield running


def write_clip(path: Path, seconds: float) -> Path:
    time = np.arange(round(seconds * 32_000)) / 32_000
    sound = 6_000 * np.sin(2 * np.pi * 180 * time) * (1 + np.sin(2 * np.pi * 3 * time)) / 2
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(32_000)
        out.writeframes(np.rint(sound).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("voice") / "clip.wav", 5.0)


def stored(clip: Path, **values: Any) -> StoredVoice:
    base = {"name": "ann", "clip": clip, "text": "This is what she said.", "language": "en"}
    return StoredVoice.model_validate({**base, **values})


@asynccontextmanager
async def speaking(
    server: peer.Server, voice: StoredVoice, *, recovering: bool = False, **options: Any
) -> AsyncIterator[GptSovitsVoice]:
    options = {"languages": ("en",), "first_audio_seconds": 30.0, "stall_seconds": 15.0, **options}
    client = GptSovitsVoice(voice, server.url, **options)
    try:
        if recovering:  # the server loads its models anew after a failure, and refuses everything meanwhile
            with suppress(errors.VoiceServerError):
                await client.start()
            await _until(lambda: client.ready)
        else:
            await client.start()
        yield client
    finally:
        await client.close()


async def said(voice: GptSovitsVoice, text: str = SHORT) -> Pcm:
    return np.concatenate([piece async for piece in voice.synthesize(text, "en")])


async def _until(condition: Callable[[], bool], seconds: float = 120) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("mode", [1, 2, 3])
async def test_every_streaming_mode_gives_whole_clips(server: peer.Server, clip: Path, mode: int) -> None:
    async with speaking(server, stored(clip, streaming_mode=mode)) as voice:
        assert voice.rate == peer.RATE
        one, two = await said(voice, SHORT), await said(voice, LONG)
        assert len(one) / peer.RATE > 1.0
        assert len(two) > 1.5 * len(one)  # both lines of it
        assert one.any()
        assert voice.ready


async def test_chinese_english_and_the_two_in_one_sentence_are_spoken(
    server: peer.Server, clip: Path
) -> None:
    async with speaking(server, stored(clip), languages=("en", "zh")) as voice:
        for text in (
            "今天天气很好，适合出去散步。",
            "打开 kitchen 的灯，然后播放 Taylor Swift 的歌。",
            SHORT,
        ):
            assert len(await said(voice, text)) / peer.RATE > 1.0
        assert voice.ready


async def test_a_clip_with_chinese_words_is_taken(server: peer.Server, clip: Path) -> None:
    chinese = stored(clip, text="这是她说的话。", language="zh")
    async with speaking(server, chinese, languages=("zh",)) as voice:
        assert len(await said(voice, "银行的行长说这很重要。")) / peer.RATE > 1.0


async def test_cancelling_in_the_middle_leaves_the_next_clip_clean(server: peer.Server, clip: Path) -> None:
    before = server.log().count("Traceback")
    async with speaking(server, stored(clip)) as voice:
        for _ in range(4):
            async with aclosing(voice.synthesize(LONG, "en")) as stream:
                assert len(await anext(stream))
            assert len(await said(voice)) / peer.RATE > 1.0
    assert server.log().count("Traceback") == before


async def answer(server: peer.Server, body: dict[str, Any]) -> WavStream:
    """Read the answer to a request that the voice itself would never send."""
    http = VoiceServer(server.url, 1.0)
    wav = WavStream(rate=peer.RATE, lines=1, gap_seconds=request.GAP_SECONDS, most_seconds=10)
    try:
        async for data in http.speak(body):
            wav.feed(data)
            if wav.ended:
                break
        wav.finish()
        return wav
    finally:
        await http.close()


@pytest.mark.parametrize("mode", [1, 2, 3])
async def test_a_failed_synthesis_is_not_taken_for_speech(server: peer.Server, clip: Path, mode: int) -> None:
    body = {**request.body([SHORT], "en", stored(clip, streaming_mode=mode)), "speed_factor": 0}
    with pytest.raises((errors.WrongRateError, errors.DroppedStreamError)):
        await answer(server, body)
    async with speaking(server, stored(clip, streaming_mode=mode), recovering=True) as voice:
        assert len(await said(voice)) / peer.RATE > 1.0


@pytest.mark.parametrize("overlap", [0, 16])
async def test_a_synthesis_that_fails_after_it_began_is_not_taken_for_whole(
    server: peer.Server, clip: Path, overlap: int
) -> None:
    body = {**request.body([SHORT], "en", stored(clip)), "overlap_length": overlap}
    with pytest.raises((errors.WrongRateError, errors.DroppedStreamError)):
        await answer(server, body)
    async with speaking(server, stored(clip), recovering=True):
        pass


@pytest.mark.parametrize("text", ["...", "?!"])
async def test_punctuation_alone_is_a_dropped_answer(server: peer.Server, clip: Path, text: str) -> None:
    body = {**request.body([text], "en", stored(clip)), "text_split_method": "cut5"}
    with pytest.raises(errors.DroppedStreamError):
        await answer(server, body)


@pytest.mark.parametrize("text", ["-", "~~~", "\U0001f642"])
async def test_signs_alone_are_an_answer_without_sound(server: peer.Server, clip: Path, text: str) -> None:
    body = {**request.body([text], "en", stored(clip)), "text_split_method": "cut5"}
    assert (await answer(server, body)).samples == 0


@pytest.mark.parametrize("seconds", [1.0, 14.0])
async def test_a_clip_of_the_wrong_length_is_found_at_start(
    server: peer.Server, tmp_path: Path, seconds: float
) -> None:
    with pytest.raises(errors.VoiceRefusedError, match="set refer audio failed"):
        async with speaking(server, stored(write_clip(tmp_path / "clip.wav", seconds))):
            pass


async def test_a_clip_that_is_not_there_is_found_at_start(server: peer.Server, tmp_path: Path) -> None:
    with pytest.raises(errors.VoiceRefusedError):
        async with speaking(server, stored(tmp_path / "gone.wav")):
            pass


async def test_a_voices_own_weights_are_loaded_and_lost_ones_are_found(
    server: peer.Server, clip: Path
) -> None:
    own = {
        "gpt_weights": str(server.weights / "t2s-other.ckpt"),
        "sovits_weights": str(server.weights / "sovits-other.pth"),
    }
    async with speaking(server, stored(clip, **own)) as voice:
        assert len(await said(voice)) / peer.RATE > 1.0
        assert "t2s-other.ckpt" in (server.directory / "tts.yaml").read_text(encoding="utf-8")
        with pytest.raises(errors.VoiceRefusedError, match=r"lost\.pth"):
            await voice.use(stored(clip, gpt_weights=own["gpt_weights"], sovits_weights="/lost.pth"))
        assert not voice.ready
        await voice.use(
            stored(
                clip,
                gpt_weights=str(server.weights / "t2s.ckpt"),
                sovits_weights=str(server.weights / "sovits.pth"),
            )
        )
        assert len(await said(voice)) / peer.RATE > 1.0


async def test_an_unknown_language_is_refused_with_the_servers_reason(
    server: peer.Server, clip: Path
) -> None:
    http = VoiceServer(server.url, 1.0)
    body = {**request.body([SHORT], "en", stored(clip)), "text_lang": "xx"}
    with pytest.raises(errors.VoiceRefusedError, match="xx is not supported"):
        async for _ in http.speak(body):
            pass
    await http.close()


async def test_a_server_that_stands_still_is_slow_and_not_dead(server: peer.Server, clip: Path) -> None:
    async with speaking(server, stored(clip), first_audio_seconds=1.0) as voice:
        server.signal(signal.SIGSTOP)
        try:
            with pytest.raises(errors.ServerSlowError):
                await said(voice)
        finally:
            server.signal(signal.SIGCONT)
        await _until(lambda: voice.ready)


async def test_a_restart_while_nobody_speaks_is_noticed_and_warmed_up(
    server: peer.Server, clip: Path
) -> None:
    async with speaking(server, stored(clip)) as voice:
        async with httpx.AsyncClient() as http:
            with pytest.raises(httpx.HTTPError):
                await http.get(f"{server.url}/control", params={"command": "restart"}, timeout=1)
        await _until(lambda: not voice.ready)
        await _until(lambda: voice.ready)
        assert len(await said(voice)) / peer.RATE > 1.0


async def test_a_server_killed_in_the_middle_of_a_reply_is_stood_in_for_and_comes_back(
    server: peer.Server, clip: Path
) -> None:
    texts = [f"This is sentence number {word} of the reply." for word in ("one", "two", "three", "four")]
    stand_in = StandIn()
    first = GptSovitsVoice(
        stored(clip), server.url, languages=("en",), first_audio_seconds=30.0, stall_seconds=10
    )
    voice = FallbackVoice(first, stand_in)
    mixer = Mixer()
    queue = SpeechQueue(voice, mixer)

    async def chunks() -> AsyncIterator[Chunk]:
        for index, text in enumerate(texts):
            yield Chunk(index, text, 0.2)

    async def play() -> None:
        loop = asyncio.get_running_loop()
        while True:
            for _ in range(4):  # four times as fast as it would sound
                mixer.render(480, loop.time())
            await asyncio.sleep(0.01)

    async def opened() -> None:
        pass

    await voice.start()
    await _until(lambda: first.ready)
    device = asyncio.create_task(play())
    try:
        reply = asyncio.create_task(queue.speak(1, chunks(), language="en", gate=opened))
        await _until(lambda: len(queue.report(1).clips) >= 2 and queue.report(1).clips[1].samples > 0)
        server.stop()
        await reply
        assert voice.name == "stand-in"
        broken, *rest = stand_in.said  # what was left of the sentence that broke off, and all after it
        assert rest == texts[len(texts) - len(rest) :]
        assert broken
        assert texts[len(texts) - len(stand_in.said)].endswith(broken)
        heard = [clip.text for clip in queue.report(1).clips if clip.complete]
        assert heard == texts
        await asyncio.to_thread(server.start)
        await _until(lambda: first.ready)
        before = len(stand_in.said)
        await queue.speak(2, chunks(), language="en", gate=opened)
        assert len(stand_in.said) == before
    finally:
        device.cancel()
        await voice.close()
