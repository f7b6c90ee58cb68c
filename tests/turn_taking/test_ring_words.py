"""What people say to a ring, and what they say to each other while it rings."""

from __future__ import annotations

import pytest

from hearthd.turn_taking.ring_words import RingWords, how_long, over_ring

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "words",
    [
        "Stop.", "stop", "Stop it!", "Okay, stop.", "Stop the alarm.", "Please stop the pasta timer",
        "turn off the alarm", "Turn it off, please.", "Turn that alarm off.", "Alarm off.", "I'm up.",
        "I’m awake!", "Cancel the timer", "Shut up.", "Quiet!", "dismiss", "okay okay stop now",
        "Stop my egg timer, thanks.", "停。", "停下", "别响了", "关掉闹钟", "把闹钟关了",
        "好了好了，停吧", "我醒了", "闭嘴", "计时器停止", "请关掉。", "我起来了", "取消提醒", "安静",
        "别吵了", "别想了", "Top the alarm.",
    ],
)  # fmt: skip
def test_these_words_end_it(words: str) -> None:
    assert over_ring(words) is RingWords.STOP


@pytest.mark.parametrize(
    "words",
    [
        "Snooze.", "snooze please", "Snooze the alarm for ten minutes", "Five more minutes.",
        "five more minutes please", "a few more minutes", "Another five minutes", "later", "Not now.",
        "Remind me later.", "Wake me in ten minutes", "贪睡", "再睡五分钟", "再睡一会儿", "等会儿再响",
        "稍后提醒我", "过十分钟再叫我", "让我再睡10分钟吧", "五分钟后再叫我",
    ],
)  # fmt: skip
def test_these_words_put_it_off(words: str) -> None:
    assert over_ring(words) is RingWords.SNOOZE


@pytest.mark.parametrize(
    "words",
    [
        "", "...", "Okay.", "Mm-hm.", "The pasta timer.", "Did you hear that?", "Is that the oven?",
        "I'm in the kitchen.", "stop the car", "Don't stop eating", "The bus stop is over there.",
        "Can you get that?", "I'll turn off the stove", "That was the timer.", "Who set an alarm?",
        "more minutes", "See you later", "turn the light off", "it's seven", "嗯", "好的", "知道了",
        "面条好了", "谁的闹钟", "闹钟响了", "你关火了吗", "停车场在那边", "再见", "等等我", "水开了",
        " * 5000, ",
        "x" * 5000, "stop " * 50,
    ],
)  # fmt: skip
def test_what_people_say_to_each_other_does_not(words: str) -> None:
    assert over_ring(words) is RingWords.NOTHING


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Snooze.", 0), ("Snooze the alarm for ten minutes", 600), ("Five more minutes.", 300), ("later", 0),
        ("Another 15 minutes please", 900), ("wake me in half an hour", 1800), ("贪睡", 0),
        ("再睡五分钟", 300), ("过十分钟再叫我", 600), ("再睡半小时", 1800),
        ("snooze for 100 hours", 0), ("", 0),
    ],
)  # fmt: skip
def test_for_how_long_they_put_it_off(words: str, seconds: float) -> None:
    assert how_long(words) == seconds
