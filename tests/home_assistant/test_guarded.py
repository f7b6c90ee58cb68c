"""What is done only after a yes, and what counts as one; what Home Assistant is asked at all."""

from __future__ import annotations

import pytest

from hearthd.conversation.home import in_the_house
from hearthd.home_assistant.guarded import Confirmation, Guard, confirmed, guard, question
from hearthd.home_assistant.sentences import for_it, wanted_there

pytestmark = pytest.mark.unit

CONFIRMED = """
Unlock the front door.
Please unlock the back door
Could you unlock the door for me?
Lock the front door.
Open the garage.
Open the garage door please.
Close the garage door
Can you open the gate?
Turn off the front door.
Turn off the alarm
Disarm the alarm system.
Arm the house, please
Turn the alarm on
Switch off the security system
Turn on the light and unlock the door.
Unlock everything
Open everything.
Do you mind opening the garage door?
Would you mind unlocking the door
Let my mother in, open the door.
Unlock the back door in ten minutes
把大门打开。
打开车库门
开门。
请帮我开一下门
解锁前门
把门锁打开
锁上大门。
反锁后门
关上车库门。
能把大门打开吗？
关掉警报
撤防。
布防
把防盗系统关掉
打开灯，然后把门打开
打开院子的大门
""".strip().splitlines()

FREE = """
Turn on the kitchen light.
Turn on the front door light.
Switch off the garage lights
Turn on the doorbell camera
Is the front door locked?
Is the garage door open?
Are all doors closed?
Did anybody open the front door?
Has the alarm been armed?
Which doors are open
Open the blinds.
Close the curtains in the bedroom
Open the window
How warm is it in the bedroom?
Turn off the garage fan
打开厨房的灯。
打开门口的灯
把门廊的灯打开
关掉车库的灯
大门锁了吗？
车库门关好了没有
前门开着吗？
门锁上了吗
拉上窗帘
打开卧室的风扇
后门是不是开着
""".strip().splitlines()

KEPT = """
Tell me a story about a gate.
What is a good lock for a bicycle?
Write a poem about an open door
How do locks work?
Why do alarms beep?
I saw an open gate yesterday.
讲一个关于大门的故事
门锁是怎么工作的？
为什么门会响？
""".strip().splitlines()


@pytest.mark.parametrize("text", CONFIRMED)
def test_what_opens_or_unguards_a_house_is_confirmed_first(text: str) -> None:
    assert guard(text) is Guard.CONFIRM


@pytest.mark.parametrize("text", FREE)
def test_a_light_at_the_door_and_a_question_about_it_are_free(text: str) -> None:
    assert guard(text) is Guard.FREE


@pytest.mark.parametrize("text", KEPT)
def test_a_story_about_a_gate_opens_none(text: str) -> None:
    assert guard(text) is Guard.KEEP


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Please unlock the front door.", "Unlock the front door?"),
        ("Could you open my garage door for me, please?", "Open your garage door?"),
        ("Turn off the alarm", "Turn off the alarm?"),
        ("请帮我打开大门。", "打开大门，确定吗？"),
        ("能把车库门打开吗？", "把车库门打开，确定吗？"),
        ("please", "Please?"),
    ],
)
def test_it_asks_back_what_was_ordered(text: str, asked: str) -> None:
    assert question(text) == asked


@pytest.mark.parametrize(
    "text", ["Yes.", "Yes, please.", "yeah", "Do it!", "Sure.", "好的。", "是的", "好", "确定。", "嗯，好的"]
)
def test_a_yes_is_one(text: str) -> None:
    assert confirmed(text) is Confirmation.YES


@pytest.mark.parametrize("text", ["No.", "no thanks", "Don't.", "不要。", "不用了", "别开", "取消"])
def test_a_no_is_one(text: str) -> None:
    assert confirmed(text) is Confirmation.NO


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "Okay.",
        "Right.",
        "嗯",
        "Thank you.",
        "Yes or no",
        "yesterday",
        "yes but wait",
        "What did you say?",
        "okay stop",
        "好不好",
        "好像不对",
        "Yes, the back door",
    ],
)
def test_anything_else_is_no_yes(text: str) -> None:
    assert confirmed(text) is Confirmation.OTHER


NOT_ASKED = """
In five minutes the train leaves.
The train leaves in ten minutes
Call me in two minutes.
三分钟后火车就要开了。
set a timer
How long is the timer
wake me when it is light
remind me to turn off the oven
Is there an alarm for tomorrow?
定时半小时
七点叫我起床
Hello!
Hi there
Who made you?
What can I say?
你好。
再见！
""".strip().splitlines()

ASKED = """
Turn off the fan in ten minutes.
In ten minutes, turn off the fan
十分钟后关掉风扇
Good night.
Is anybody home?
How warm is it outside?
Disarm the alarm
Is the alarm armed?
厨房的灯开着吗？
晚安
Who wrote Hamlet?
""".strip().splitlines()


@pytest.mark.parametrize("text", [*NOT_ASKED, "", " ", "turn on the light " * 20])
def test_what_it_takes_wrongly_it_is_not_asked(text: str) -> None:
    assert not wanted_there(text, order=in_the_house(text))


@pytest.mark.parametrize("text", ASKED)
def test_whatever_else_it_is_asked(text: str) -> None:
    assert wanted_there(text, order=in_the_house(text))


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("请帮我打开厨房的灯。", "打开厨房的灯"),
        ("麻烦把灯打开，谢谢", "把灯打开"),
        ("能把灯打开吗？", "把灯打开吗"),
        ("厨房的灯开着吗？", "厨房的灯开着吗"),
        ("谢谢", "谢谢"),
        ("Please turn on the light.", "Please turn on the light."),
    ],
)
def test_politeness_is_taken_off_where_it_is_not_understood(text: str, sent: str) -> None:
    language = "en" if text.isascii() else "zh"
    assert for_it(text, language) == sent


NAMES = ("Fort Knox", "Hörmann", "front door", "卫士")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Turn off Fort Knox.", Guard.CONFIRM),
        ("Open the hörmann", Guard.CONFIRM),
        ("关闭卫士", Guard.CONFIRM),
        ("Is Fort Knox locked?", Guard.FREE),
        ("Turn on the front door light", Guard.FREE),
        ("打开卫士的灯", Guard.FREE),
        ("Tell me about Fort Knox", Guard.KEEP),
        ("Turn on the fort knoxville lamp", Guard.FREE),
    ],
)
def test_a_lock_is_known_by_its_name_in_the_house(text: str, what: Guard) -> None:
    assert guard(text, NAMES) is what
