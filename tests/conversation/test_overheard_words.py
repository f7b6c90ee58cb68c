"""What a few words over a reply mean, as the recogniser tells them: doubtful ones interrupt nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearthd.common.audio import Pcm
from hearthd.config.settings import Settings
from hearthd.conversation.overheard_words import meant
from hearthd.dialogue import events as e
from hearthd.dialogue.events import Ended
from hearthd.engines.protocols import Transcript
from hearthd.turn_taking.backchannel import Overheard
from tests.scripted import Scripted, ScriptedAsr
from tests.virtual_time import run

pytestmark = pytest.mark.unit

TALK_OVER = Settings.model_validate({"audio": {"chime": False}, "barge_in": {"mode": "speech"}})
STORY = "The sailor carried his violin along the shore, and at the last stop he met a whale."


@pytest.mark.parametrize(
    ("text", "likelihood", "meaning"),
    [
        ("Why?", -0.82, Overheard.CALL),
        ("Where is it?", -0.9, Overheard.INTERRUPTION),
        ("Where is it?", -0.95, Overheard.NOTHING),
        ("No wait.", -1.4, Overheard.CALL),
        ("等一下", -1.1, Overheard.CALL),
        ("Good job.", -1.41, Overheard.NOTHING),
        ("and let's go.", -1.34, Overheard.NOTHING),
        ("见了", -1.41, Overheard.NOTHING),
        ("carry the violin a lung", -0.9, Overheard.NOTHING),
        ("He met a whale.", -0.3, Overheard.NOTHING),
        ("Mm-hm.", -0.3, Overheard.NOTHING),
        ("停", -1.34, Overheard.STOP),
        ("Be quiet!", -1.2, Overheard.STOP),
        ("Stop.", -0.4, Overheard.NOTHING),
        ("", 0.0, Overheard.NOTHING),
    ],
)
def test_doubtful_words_and_its_own_are_no_interruption(
    text: str, likelihood: float, meaning: Overheard
) -> None:
    language = "zh" if not text.isascii() else "en"
    assert meant(Transcript(text, language, likelihood=likelihood), STORY) is meaning


def test_stop_is_believed_as_soon_as_the_word_in_the_reply_has_passed() -> None:
    heard = Transcript("Stop!", "en", likelihood=-0.3)
    assert meant(heard, "at the last stop he met") is Overheard.NOTHING
    assert meant(heard, "he met a whale") is Overheard.STOP


def test_in_chinese_its_own_words_are_known_too() -> None:
    reply = "有一天，河水忽然变成了金色。"
    garbled = Transcript("河水呼染片成了肌", "zh", likelihood=-0.94)
    assert meant(garbled, reply) is Overheard.NOTHING
    assert meant(Transcript("现在几点了？", "zh", likelihood=-0.5), reply) is Overheard.INTERRUPTION


class SecondAttempt(ScriptedAsr):
    """Makes nothing sure of a few words, until it takes its time: then they are ``words``."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        heard = await super().transcribe(audio, language=language, quick=quick)
        if quick:
            self.next = Transcript(self._words, "en")
            return Transcript("the top", "en", likelihood=-1.3)
        return heard


def interrupted(speaker: Scripted) -> None:
    """Something short was said over the reply."""
    speaker.room.post(e.NearEndSuspected(speaker.clock(), speaker.sample))
    speaker.room.post(e.NearEndShort(speaker.clock(), speaker.sample - 8_000, speaker.sample))
    assert speaker.phase == "held"


@pytest.mark.parametrize(
    ("words", "ended"),
    [("Stop.", Ended.STOPPED), ("No, wait!", Ended.BARGE_IN), ("The weather.", Ended.COMPLETED)],
)
def test_doubtful_words_are_looked_at_again_and_few_count_then(
    tmp_path: Path, words: str, ended: Ended
) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path, TALK_OVER, asr=SecondAttempt(words)) as speaker:
            await speaker.asks("tell me of the weather")
            await speaker.until(lambda: speaker.phase == "speaking")
            interrupted(speaker)
            await speaker.until(lambda: bool(speaker.turns))
            assert speaker.turns[0].ended is ended

    run(talk())


@pytest.mark.parametrize(("words", "ended"), [("Stop.", Ended.STOPPED), ("Wait!", Ended.COMPLETED)])
def test_words_that_come_after_the_reply_has_gone_on_may_still_stop_it(
    tmp_path: Path, words: str, ended: Ended
) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path, TALK_OVER) as speaker:
            await speaker.asks("tell me of the weather")
            await speaker.until(lambda: speaker.phase == "speaking")
            speaker.asr.next, speaker.asr.delay = Transcript(words, "en"), 4.0  # longer than it is held
            interrupted(speaker)
            await speaker.until(lambda: speaker.phase == "speaking")
            await speaker.until(lambda: bool(speaker.turns))
            assert speaker.turns[0].ended is ended

    run(talk())
