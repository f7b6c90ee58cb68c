"""What the speaker says of itself."""

from __future__ import annotations

import pytest

from hearthd.common.errors import EngineError
from hearthd.common.parts import PARTS, TOLD, Part
from hearthd.config.settings import AsrSettings
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.models import manifest
from hearthd.speech import prompts

pytestmark = pytest.mark.integration

SENTENCES = [(part, language) for part, texts in prompts.RECORDED.items() for language in texts]


def whisper() -> bool:
    try:
        manifest.path("whisper-base")
    except EngineError:
        return False
    return True


@pytest.mark.parametrize(("part", "language"), SENTENCES)
def test_a_recorded_sentence_is_short_and_as_loud_as_speech(part: str, language: str) -> None:
    pcm = prompts.recorded(part, language, 48_000).astype(float)
    assert 1.0 < len(pcm) / 48_000 < 5.0
    assert 1_000 < (pcm**2).mean() ** 0.5 < 6_000


def test_a_language_without_a_sentence_of_its_own_hears_english() -> None:
    assert prompts.told(Part.STORE, "fr") == prompts.told(Part.STORE, "en")
    assert (prompts.recorded(Part.ASR, "fr", 48_000) == prompts.recorded(Part.ASR, "en", 48_000)).all()


def test_every_sign_is_there_in_both_languages() -> None:
    for texts in (*(PARTS[part].told for part in TOLD), *prompts.RECORDED.values()):
        assert set(texts) == {"en", "zh"}


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.skipif(not whisper(), reason="needs the starter models: hearthd models pull")
async def test_the_recordings_say_what_their_texts_say() -> None:
    asr = WhisperAsr(AsrSettings())
    await asr.start()
    try:
        for part, language in SENTENCES:
            heard = await asr.transcribe(prompts.recorded(part, language, 16_000))
            assert heard.language == language
            assert likeness(heard.text, prompts.RECORDED[part][language]) > 0.7, heard.text
    finally:
        await asr.close()


def likeness(heard: str, written: str) -> float:
    """The share of the written letters that were heard, in their order."""
    from difflib import SequenceMatcher

    bare = ["".join(c for c in text.lower() if c.isalpha()) for text in (heard, written)]
    return SequenceMatcher(None, *bare).ratio()
