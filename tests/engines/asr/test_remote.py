"""Recognisers on other machines: words come from there, and from here while they are away."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wyoming.info import Info

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.common.parts import Part
from hearthd.config.settings import AsrSettings
from hearthd.engines.asr import fallback
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.engines.asr.factory import choose
from hearthd.engines.asr.fallback import FallbackAsr
from hearthd.engines.asr.remote import OpenAiAsr, WyomingAsr, transcript_of
from hearthd.engines.http_access import OPEN, Access
from hearthd.engines.protocols import Transcript
from tests.peers.recognisers import OpenAiRecogniser, WyomingRecogniser

pytestmark = pytest.mark.integration

HUM: Pcm = (np.sin(np.arange(SAMPLE_RATE * 3) / 9) * 4000).astype(np.int16)
BOTH = ("en", "zh")
TIME = Transcript("What time is it?", "en")


class Here:
    """The local recogniser."""

    name = "here"

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.closed = asyncio.Event()

    async def start(self) -> None:
        if self.broken:
            raise EngineError("no model file")

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        return Transcript("local", "en")

    async def close(self) -> None:
        self.closed.set()


def wyoming(url: str, seconds: float = 5.0, model: str = "") -> WyomingAsr:
    return WyomingAsr(url, BOTH, seconds, model=model, access=OPEN)


def openai(url: str, seconds: float = 5.0, model: str = "large-v3", access: Access = OPEN) -> OpenAiAsr:
    return OpenAiAsr(url, BOTH, seconds, model=model, access=access)


async def test_a_wyoming_server_hears_the_whole_utterance_and_its_words_come_back() -> None:
    async with WyomingRecogniser() as peer:
        asr = wyoming(peer.url, model="large")
        await asr.start()
        assert await asr.transcribe(HUM) == TIME
        assert await asr.transcribe(HUM, language="zh") == Transcript("What time is it?", "zh")
        assert peer.heard == [HUM.tobytes()] * 2
        assert [(asked.name, asked.language) for asked in peer.asked] == [("large", None), ("large", "zh")]
        await asr.close()


async def test_chinese_is_known_by_its_script_and_made_simplified() -> None:
    async with WyomingRecogniser("請把燈打開") as peer:
        assert await wyoming(peer.url).transcribe(HUM) == Transcript("请把灯打开", "zh")


@pytest.mark.parametrize(("fault", "said"), [("error", "out of memory"), ("close", "without an answer")])
async def test_a_wyoming_server_that_fails_says_why(fault: str, said: str) -> None:
    async with WyomingRecogniser() as peer:
        peer.fault = fault
        with pytest.raises(EngineError, match=said):
            await wyoming(peer.url).transcribe(HUM)


async def test_a_server_that_is_silent_is_given_up() -> None:
    async with WyomingRecogniser() as peer:
        peer.fault = "silent"
        with pytest.raises(EngineError, match=r"no words within 0\.2 s"):
            await wyoming(peer.url, 0.2).transcribe(HUM)


async def test_what_recognises_nothing_is_no_recogniser() -> None:
    async with WyomingRecogniser() as peer:
        peer.info = Info()
        with pytest.raises(EngineError, match="recognises no speech"):
            await wyoming(peer.url).start()


async def test_transcriptions_are_asked_for_with_model_language_sound_and_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("sesame")
    async with OpenAiRecogniser(key="sesame") as peer:
        asr = openai(f"{peer.url}/v1", access=Access(str(token)))
        await asr.start()
        assert await asr.transcribe(HUM, language="en") == TIME
        assert (peer.field("model"), peer.field("language")) == (b"large-v3", b"en")
        assert peer.sound() == (SAMPLE_RATE, HUM.tobytes())
        await asr.close()
        stranger = openai(peer.url)
        with pytest.raises(EngineError, match=r"asr\.token_file"):
            await stranger.transcribe(HUM)
        await stranger.close()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"text": 7}', b"[" * 90_000, b"\xff", b"x" * 400_000])
async def test_an_answer_that_is_no_transcript_is_an_error(body: bytes) -> None:
    async with OpenAiRecogniser(body) as peer:
        asr = openai(peer.url)
        with pytest.raises(EngineError):
            await asr.transcribe(HUM)
        await asr.close()


@pytest.mark.parametrize("make", [wyoming, openai])
async def test_nobody_at_the_address_is_said_with_it(make: object) -> None:
    url = "tcp://127.0.0.1:9" if make is wyoming else "http://127.0.0.1:9"
    asr = make(url)  # type: ignore[operator]
    for attempt in (asr.start(), asr.transcribe(HUM)):
        with pytest.raises(EngineError, match=rf"nobody answers at {url}.*asr\.url"):
            await attempt


@pytest.mark.parametrize("seed", range(20))
async def test_a_wyoming_server_that_sends_rubbish_is_an_error_in_bounded_time(seed: int) -> None:
    rng = random.Random(seed)
    heads = [
        b"[1]\n", b"{}\n", b'{"type": 3}\n', b"x" * 70_000, b'{"type": "transcript", "data_length": -1}\n',
        b'{"type": "transcript", "data_length": 99999999999}\n', b'{"type":"info","payload_length":1e9}\n',
        b'{"type": "transcript", "data": [1]}\n', b'{"type": "transcript", "data": {"text": 5}}\n',
        b"[" * 50_000 + b"\n", b'{"type": "info", "data": {"asr": 5}}\n', rng.randbytes(3000), b"",
    ]  # fmt: skip

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(5):
            writer.write(rng.choice(heads))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    asr = wyoming(f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}", 1.0)
    for attempt in (asr.start(), asr.transcribe(HUM)):
        try:
            heard = await attempt
        except EngineError:
            continue
        assert heard is None or heard.no_speech
    server.close()


@given(st.text(max_size=200), st.sampled_from([("en",), ("zh",), BOTH]))
def test_any_text_is_a_transcript_in_a_configured_language(text: str, languages: tuple[str, ...]) -> None:
    heard = transcript_of(text, languages, None)
    assert heard.language in languages
    assert heard.no_speech == (not heard.text)


def test_what_whisper_invents_on_silence_was_not_said() -> None:
    assert transcript_of("Thanks for watching!", BOTH, None).no_speech
    assert transcript_of("字幕由 Amara.org 社区提供", BOTH, None).no_speech


# --- the stand-in ---------------------------------------------------------------------------------


async def test_the_same_words_are_heard_here_while_the_server_is_away_and_there_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fallback, "FIRST_RETRY_SECONDS", 0.05)
    told: list[tuple[Part, bool]] = []
    back = asyncio.Event()

    def health(part: Part, works: bool, why: str) -> None:
        told.append((part, works))
        if works and len(told) > 2:
            back.set()

    async with WyomingRecogniser() as peer:
        here = Here()
        asr = FallbackAsr(wyoming(peer.url), lambda: here, health)
        await asr.start()
        assert (await asr.transcribe(HUM)).text == "What time is it?"
        await peer.stop()
        assert (await asr.transcribe(HUM)).text == "local"
        assert (asr.name, told[-1]) == ("here", (Part.ASR_SERVER, False))
        await peer.start()
        await back.wait()
        await here.closed.wait()
        assert (await asr.transcribe(HUM)).text == "What time is it?"
        await asr.close()


async def test_neither_is_an_error_that_names_both() -> None:
    asr = FallbackAsr(wyoming("tcp://127.0.0.1:9"), lambda: Here(broken=True))
    with pytest.raises(EngineError, match=r"tcp://127\.0\.0\.1:9.*stand-in: no model file"):
        await asr.start()
    with pytest.raises(EngineError):
        await asr.transcribe(HUM)
    await asr.close()


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (AsrSettings(), WhisperAsr),
        (AsrSettings(engine="wyoming"), FallbackAsr),
        (AsrSettings(engine="wyoming", fallback=False), WyomingAsr),
        (AsrSettings(engine="openai", url="https://gpu/asr", fallback=False), OpenAiAsr),
    ],
)
async def test_the_configured_recogniser_is_chosen(settings: AsrSettings, kind: type) -> None:
    asr = choose(settings)
    assert type(asr) is kind
    await asr.close()


@pytest.mark.parametrize(
    ("engine", "url"),
    [("wyoming", "http://a"), ("openai", "tcp://a:1"), ("wyoming", "tcp://a"), ("openai", "a")],
)
def test_an_address_that_the_engine_cannot_ask_is_an_error(engine: str, url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        AsrSettings.model_validate({"engine": engine, "url": url})
