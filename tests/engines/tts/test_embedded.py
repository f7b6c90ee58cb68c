"""The embedded voice: both languages, early, and quiet when it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import numpy as np
import pytest
import pytest_asyncio
import soxr
from hypothesis import example, given
from hypothesis import strategies as st

from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.config.settings import AsrSettings
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.engines.tts.embedded.kokoro import RATE, Kokoro
from hearthd.engines.tts.embedded.phonemes import to_phonemes
from hearthd.engines.tts.embedded.segments import MAX_CHARACTERS, Run, split
from hearthd.engines.tts.embedded.voice import KEPT, EmbeddedVoice
from hearthd.models import manifest
from hearthd.text.duration import is_han, spoken_length
from tests.utterances import available

pytestmark = pytest.mark.integration

needs_models = [
    pytest.mark.models,
    pytest.mark.skipif(not available(), reason="the starter models are not there"),
]


# --- what is kept ---------------------------------------------------------------------------------


def test_a_short_opening_is_made_once_and_what_is_long_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def speak(run: Run, stop: object) -> Pcm:
        made.append(run.text)
        return np.full(3 * RATE if "long" in run.text else RATE // 2, len(made), np.int16)

    async def life() -> None:
        voice = EmbeddedVoice()
        monkeypatch.setattr(voice, "_speak", speak)
        monkeypatch.setattr(voice, "_hibari", object())
        sounds = []
        for text in ("好的，", "This is long.", "好的，", "This is long."):
            sounds += [pcm async for pcm in voice.synthesize(text, "en")]
        assert made == ["好的，", "This is long.", "This is long."]
        assert np.array_equal(sounds[0], sounds[2])
        for number in range(KEPT):
            async for _ in voice.synthesize(f"Sure {number}.", "en"):
                pass
        await anext(voice.synthesize("好的，", "en"))
        assert made.count("好的，") == 2
        await voice.close()

    asyncio.run(life())


# --- which voice says what ----------------------------------------------------------------------


def test_a_chinese_sentence_keeps_its_english_words_in_one_breath() -> None:
    assert split("打开 kitchen 的灯。") == [Run("打开 kitchen 的灯。", "zh", 0.35)]


def test_the_first_chinese_run_is_the_first_clause() -> None:
    runs = split("今天天气不错，我们去公园吧。晚上一起吃饭，好不好？")
    assert [run.text for run in runs] == ["今天天气不错，", "我们去公园吧。", "晚上一起吃饭，好不好？"]


def test_an_english_sentence_is_one_run_and_sentences_of_two_languages_are_two() -> None:
    assert split("Sure, I can help, of course.") == [Run("Sure, I can help, of course.", "en", 0.35)]
    assert [run.language for run in split("Sure, I can help. 今天是星期一。")] == ["en", "zh"]


def test_decimals_and_times_are_not_torn_apart() -> None:
    assert [run.text for run in split("It is 3.14 at 10:30 now.")] == ["It is 3.14 at 10:30 now."]


@pytest.mark.parametrize("text", ["", "   ", "。。。", "😀🎉", "!?", "\n\n", "—— …… “”", "\x00\x07\u200b"])
def test_nothing_to_say_is_no_run(text: str) -> None:
    assert split(text) == []


def test_a_text_without_end_is_refused_and_one_without_punctuation_is_cut() -> None:
    with pytest.raises(ValueError, match="characters"):
        split("a" * (MAX_CHARACTERS + 1))
    assert max(spoken_length(run.text) for run in split("中" * 500)) <= 40


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
@example("0\n\U0002fa1e")  # among the Han characters, but none yet: it is not said
def test_no_letter_is_lost_or_said_twice(text: str) -> None:
    def said(whole: str) -> str:
        return "".join(character for character in whole if spoken_length(character))

    runs = split(text)
    assert "".join(said(run.text) for run in runs) == said(text)
    assert all(spoken_length(run.text) for run in runs)
    assert all((run.language == "zh") == any(map(is_han, said(run.text))) for run in runs)


# --- phonemes -----------------------------------------------------------------------------------


def test_both_languages_become_one_string_of_phonemes() -> None:
    assert to_phonemes("打开 kitchen 的灯。") == "ta↓kʰai→ kˈɪʧᵊn tɤ tə→ŋ."
    assert to_phonemes("😀") == ""


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("We use A I here.", "wˌi jˈuz ˌAˈI hˈɪɹ."),
        ("the U S B port", "ðə jˌuˌɛsbˈi pˈɔɹt"),
        ("A U S company", "ɐ jˌuˈɛs kˈʌmpᵊni"),
        ("at seven P M I left", "æt sˈɛvən pˌiˈɛm ˌI lˈɛft"),
        ("Plan A or plan B", "plˈæn ˈA ɔɹ plˈæn bˈi"),
        ("A plan.", "ɐ plˈæn."),
        ("the C E O's desk", "ðə sˌiˌiˈOz dˈɛsk"),
        ("I am a man", "ˌI ɐm ɐ mˈæn"),
        ("A股用A I。", "ˈA ku↓jʊ↘ŋ ˌAˈI."),
    ],
)
def test_letters_have_their_names_and_the_article_and_the_pronoun_theirs(text: str, phonemes: str) -> None:
    assert to_phonemes(text) == phonemes


# --- the voice itself ---------------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def voice() -> AsyncIterator[EmbeddedVoice]:
    engine = EmbeddedVoice()
    await engine.start()
    yield engine
    await engine.close()


async def spoken(voice: EmbeddedVoice, text: str, language: str) -> list[Pcm]:
    async with aclosing(voice.synthesize(text, language)) as pieces:
        return [piece async for piece in pieces]


def loudness(pcm: Pcm) -> float:
    return float(np.sqrt(np.square(pcm.astype(np.float64)).mean()))


class TestSpeaking:
    pytestmark = needs_models

    @pytest.mark.asyncio(loop_scope="module")
    @pytest.mark.parametrize(
        ("text", "language", "wanted"),
        [
            ("The light in the kitchen is on now.", "en", "thelightinthekitchenisonnow"),
            ("今天天气很好。", "zh", "今天天气很好"),
        ],
    )
    async def test_what_it_says_is_understood(
        self, voice: EmbeddedVoice, text: str, language: str, wanted: str
    ) -> None:
        said = np.concatenate(await spoken(voice, text, language))
        asr = WhisperAsr(AsrSettings())
        await asr.start()
        heard = await asr.transcribe(soxr.resample(said, voice.rate, 16_000))
        await asr.close()
        assert "".join(character for character in heard.text.lower() if character.isalnum()) == wanted

    @pytest.mark.asyncio(loop_scope="module")
    async def test_the_first_clause_comes_by_itself(self, voice: EmbeddedVoice) -> None:
        pieces = await spoken(voice, "好的，我来帮你打开厨房的灯。", "zh")
        assert len(pieces) == 2
        assert len(pieces[0]) < len(pieces[1])

    @pytest.mark.asyncio(loop_scope="module")
    async def test_both_languages_are_equally_loud_and_begin_and_end_at_zero(
        self, voice: EmbeddedVoice
    ) -> None:
        pieces = await spoken(voice, "Sure, I can help. 今天是星期一。", "zh")
        assert len(pieces) == 2
        levels = [loudness(piece[np.abs(piece) > 300]) for piece in pieces]
        assert max(levels) / min(levels) < 1.5
        assert all(abs(int(piece[0])) < 10 and abs(int(piece[-1])) < 10 for piece in pieces)

    @pytest.mark.asyncio(loop_scope="module")
    @pytest.mark.parametrize("text", ["", "。", "😀", "\x00", "---"])
    async def test_nothing_to_say_is_silence_and_no_error(self, voice: EmbeddedVoice, text: str) -> None:
        assert await spoken(voice, text, "zh") == []

    @pytest.mark.asyncio(loop_scope="module")
    async def test_who_stops_it_waits_for_nothing_and_it_can_speak_again(self, voice: EmbeddedVoice) -> None:
        unwanted = asyncio.create_task(spoken(voice, "今天我们去公园散步然后回家吃饭看电视" * 2, "zh"))
        await asyncio.sleep(0)
        unwanted.cancel()
        with pytest.raises(asyncio.CancelledError):
            await unwanted
        assert len(await spoken(voice, "Good.", "en")) == 1

    @pytest.mark.asyncio(loop_scope="module")
    async def test_stopping_one_sentence_does_not_touch_another(self, voice: EmbeddedVoice) -> None:
        wanted = asyncio.create_task(spoken(voice, "今天天气很好。", "zh"))
        unwanted = asyncio.create_task(spoken(voice, "我们去公园吧。", "zh"))
        await asyncio.sleep(0)
        unwanted.cancel()
        assert len(await wanted) == 1

    @pytest.mark.asyncio(loop_scope="module")
    async def test_a_text_without_end_is_refused(self, voice: EmbeddedVoice) -> None:
        with pytest.raises(EngineError, match="characters"):
            await spoken(voice, "a" * 6000, "en")

    async def test_an_unknown_voice_is_named_with_those_that_are_there(self) -> None:
        with pytest.raises(EngineError, match="af_heart"):
            await EmbeddedVoice("nobody").start()


async def test_without_the_chinese_model_english_is_still_spoken(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHD_MODELS", str(tmp_path))
    voice = EmbeddedVoice()
    await voice.start()
    assert len(await spoken(voice, "Good morning.", "en")) == 1
    with pytest.raises(EngineError, match="hearthd models pull kokoro"):
        await spoken(voice, "早上好。", "zh")
    await voice.close()


async def test_a_voice_that_was_not_started_says_so() -> None:
    with pytest.raises(EngineError, match="not started"):
        await spoken(EmbeddedVoice(), "Good morning.", "en")


@pytest.mark.models
@pytest.mark.skipif(not available(), reason="the starter models are not there")
def test_a_voice_takes_the_melody_of_another_and_there_is_one_between_the_two() -> None:
    kokoro = Kokoro(manifest.path("kokoro"), threads=1)
    alone, melody, between = (
        kokoro.speak("no", voice) for voice in ("af_heart", "af_heart~am_michael", "af_heart+am_michael")
    )
    assert all(len(sound) > RATE // 5 and np.isfinite(sound).all() for sound in (alone, melody, between))
    assert len({sound.tobytes() for sound in (alone, melody, between)}) == 3
    with pytest.raises(EngineError, match="nobody"):
        kokoro.speak("no", "af_heart~nobody")
