"""What people say to a speaker: 48 sentences, each in one voice, for the benches of the recogniser."""

from __future__ import annotations

from typing import NamedTuple

from tests.utterances import CHINESE_VOICES, ENGLISH_VOICES


class Sentence(NamedTuple):
    """``text`` as a person of ``voice`` says it."""

    text: str
    language: str
    voice: str


_CHINESE = """
今天天气怎么样？
打开客厅的灯。
把空调调到二十六度。
明天早上七点叫我起床。
给我讲一个笑话吧。
现在几点了？
放一首轻松的音乐。
窗外的雨下得很大，你听到了吗？
北京到上海的高铁要多长时间？
帮我定一个十分钟的计时器。
我想知道中国有多少个省。
晚饭吃什么比较好？
把卧室的窗帘拉上，然后关灯。
你能告诉我怎么做番茄炒蛋吗？
提醒我下午三点给妈妈打电话。
为什么天空是蓝色的？
声音大一点。
停下来，我不想听了。
周末我们去爬山好不好？
这个世界上最高的山是什么山？
"""
_ENGLISH = """
What is the weather like today?
Turn on the kitchen light.
Set the heating to twenty one degrees.
Wake me up at seven tomorrow morning.
Tell me a joke about a dog.
What time is it now?
Play some quiet music in the living room.
How far is the moon from the earth?
Remind me to call my mother this afternoon.
Why is the sky blue?
Turn it up a little.
Please stop, I have heard enough.
Who wrote the play about the Danish prince?
Close the curtains and switch off the lamp.
How do I make an omelette with cheese?
What is the capital of Australia?
Is there any milk left in the fridge?
Could you explain how a rainbow is made?
Add bread and butter to the shopping list.
When does the next train to London leave?
"""
_MIXED = """
打开 kitchen 的灯。
帮我搜索 machine learning 的资料。
今天的 meeting 是几点？
播放 Taylor Swift 的歌。
把 WiFi 的密码告诉我。
什么是 deep learning？
我的 email 里有什么新消息？
用 Python 写一个程序。
"""


def sentences() -> list[Sentence]:
    """20 Chinese, 20 English and 8 mixed sentences, the voices taking turns."""
    spoken = []
    for block, language, voices in (
        (_CHINESE, "zh", CHINESE_VOICES),
        (_ENGLISH, "en", ENGLISH_VOICES),
        (_MIXED, "mixed", CHINESE_VOICES),
    ):
        lines = block.split("\n")[1:-1]
        spoken += [Sentence(line, language, voices[turn % len(voices)]) for turn, line in enumerate(lines)]
    return spoken
