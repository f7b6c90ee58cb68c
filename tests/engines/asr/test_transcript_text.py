"""What the recogniser lets through: words that were spoken, in simplified characters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.engines.asr.transcript_text import is_invented, once, repeats, simplified, tidy, told_twice
from hearthd.engines.asr.whisper import said_again

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for watching!",
        "Thanks for watching.",
        " Thank you so much for watching, see you",
        "Please subscribe to my channel.",
        "Don't forget to like and subscribe!",
        "Subtitles by the Amara.org community",
        "www.mooji.org",
        "You",
        "[Music]",
        "(applause)",
        "♪♪♪",
        "字幕由 Amara.org 社区提供",
        "字幕志愿者 李宗盛",
        "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
        "谢谢大家观看",
        "感谢收看",
        "优优独播剧场——YoYo Television Series Exclusive",
        "下期再见",
        "嗯。",
        "词曲 李宗盛",
        "...",
        "",
        "。！？",
    ],
)
def test_what_whisper_invents_over_noise_counts_as_nothing_said(text: str) -> None:
    assert is_invented(simplified(text))


@pytest.mark.parametrize(
    "text",
    [
        "Thank you.",
        "Stop",
        "Yes",
        "No.",
        "Thank you for turning on the light",
        "What is the video about?",
        "How do I subscribe to a newspaper?",
        "Play music",
        "谢谢你",
        "停",
        "好",
        "打开字幕",
        "关注今天的天气",
        "现在几点了？",
        "42",
    ],
)
def test_what_people_say_is_not_taken_for_an_invention(text: str) -> None:
    assert not is_invented(text)


SAID_BY_PEOPLE = [
    *[
        "Thanks for watching the kids today.",
        "Like, what channel is the game on tonight?",
        "Thank you for listening to me.",
    ],
    *[
        "Translation from English to French, please.",
        "Transcribed by hand, how long does it take?",
        "Bye.",
        "Music.",
    ],
    *[
        "Captions from the film are missing.",
        "Subscribe me to the news channel.",
        "Please like my video for me.",
        "Silence!",
    ],
    *[
        "Don't forget to like the photo on my channel.",
        "Translated by whom?",
        "Amazon.com",
        "See you next time.",
        "So?",
    ],
    *[
        "(415) 555-1234 (home)",
        "Thanks for watching the dog, see you tomorrow",
        "Like the video that you showed me",
    ],
    *[
        "演唱会几点开始？",
        "字幕怎么关掉",
        "作曲是谁",
        "编曲是什么意思",
        "字幕由谁写的",
        "中文字幕打开",
        "字幕组是谁",
        "字幕志愿者是谁",
    ],
    *[
        "谢谢你们的观看建议",
        "感谢大家收看之后来吃饭",
        "帮我点赞这个频道",
        "订阅的频道有哪些",
        "明镜是什么栏目",
        "下次见",
        "普通话",
    ],
    *[
        "演唱会几点结束",
        "字幕能调大一点吗",
        "编曲需要什么软件",
        "谢谢大家来吃饭怎么说",
        "感谢收听是什么节目的结束语",
        "下期彩票什么时候开奖",
        "打赏是什么意思",
        "明镜台在哪里",
        "谢谢观看英文怎么说",
        "Thank you for viewing our house today.",
        "Like and dislike, what's the difference?",
        "Subtitles by default, how do I turn them off?",
        "See you next time I'm in town.",
        "Music from the eighties",
        "Foreign exchange rates",
        "Oh no",
    ],
    *["演唱者是谁", "词曲作者叫什么", "优优独播剧场是什么", "请不吝点赞是什么意思"],
]
"""What people say of which the beginning, or every word, stands in what Whisper invents."""


@pytest.mark.parametrize("text", SAID_BY_PEOPLE)
def test_a_question_that_begins_like_an_invention_is_heard_if_it_was_surely_said(text: str) -> None:
    assert not is_invented(simplified(text))


@pytest.mark.parametrize(
    "text", ["字幕制作 王小明", "作词：张三", "Subtitles by Steve", "Translated from English by X"]
)
def test_what_reads_like_an_invention_is_none_only_if_it_was_surely_said(text: str) -> None:
    assert is_invented(text, sure=False)
    assert not is_invented(text, sure=True)


@pytest.mark.parametrize("times", [2, 6, 12])
@pytest.mark.parametrize("word", ["stop ", "Stop! ", "No, ", "停", "停，", "不要", "wait "])
def test_who_is_not_heard_says_it_again_and_again(word: str, times: int) -> None:
    assert not repeats(word * times)


@pytest.mark.parametrize("text", ["冲冲，" * 5, "小" * 15, "再次" * 24, "stop " * 40, "要不然，" * 10])
def test_a_word_without_end_is_none(text: str) -> None:
    assert repeats(text)


@pytest.mark.parametrize(
    ("traditional", "plain"),
    [("打開廚房的燈", "打开厨房的灯"), ("今天天氣怎麼樣", "今天天气怎么样"), ("WiFi 的密碼", "WiFi 的密码")],
)
def test_chinese_comes_out_in_simplified_characters(traditional: str, plain: str) -> None:
    assert simplified(traditional) == plain


@pytest.mark.parametrize("text", ["现在几点了" * 9, "Turn it up. " * 12, "哈" * 30])
def test_a_text_that_goes_round_in_circles_is_noticed(text: str) -> None:
    assert repeats(text)


@pytest.mark.parametrize(
    "text", ["no no no", "哈哈哈", "停停停", "The big big dog and the very very old cat"]
)
def test_a_person_may_say_a_word_three_times(text: str) -> None:
    assert not repeats(text)


def test_a_stuck_decoder_says_it_once_and_a_person_may_say_it_twice() -> None:
    assert once([[1], [2], [2], [2], [3]]) == [[1], [2], [3]]
    assert once([[1, 2], [1, 2], [3]]) == [[1, 2], [1, 2], [3]]


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        ("Every purchase is a vote. Every purchase is a vote.", True),
        ("打开客厅的灯，打开客厅的灯。", True),
        ("No, no.", False),
        ("Very, very good.", False),
        ("对，对对", False),
        ("Every purchase is a vote. Every purchase counts.", False),
        ("", False),
    ],
)
def test_a_sentence_that_is_told_twice_is_noticed_and_a_word_is_not(text: str, twice: bool) -> None:
    assert told_twice(text) is twice


def test_a_repetition_that_nobody_said_is_dropped_and_one_that_somebody_said_is_kept() -> None:
    loud, soft = np.full(32_000, 0.1, np.float32), np.full(32_000, 0.001, np.float32)
    told = [(0.0, [1, 2]), (2.0, [1, 2])]
    assert said_again(told, np.concatenate((loud, soft))) == [[1, 2]]
    assert said_again(told, np.concatenate((loud, loud))) == [[1, 2], [1, 2]]
    assert said_again([(0.0, [1, 2]), (2.0, [3])], np.concatenate((loud, soft))) == [[1, 2], [3]]
    assert said_again([(0.0, [])], np.zeros(0, np.float32)) == [[]]


def test_chinese_gets_chinese_punctuation_and_english_keeps_its_own() -> None:
    assert tidy("停下来,我不想听了. ") == "停下来，我不想听了。"
    assert tidy("Wake me up,  please.") == "Wake me up, please."
    assert tidy("打开 kitchen 的灯") == "打开 kitchen 的灯"
    assert tidy("先拉窗帘 然后关灯") == "先拉窗帘，然后关灯"


@given(st.text())
def test_any_text_can_be_judged(text: str) -> None:
    is_invented(text)
    repeats(text)
    assert tidy(tidy(text)) == tidy(text)
