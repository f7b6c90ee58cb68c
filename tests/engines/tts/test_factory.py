"""Which voice speaks, and what happens when it cannot."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import numpy as np
import pytest

from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.config.settings import AsrSettings, Settings, VoiceSettings
from hearthd.engines.tts import factory
from hearthd.engines.tts.factory import FallbackVoice
from hearthd.engines.tts.gpt_sovits.voice import GptSovitsVoice
from hearthd.voices import profiles
from tests.peers.gpt_sovits_faults import StandIn, Step, clip, header, hum, peer

pytestmark = pytest.mark.integration


def cloned(url: str) -> GptSovitsVoice:
    stored = profiles.StoredVoice(name="ann", clip=Path("/srv/ann.wav"), text="Said she.", language="en")
    return GptSovitsVoice(stored, url, languages=("en",), first_audio_seconds=0.5, stall_seconds=0.5)


async def said(voice: FallbackVoice, text: str) -> Pcm:
    return np.concatenate([piece async for piece in voice.synthesize(text, "en")])


async def ready(voice: FallbackVoice) -> None:
    async with asyncio.timeout(10):
        while not voice.first.ready:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_both_voices_come_at_one_rate() -> None:
    async with peer() as server:
        voice = FallbackVoice(cloned(server.url), StandIn())
        try:
            await voice.start()
            await ready(voice)
            voice.new_reply()
            assert len(await said(voice, "One sentence.")) / voice.rate == pytest.approx(0.7, abs=0.02)
            assert voice.name == "ann"
            server.tts = [Step.CUT]
            assert len(await said(voice, "Another one.")) / voice.rate == pytest.approx(0.5, abs=0.02)
            assert voice.name == "stand-in"
        finally:
            await voice.close()


async def test_no_reply_changes_voices_twice() -> None:
    async with peer() as server:
        stand_in = StandIn()
        voice = FallbackVoice(cloned(server.url), stand_in)
        try:
            await voice.start()
            await ready(voice)
            voice.new_reply()
            server.tts = [header(16_000) + bytes(32_000)]
            await said(voice, "First.")
            server.tts = clip()
            await ready(voice)  # it is well again, but the reply goes on in the stand-in's voice
            await said(voice, "Second.")
            assert stand_in.said == ["First.", "Second."]
            voice.new_reply()
            await said(voice, "Third.")
            assert stand_in.said == ["First.", "Second."]
        finally:
            await voice.close()


async def test_a_clip_that_breaks_after_it_began_is_left_to_the_caller() -> None:
    async with peer() as server:
        stand_in = StandIn()
        voice = FallbackVoice(cloned(server.url), stand_in)
        try:
            await voice.start()
            await ready(voice)
            voice.new_reply()
            server.tts = [header() + hum(0.3).tobytes(), Step.CUT]
            with pytest.raises(EngineError):
                await said(voice, "Breaks off here.")
            assert stand_in.said == []
            await said(voice, "off here.")
            assert stand_in.said == ["off here."]
        finally:
            await voice.close()


async def test_without_a_server_the_stand_in_speaks_at_once() -> None:
    async with peer() as server:
        await server.stop()
        stand_in = StandIn()
        voice = FallbackVoice(cloned(server.url), stand_in)
        try:
            await voice.start()
            voice.new_reply()
            await said(voice, "Anything.")
            assert stand_in.said == ["Anything."]
            assert voice.name == "stand-in"
        finally:
            await voice.close()


@pytest.fixture
def _embedded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(factory, "embedded", lambda _: StandIn())


@pytest.mark.usefixtures("_embedded")
def test_auto_without_a_named_voice_is_the_embedded_one(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert isinstance(factory.choose(Settings()), StandIn)
    assert "voice: embedded" in caplog.text


@pytest.mark.usefixtures("_embedded")
async def test_a_named_voice_speaks_with_the_embedded_one_behind_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    profiles.store("ann", b"", "clip.wav", {"text": "Said she.", "language": "en"})
    assert isinstance(factory.choose(Settings(voice=VoiceSettings(name="ann"))), FallbackVoice)
    assert "ann by GPT-SoVITS" in caplog.text
    assert isinstance(
        factory.choose(Settings(voice=VoiceSettings(name="ann", fallback=False))), GptSovitsVoice
    )
    assert isinstance(factory.choose(Settings(voice=VoiceSettings(name="ann", engine="embedded"))), StandIn)


@pytest.mark.usefixtures("_embedded")
def test_a_voice_that_is_not_there_is_said_and_stood_in_for(caplog: pytest.LogCaptureFixture) -> None:
    assert isinstance(factory.choose(Settings(voice=VoiceSettings(name="bob"))), StandIn)
    assert "there is no voice 'bob'" in caplog.text
    with pytest.raises(EngineError, match="bob"):
        factory.choose(Settings(voice=VoiceSettings(name="bob", engine="gpt_sovits", fallback=False)))
    with pytest.raises(EngineError, match=r"voice\.name is empty"):
        factory.choose(Settings(voice=VoiceSettings(engine="gpt_sovits")))


@pytest.mark.usefixtures("_embedded")
async def test_home_assistant_can_change_the_voice_while_the_speaker_runs() -> None:
    for name in ("ann", "bob"):
        profiles.store(
            name, b"", "clip.wav", {"text": "Said so.", "language": "en", "server_clip": f"/srv/{name}.wav"}
        )
    async with peer() as server:
        settings = Settings(voice=VoiceSettings(url=server.url), asr=AsrSettings(languages=["en"]))
        embedded = factory.choose(settings)
        voice = await factory.switch(embedded, "ann", settings)
        assert isinstance(voice, FallbackVoice)
        await ready(voice)
        same = await factory.switch(voice, "bob", settings)
        assert same is voice
        assert not voice.first.ready
        await ready(voice)
        voice.new_reply()
        await said(voice, "In the other voice.")
        assert server.asked[-1][1]["ref_audio_path"] == "/srv/bob.wav"
        assert voice.name == "bob"
        with pytest.raises(profiles.VoiceError, match="nobody"):
            await factory.switch(voice, "nobody", settings)
        assert voice.first.ready
        assert await factory.switch(voice, "", settings) is embedded


def test_the_embedded_voice_can_be_chosen_by_its_name_where_another_is_configured() -> None:
    chosen = factory.choose(Settings(voice=VoiceSettings(name=profiles.EMBEDDED, engine="gpt_sovits")))
    assert chosen.name.startswith("embedded")
