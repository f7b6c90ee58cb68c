"""What reads as an act that somebody wants done, and what only resembles it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthd.actions.claims import claims
from hearthd.actions.requests import MAX_CHARACTERS, Act, requested, wants_words
from hearthd.actions.unable import Means, unable

pytestmark = pytest.mark.unit


class Said(NamedTuple):
    """A sentence; ``act`` is "-" for what asks for none."""

    act: str
    text: str


def read(name: str) -> list[Said]:
    """The sentences of one file."""
    lines = (Path(__file__).parent / f"{name}.txt").read_text("utf-8").splitlines()
    return [Said(*line.split("\t", 1)) for line in lines if line and not line.startswith("#")]


EVERY = [*read("requests_en"), *read("requests_zh"), *read("requests_fresh")]


@pytest.mark.parametrize("name", ["requests_en", "requests_zh", "requests_fresh"])
def test_what_asks_for_an_act_is_known_as_such(name: str) -> None:
    found = {said.text: (requested(said.text), said.act) for said in read(name) if said.act != "-"}
    assert len(found) >= 60
    assert {text: acts for text, acts in found.items() if acts[0] != acts[1]} == {}


@pytest.mark.parametrize("name", ["requests_en", "requests_zh", "requests_fresh"])
def test_what_only_resembles_it_is_left_to_the_model(name: str) -> None:
    found = {said.text: requested(said.text) for said in read(name) if said.act == "-"}
    assert len(found) >= 60
    assert {text: act for text, act in found.items() if act} == {}


@given(st.text(max_size=2 * MAX_CHARACTERS))
@settings(max_examples=300, deadline=None)
def test_whatever_is_said_is_judged(words: str) -> None:
    assert requested(words) in (None, *Act)
    assert wants_words(words) in (True, False)
    assert claims(words) in (True, False)


def test_a_long_tale_is_no_order_and_costs_nothing() -> None:
    assert requested("turn on the light " * 100) is None


def test_words_in_any_order_are_judged() -> None:
    """Patterns of this kind can take endlessly long: these have no end within reach of the suite then."""
    rng = random.Random(1)
    english = [
        "turn",
        "put",
        "the",
        "a",
        "my",
        "on",
        "off",
        "to",
        "and",
        "please",
        "can",
        "you",
        "play",
        "add",
        "call",
        "send",
        "up",
        "in",
        "it",
        "all",
        "make",
    ]
    for words in (english, list("把的一个我你请帮给放听打开关灯门下来再点加里在提醒时候，")):
        for _ in range(200):
            requested(" ".join(rng.choice(words) for _ in range(75))[:MAX_CHARACTERS])
            requested("".join(rng.choice(words) for _ in range(MAX_CHARACTERS))[:MAX_CHARACTERS])


CLAIMS = [
    "I've set a timer for ten minutes.",
    "Sure, I have turned on the kitchen light.",
    "OK. I just sent the message.",
    "Okay, the lights are now off.",
    "Your taxi has been ordered.",
    "Timer set for ten minutes.",
    "Turning on the light now.",
    "I'm calling your mother.",
    "Now playing Bohemian Rhapsody.",
    "好的，我已经打开了厨房的灯。",
    "好的，已为您打开客厅的灯。",
    "没问题，我帮你把灯关了。",
    "正在为您播放青花瓷。",
    "我这就给您打电话给妈妈。",
    "您的闹钟已经设置好了。",
    "The coffee machine is switched on.",
    "Your bedroom lights have been dimmed.",
    "The front door is now locked.",
    "The washing machine has been started.",
    "I'll turn on the hallway light for you.",
    "I will remind you at five.",
    "咖啡机已经打开了。",
    "好的，我会在五点提醒您。",
    "客厅的灯开了。",
    "我来帮你打开窗帘。",
]
HONEST = [
    "The first computer is called ENIAC.",
    "Mozart played the piano from the age of five.",
    "I've made a list of capitals: Paris, Rome, Berlin.",
    "OK, I'll call you Bob.",
    "Turning points of history are rare.",
    "A timer is set by turning its dial.",
    "The light of the sun takes eight minutes.",
    "I can't turn on the light.",
    "灯是爱迪生发明的。",
    "我可以帮你写一首诗。",
    "好的，我叫你小明。",
    "窗帘可以用温水洗。",
    "他已经老了。",
    "我不能打开灯。",
    "要打开灯，请按开关。",
    "The lamp is switched on by pressing the button.",
    "The war was over in 1945.",
    "The answer is now clear.",
    "I'll set the scene: it is a dark night.",
    "I'll tell you a story about a fox.",
    "我会尽力回答你的问题。",
    "我将为你介绍三种方法。",
    "他把灯关了。",
    "这家餐厅已经关闭了。",
]


@pytest.mark.parametrize("sentence", CLAIMS)
def test_a_sentence_that_claims_a_deed_is_known(sentence: str) -> None:
    assert any(claims(part) for part in (sentence, sentence.partition(" ")[2], sentence.partition("，")[2]))


@pytest.mark.parametrize("sentence", HONEST)
def test_a_sentence_that_tells_something_else_is_no_claim(sentence: str) -> None:
    assert not claims(sentence)


@pytest.mark.parametrize("means", [Means(), Means(home=True), Means(tools=True), Means(timers=False)])
@pytest.mark.parametrize("language", ["en", "zh", "fr"])
def test_what_is_said_instead_claims_nothing(language: str, means: Means) -> None:
    for act in (None, *Act):
        sentence = unable(act, language, means)
        assert len(sentence) > 5
        assert not claims(sentence)


def test_the_mend_is_named() -> None:
    assert "connect Home Assistant" in unable(Act.LIGHT, "en", Means())
    assert "Home Assistant doesn't know" in unable(Act.LIGHT, "en", Means(home=True))
    assert "请先连接 Home Assistant" in unable(Act.MUSIC, "zh", Means())
    assert "connect a tool" in unable(Act.EMAIL, "en", Means(home=True))
    assert unable(Act.TIMER, "en", Means(timers=False)) == "Timers are switched off in my configuration."
    assert "set a timer for ten minutes" in unable(Act.TIMER, "en", Means())
