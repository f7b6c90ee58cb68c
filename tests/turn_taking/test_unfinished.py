"""A sentence that breaks off is waited for, and one that is whole is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.turn_taking.unfinished import unfinished

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        "Turn on the",
        "Remind me to call my mother and",
        "Set a timer for a",
        "What is the weather in the...",
        "I want to, um",
        "I want to",
        "My code is A B C",
        "call 5 5 5",
        "把客厅的灯和",
        "帮我把",
        "我想听那个",
        "因为",
        "明天早上叫我起床，然后",
        "嗯",
        "Could you please",
        "Okay, so, I'd like",
        "Tell me",
        "嘿",
        "请你帮我",
        "请问",
    ],
)
def test_words_that_break_off_are_waited_for(text: str) -> None:
    assert unfinished(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "Turn on the light.",
        "What is this about?",
        "Stop.",
        "Who are they talking to",
        "Turn it on",
        "What song is this from",
        "Tell me what that is for",
        "Yes, please",
        "打开客厅的灯。",
        "现在几点了",
        "这本书是我的",
        "你在吗",
        "他说的那个人是谁",
        "好的",
        "Open the door!",
        "你觉得这个东西是谁的",
        "Okay.",
        "Hello.",
        "That is what I want",
        "他怎么帮我",
    ],
)
def test_a_whole_sentence_is_not(text: str) -> None:
    assert not unfinished(text)


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    assert unfinished(text) in (True, False)
