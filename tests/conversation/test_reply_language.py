"""The speaker answers in the language it was asked in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.conversation.reply_language import answer_language

pytestmark = pytest.mark.unit

BOTH = ("en", "zh")


@pytest.mark.parametrize(
    ("heard", "detected", "previous", "expected"),
    [
        ("What is the weather like today?", "en", "zh", "en"),
        ("今天天气怎么样", "zh", "en", "zh"),
        ("今天天气怎么样", "en", "en", "zh"),  # the recogniser was wrong
        ("帮我打开 Netflix 看个电影", "en", "en", "zh"),  # mixed, and Chinese
        ("play 周杰伦 in the living room please", "zh", "zh", "en"),  # mixed, and English
        ("OK", "en", "zh", "zh"),  # too short to change the language
        ("嗯", "zh", "en", "en"),
        ("你好", "zh", "en", "zh"),
        ("good morning", "en", "zh", "en"),
        ("42", "en", "zh", "zh"),
        ("OK", "en", "", "en"),
        ("", "", "", "en"),
    ],
)
def test_the_answer_is_in_the_language_of_the_question(
    heard: str, detected: str, previous: str, expected: str
) -> None:
    assert answer_language(heard, detected, previous, BOTH) == expected


@given(st.text(max_size=60), st.text(max_size=3), st.sampled_from(["", "en", "zh", "xx"]))
def test_only_a_configured_language_is_ever_chosen(heard: str, detected: str, previous: str) -> None:
    assert answer_language(heard, detected, previous, ["zh"]) == "zh"
    assert answer_language(heard, detected, previous, BOTH) in BOTH


def test_a_mixed_dialogue_changes_language_with_a_sentence_and_not_with_a_word() -> None:
    language = ""
    for heard, detected, expected in (
        ("嗯", "zh", "zh"),
        ("What is the weather like today?", "en", "en"),
        ("好", "zh", "en"),
        ("Okay, and tomorrow?", "zh", "en"),  # the recogniser was wrong
        ("那后天会不会下雨", "zh", "zh"),
        ("OK", "en", "zh"),
        ("iPhone", "en", "zh"),
        ("帮我查一下 iPhone 15 Pro 的价格", "en", "zh"),
        ("3.14", "en", "zh"),
        ("Please say that again in English", "en", "en"),
        ("谢谢", "zh", "zh"),
        ("bye", "en", "zh"),
    ):
        language = answer_language(heard, detected, language, BOTH)
        assert language == expected, heard
