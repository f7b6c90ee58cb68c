"""The recogniser on real speech, and what happens when nobody wants its answer any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.config.settings import AsrSettings
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.turn_taking.wake_phrase import was_said
from tests.utterances import available, noise, say, silence

pytestmark = [
    pytest.mark.integration,
    pytest.mark.models,
    pytest.mark.skipif(not available(), reason="the starter models are not there"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asr() -> AsyncIterator[WhisperAsr]:
    engine = WhisperAsr(AsrSettings())
    await engine.start()
    yield engine
    await engine.close()


def bare(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


@pytest.mark.asyncio(loop_scope="module")
async def test_it_says_what_it_runs_on(asr: WhisperAsr) -> None:
    assert asr.name.startswith("whisper-base c")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("voice", "spoken", "language"),
    [
        ("heart", "Turn on the kitchen light.", "en"),
        ("bm_george", "Close the curtains and switch off the lamp.", "en"),
        ("zf_xiaoxiao", "今天天气怎么样？", "zh"),
        ("zm_yunxi", "现在几点了？", "zh"),
        # What begins like what Whisper invents over noise:
        ("bm_george", "Thank you for listening, now play jazz.", "en"),
        ("heart", "Subtitles from yesterday's film are missing.", "en"),
        ("af_bella", "Like, what channel is the game on tonight?", "en"),
        ("zm_yunyang", "字幕怎么关掉？", "zh"),
        ("zm_yunxi", "演唱会几点开始？", "zh"),
    ],
)
async def test_people_are_understood_in_both_languages(
    asr: WhisperAsr, voice: str, spoken: str, language: str
) -> None:
    heard = await asr.transcribe(say(spoken, voice))
    assert bare(heard.text) == bare(spoken)
    assert heard.language == language
    assert not heard.no_speech


@pytest.mark.asyncio(loop_scope="module")
async def test_english_words_in_a_chinese_sentence_survive(asr: WhisperAsr) -> None:
    heard = await asr.transcribe(say("把 WiFi 的密码告诉我。", "zm_yunjian"))
    assert "wifi" in heard.text.lower()
    assert "密码" in heard.text


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("level", [-60.0, -40.0, -20.0])
async def test_noise_is_not_words(asr: WhisperAsr, level: float) -> None:
    heard = await asr.transcribe(noise(3, level))
    assert heard.no_speech
    assert heard.text == ""


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("samples", [0, 1, 7, 160, 16_000])
async def test_silence_of_any_length_is_not_words(asr: WhisperAsr, samples: int) -> None:
    assert (await asr.transcribe(np.zeros(samples, np.int16))).no_speech


@pytest.mark.asyncio(loop_scope="module")
async def test_a_short_word_is_not_said_over_and_over(asr: WhisperAsr) -> None:
    heard = await asr.transcribe(say("Turn it up a little.", "am_michael"))
    assert bare(heard.text) == "turnitupalittle"


@pytest.mark.asyncio(loop_scope="module")
async def test_an_utterance_longer_than_the_window_loses_nothing(asr: WhisperAsr) -> None:
    first, last = say("Turn on the kitchen light.", "heart"), say("Play some quiet music.", "heart")
    heard = await asr.transcribe(np.concatenate([first, silence(30), last]))
    assert bare(heard.text) == "turnonthekitchenlightplaysomequietmusic"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_pinned_language_is_taken(asr: WhisperAsr) -> None:
    assert (await asr.transcribe(say("Stop.", "heart"), language="en")).language == "en"
    with pytest.raises(ValueError, match="configured"):
        await asr.transcribe(silence(1), language="fr")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("audio", [np.zeros((2, 100), np.int16), np.zeros(16_000 * 121, np.int16)])
async def test_what_is_no_utterance_is_refused(asr: WhisperAsr, audio: Pcm) -> None:
    with pytest.raises(ValueError, match="mono"):
        await asr.transcribe(audio)


@pytest.mark.asyncio(loop_scope="module")
async def test_who_cancels_is_free_at_once_and_the_next_is_answered(asr: WhisperAsr) -> None:
    unwanted = asyncio.create_task(asr.transcribe(np.tile(say("Turn on the kitchen light.", "heart"), 30)))
    await asyncio.sleep(0)
    unwanted.cancel()
    with pytest.raises(asyncio.CancelledError):
        await unwanted
    assert "music" in (await asr.transcribe(say("Play some quiet music.", "heart"))).text


async def test_a_recogniser_that_was_not_started_or_has_no_model_says_so() -> None:
    with pytest.raises(EngineError, match="not started"):
        await WhisperAsr(AsrSettings()).transcribe(silence(1))
    with pytest.raises(EngineError, match="hearthd models"):
        await WhisperAsr(AsrSettings(model="whisper-huge")).start()


async def test_a_folder_that_holds_no_model_is_named(tmp_path: object) -> None:
    with pytest.raises(EngineError, match=str(tmp_path)):
        await WhisperAsr(AsrSettings(model=str(tmp_path), device="cpu")).start()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("voice", ["heart", "am_michael", "bf_emma"])
async def test_a_name_is_told_from_one_that_sounds_like_it_though_both_are_written_alike(
    asr: WhisperAsr, voice: str
) -> None:
    for said, other, phrase in (
        ("Hey Mycroft!", "Hey Minecraft!", "hey mycroft"),
        ("Hey Jarvis!", "Hey Travis!", "hey jarvis"),
    ):
        called = await asr.hear_phrase(say(said, voice), phrase)
        missed = await asr.hear_phrase(say(other, voice), phrase)
        assert was_said(called.text, called.likelihood, phrase), called
        assert not was_said(missed.text, missed.likelihood, phrase), missed


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("phrase", ["hey jarvis", "", " ", "😀", "小智小智", "a" * 60])
async def test_a_phrase_is_looked_for_in_any_sound(asr: WhisperAsr, phrase: str) -> None:
    for sound in (silence(0.0), silence(1.0), noise(0.01), noise(1.0)):
        heard = await asr.hear_phrase(sound, phrase)
        assert heard.likelihood <= 0.0
