"""Until when the next word of a reply, or the next sound of a clip, is waited for."""

from __future__ import annotations

import pytest

from hearthd.engines import supervised_voice
from hearthd.engines.llm import line_reader

pytestmark = pytest.mark.unit


def test_a_clip_s_first_sound_counts_from_the_text_and_each_other_from_the_one_before() -> None:
    patience = supervised_voice.ClipPatience(began=100.0, first=5.0, gap=3.0, most_seconds=10.0)
    assert patience.until == 105.0
    patience.sounded(104.0)
    assert patience.until == 107.0


def test_a_clip_is_waited_for_no_longer_than_its_text_can_take() -> None:
    patience = supervised_voice.ClipPatience(began=100.0, first=5.0, gap=3.0, most_seconds=10.0)
    at = 101.0
    while at < patience.until:
        patience.sounded(at)
        at += 1.0
    assert patience.until == 105.0 + supervised_voice.MAKING_FACTOR * 10.0


def test_words_of_a_reply_count_from_the_word_before() -> None:
    patience = line_reader.Patience(100.0, 30.0, 20.0)
    patience.came(110.0, written=False)
    assert patience.until == 130.0, "an empty line is no word"
    patience.came(125.0, written=True)
    patience.came(140.0, written=False)
    assert patience.until == 145.0, "nor is one in the middle"


def test_a_prompt_that_is_being_read_is_waited_for_but_not_for_ever() -> None:
    patience = line_reader.Patience(100.0, 30.0, 20.0, reading=4.0)
    at = 100.0
    while at < patience.until:
        patience.came(at, written=False)
        at += 10.0
    assert patience.until == 220.0
