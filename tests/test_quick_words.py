"""What a few words over a reply mean, as the recogniser tells them: doubtful ones interrupt nothing."""

from __future__ import annotations

import pytest

from hearthd.core.backchannel import Meaning
from hearthd.engines.protocols import Transcript
from hearthd.quick_words import meant

STORY = "The sailor carried his violin along the shore, and at the last stop he met a whale."


@pytest.mark.parametrize(
    ("text", "likelihood", "meaning"),
    [
        ("Why?", -0.82, Meaning.INTERRUPTION),
        ("No wait.", -0.98, Meaning.INTERRUPTION),
        ("等一下", -0.96, Meaning.INTERRUPTION),
        ("Good job.", -1.41, Meaning.NOTHING),
        ("and let's go.", -1.34, Meaning.NOTHING),
        ("见了", -1.41, Meaning.NOTHING),
        ("carry the violin a lung", -0.9, Meaning.NOTHING),
        ("He met a whale.", -0.3, Meaning.NOTHING),
        ("Mm-hm.", -0.3, Meaning.NOTHING),
        ("停", -1.34, Meaning.STOP),
        ("Be quiet!", -1.2, Meaning.STOP),
        ("Stop.", -0.4, Meaning.NOTHING),
        ("", 0.0, Meaning.NOTHING),
    ],
)
def test_doubtful_words_and_its_own_are_no_interruption(
    text: str, likelihood: float, meaning: Meaning
) -> None:
    language = "zh" if not text.isascii() else "en"
    assert meant(Transcript(text, language, likelihood=likelihood), STORY) is meaning


def test_stop_is_believed_as_soon_as_the_word_in_the_reply_has_passed() -> None:
    heard = Transcript("Stop!", "en", likelihood=-0.3)
    assert meant(heard, "at the last stop he met") is Meaning.NOTHING
    assert meant(heard, "he met a whale") is Meaning.STOP


def test_in_chinese_its_own_words_are_known_too() -> None:
    reply = "有一天，河水忽然变成了金色。"
    garbled = Transcript("河水呼染片成了肌", "zh", likelihood=-0.94)
    assert meant(garbled, reply) is Meaning.NOTHING
    assert meant(Transcript("现在几点了？", "zh", likelihood=-0.5), reply) is Meaning.INTERRUPTION
