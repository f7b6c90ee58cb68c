"""The client of the voice server against one that misbehaves by the byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hearthd.common import errors
from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.common.parts import Part
from hearthd.engines.tts.gpt_sovits.voice import GptSovitsVoice
from hearthd.voices.profiles import StoredVoice
from tests.peers.gpt_sovits_faults import Peer, Step, clip, gap, header, hum, peer

pytestmark = pytest.mark.integration

TEXT = "Something to say, not too short."


def stored(**values: Any) -> StoredVoice:
    return StoredVoice.model_validate(
        {"name": "ann", "clip": Path("/srv/ann.wav"), "text": "So she said.", "language": "en", **values}
    )


@asynccontextmanager
async def speaking(
    server: Peer, voice: StoredVoice | None = None, **options: Any
) -> AsyncIterator[GptSovitsVoice]:
    """A voice that has been started on the server."""
    options = {"languages": ("en",), "first_audio_seconds": 0.5, "stall_seconds": 0.5, **options}
    client = GptSovitsVoice(voice or stored(), server.url, **options)
    try:
        await client.start()
        yield client
    finally:
        await client.close()


async def said(voice: GptSovitsVoice, text: str = TEXT) -> Pcm:
    pieces = [piece async for piece in voice.synthesize(text, "en")]
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


async def test_a_clip_comes_as_the_server_made_it() -> None:
    async with peer() as server, speaking(server) as voice:
        assert voice.rate == 32_000
        assert np.array_equal((await said(voice))[: len(hum(0.5))], hum(0.5))


async def test_pieces_that_split_a_sample_or_the_header_make_no_noise() -> None:
    async with peer() as server, speaking(server) as voice:
        whole = header() + hum(0.3).tobytes() + gap()
        for sizes in ([1, 42, 3, 1, 1, 999], [43, 1, 1, 7], [11, 13, 30, 1001, 1, 1, 1]):
            steps: list[bytes | Step] = []
            position = 0
            for size in sizes:
                steps.append(whole[position : position + size])
                position += size
            server.tts = [*steps, whole[position:]]
            assert np.array_equal((await said(voice))[: len(hum(0.3))], hum(0.3))


async def test_a_clip_ends_with_its_last_silence_and_not_with_the_connection() -> None:
    async with peer() as server, speaking(server) as voice:
        server.tts = [*clip(), Step.WAIT]
        assert len(await said(voice)) >= len(hum(0.5))
        assert len(await said(voice)) >= len(hum(0.5))  # and the next one does not wait either
        server.go_on.set()


async def test_a_silence_between_two_lines_is_not_the_end() -> None:
    text = "The first line is this one, and it is long enough to be sent alone, I think, or nearly. "
    text += "And the second line is that one, which is just about as long as the first of them."
    async with peer() as server, speaking(server) as voice:
        first, second = hum(0.4), hum(0.6, hertz=330)
        server.tts = [header() + first.tobytes() + gap(), second.tobytes(), gap()]
        pcm = await said(voice, text)
        assert server.texts()[-1].count("\n") == 1
        assert np.array_equal(pcm[-len(second) - len(gap()) // 2 : -len(gap()) // 2], second)


SOUND = hum(0.3).tobytes()
FAULTS: list[tuple[str, list[bytes | Step], type[errors.VoiceServerError]]] = [
    ("no audio at all, cleanly ended", [], errors.NothingSaidError),
    ("a header and nothing else", [header()], errors.NothingSaidError),
    ("dropped before any audio", [Step.CUT], errors.DroppedStreamError),
    ("dropped in the middle", [header() + SOUND, Step.CUT], errors.DroppedStreamError),
    ("failed in the middle", [header() + SOUND, bytes(32_000), Step.CUT], errors.DroppedStreamError),
    ("one second of silence at 16 kHz", [header(16_000) + bytes(32_000)], errors.WrongRateError),
    ("another model's rate", [header(24_000) + SOUND], errors.WrongRateError),
    ("zeros where speech should be", [header() + bytes(64_000)], errors.SilentAudioError),
    ("a page of HTML", [b"<!doctype html><title>nginx</title>" * 20], errors.NotAudioError),
    ("half a header", [header()[:30]], errors.NotAudioError),
    ("a header without end", [header()[:36] + b"junk\xff\xff\xff\x0f" + bytes(5_000)], errors.NotAudioError),
    ("stereo", [header()[:22] + b"\x02\x00" + header()[24:] + SOUND], errors.NotAudioError),
    ("nothing for ever", [Step.STALL], errors.ServerSlowError),
    ("a start and then nothing", [header() + SOUND, Step.STALL], errors.ServerSlowError),
    ("a sentence that never ends", [header(), *[hum(1.0).tobytes()] * 60], errors.RunawayAudioError),
]


@pytest.mark.parametrize(
    ("answer", "expected"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
async def test_every_fault_is_called_by_its_name(
    answer: list[bytes | Step], expected: type[errors.VoiceServerError]
) -> None:
    async with peer() as server, speaking(server) as voice:
        server.tts = answer
        with pytest.raises(expected) as caught:
            await said(voice)
        assert type(caught.value) is expected
        assert "Something" not in str(caught.value)  # what is spoken stays out of messages


async def test_a_clip_ends_at_its_promised_size_though_the_server_keeps_sending() -> None:
    async with peer() as server, speaking(server) as voice:
        server.tts = [header(size=len(SOUND)) + SOUND[:64], SOUND[64:], *[SOUND, Step.PAUSE] * 30, Step.STALL]
        pcm = await said(voice)
        assert pcm.tobytes() == SOUND


async def test_a_header_that_comes_byte_by_byte_does_not_put_the_first_sound_off() -> None:
    async with peer() as server, speaking(server) as voice:
        steps: list[bytes | Step] = []
        for byte in header():
            steps += [bytes([byte]), Step.PAUSE]
        server.tts = [*steps, *clip()]
        with pytest.raises(errors.ServerSlowError):
            await said(voice)


async def test_a_trickle_of_sound_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hearthd.engines.supervised_voice.MAKING_FACTOR", 0.1)
    async with peer() as server, speaking(server) as voice:
        server.tts = [header() + SOUND[:2], *[Step.PAUSE, SOUND[:2]] * 300]
        with pytest.raises(errors.ServerSlowError):
            await said(voice)


async def test_a_voice_that_is_slower_than_speech_is_waited_for() -> None:
    async with peer() as server, speaking(server) as voice:
        pieces = [SOUND[start : start + 3200] for start in range(0, len(SOUND), 3200)]
        steps: list[bytes | Step] = []
        for piece in pieces:
            steps += [piece, *[Step.PAUSE] * 2]  # 0.05 s of sound in 0.2 s
        server.tts = [header(), *steps, gap()]
        assert (await said(voice)).tobytes() == SOUND + gap()


async def test_a_refusal_says_why() -> None:
    async with peer() as server, speaking(server) as voice:
        server.status, server.error = 400, {"message": "text_lang: xx is not supported in version v2"}
        with pytest.raises(errors.VoiceRefusedError, match="not supported in version v2"):
            await said(voice)


async def test_a_refused_text_is_the_texts_fault_and_not_the_servers() -> None:
    async with peer() as server, speaking(server) as voice:
        server.status = 400
        server.error = {"message": "tts failed", "Exception": "Please enter valid text."}
        with pytest.raises(errors.NothingSaidError):
            await said(voice)
        assert voice.ready


async def test_text_without_a_word_asks_nothing_of_the_server() -> None:
    async with peer() as server, speaking(server) as voice:
        before = len(server.asked)
        assert len(await said(voice, "... !?")) == 0
        assert len(server.asked) == before


async def test_cancelling_closes_the_connection() -> None:
    async with peer() as server, speaking(server) as voice:
        server.tts = [header() + hum(0.3).tobytes(), Step.STALL]
        async with aclosing(voice.synthesize(TEXT, "en")) as stream:
            assert len(await anext(stream))
        async with asyncio.timeout(5):
            await server.left.wait()
        server.tts = clip()
        assert len(await said(voice)) >= len(hum(0.5))


async def test_two_clips_at_once_reach_the_server_one_after_the_other() -> None:
    async with peer() as server, speaking(server) as voice:
        server.tts = [header() + hum(0.2).tobytes(), Step.WAIT, gap()]
        asked = len(server.texts())
        first = asyncio.create_task(said(voice))
        second = asyncio.create_task(said(voice))
        await _until(lambda: len(server.texts()) == asked + 1)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(server.texts()) == asked + 1
        server.go_on.set()
        await asyncio.gather(first, second)
        assert len(server.texts()) == asked + 2


async def test_the_server_is_warmed_up_in_every_language_at_start() -> None:
    async with peer() as server, speaking(server, languages=("en", "zh")):
        assert [body["text_lang"] for path, body in server.asked if path == "/tts"] == ["en", "zh"]


async def test_the_voices_own_weights_are_set_before_it_speaks() -> None:
    voice = stored(gpt_weights="/srv/ann.ckpt", sovits_weights="/srv/ann.pth")
    async with peer() as server, speaking(server, voice):
        paths = [path for path, _ in server.asked]
        assert paths[:3] == ["/set_gpt_weights", "/set_sovits_weights", "/set_refer_audio"]


async def test_weights_that_are_not_there_are_found_before_a_stranger_speaks() -> None:
    async with peer() as server:
        server.refuses["/set_gpt_weights"] = "[Errno 2] No such file or directory: '/srv/lost.ckpt'"
        with pytest.raises(errors.VoiceRefusedError, match=r"lost\.ckpt"):
            async with speaking(server, stored(gpt_weights="/srv/lost.ckpt")):
                pass


async def test_a_refusal_without_end_is_not_read_to_its_end() -> None:
    async with peer() as server:
        server.refuses["/set_gpt_weights"] = "lost" * 5_000_000
        with pytest.raises(errors.VoiceRefusedError, match=r"refuses /srv/lost\.ckpt: 400$"):
            async with speaking(server, stored(gpt_weights="/srv/lost.ckpt")):
                pass


async def test_a_clip_that_the_server_cannot_use_is_named_at_start() -> None:
    async with peer() as server:
        server.refuses["/set_refer_audio"] = "reference audio is outside the 3-10 second range"
        with pytest.raises(errors.VoiceRefusedError, match="3-10 second"):
            async with speaking(server):
                pass


async def test_a_v3_model_is_recognised_by_its_rate() -> None:
    async with peer() as server:
        server.tts = [header(24_000) + hum(0.5, 24_000).tobytes(), gap(rate=24_000)]
        async with speaking(server) as voice:
            assert voice.rate == 24_000
        with pytest.raises(errors.WrongRateError):
            async with speaking(server, stored(version="v2Pro")):
                pass


async def test_no_server_is_said_at_once_and_its_coming_is_noticed() -> None:
    async with peer() as server:
        await server.stop()
        told: list[str | None] = []
        ready = asyncio.Event()

        def on_health(part: Part, works: bool, why: str) -> None:
            told.append(None if works else why)
            if works:
                ready.set()

        voice = GptSovitsVoice(stored(), server.url, languages=("en",), on_health=on_health)
        try:
            with pytest.raises(errors.ServerGoneError):
                await voice.start()
            with pytest.raises(errors.ServerGoneError):
                await said(voice)
            await server.start()
            async with asyncio.timeout(10):
                await ready.wait()
            assert len(await said(voice))
            assert told[0] is not None
            assert told[-1] is None
        finally:
            await voice.close()


async def test_the_servers_death_is_noticed_while_nobody_speaks_and_its_return_warmed_up() -> None:
    async with peer() as server, speaking(server) as voice:
        await server.stop()
        await _until(lambda: not voice.ready)
        warm_ups = len(server.texts())
        await server.start()
        await _until(lambda: voice.ready)
        assert len(server.texts()) == warm_ups + 1
        assert len(await said(voice))


async def test_after_a_failure_the_server_must_prove_itself_before_it_speaks_again() -> None:
    async with peer() as server, speaking(server) as voice:
        server.tts = [header(16_000) + bytes(32_000)]
        with pytest.raises(EngineError):
            await said(voice)
        assert not voice.ready
        server.tts = clip()
        await _until(lambda: voice.ready)


async def test_mixed_text_is_sent_as_chinese_and_english_as_english() -> None:
    async with peer() as server, speaking(server, languages=("en", "zh")) as voice:
        for text in ("把 light 打开。", "Turn the light on.", "OK, 好的。"):
            await said(voice, text)
        assert [body["text_lang"] for path, body in server.asked if path == "/tts"][2:] == ["zh", "en", "zh"]


async def test_the_voices_own_settings_are_sent() -> None:
    voice = stored(seed=7, temperature=0.6, top_k=5, extra_clips=["/srv/b.wav"], server_clip="/data/ann.wav")
    async with peer() as server, speaking(server, voice) as client:
        await said(client)
        body = server.asked[-1][1]
        assert (body["seed"], body["temperature"], body["top_k"]) == (7, 0.6, 5)
        assert body["aux_ref_audio_paths"] == ["/srv/b.wav"]
        assert body["ref_audio_path"] == "/data/ann.wav"
        assert body["streaming_mode"] == 3
    slow = stored(speed=0.8)
    async with peer() as server, speaking(server, slow):
        assert server.asked[-1][1]["streaming_mode"] == 1  # pieces of a line don't join at another speed


async def test_the_voice_can_be_exchanged_while_it_is_running() -> None:
    async with peer() as server, speaking(server) as voice:
        await voice.use(stored(name="bob", server_clip="/srv/bob.wav"))
        assert voice.name == "bob"
        await said(voice)
        assert server.asked[-1][1]["ref_audio_path"] == "/srv/bob.wav"


async def _until(condition: Callable[[], bool]) -> None:
    """Wait for something that another task brings about."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
