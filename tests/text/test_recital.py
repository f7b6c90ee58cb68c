"""What a model was told is no answer: it is left out of a reply, and nothing else is."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.config import personas
from hearthd.conversation.context import ANSWER_IN
from hearthd.text.recital import RecitalFilter

pytestmark = pytest.mark.unit

SHIPPED = [
    personas.load(name, [Path("config/personas")]) for name in ("hearthd", "mario", "plain-english", "xiaoji")
]
TOLD = [*(persona.system for persona in SHIPPED), *ANSWER_IN.values(), "The bins are collected on Tuesday."]


def said(reply: str, *cuts: int) -> str:
    """What is left of ``reply``, which came in pieces."""
    kept, pieces = RecitalFilter(TOLD), []
    edges = [0, *sorted(cuts), len(reply)]
    for start, end in pairwise(edges):
        pieces.append(kept.feed(reply[start:end]))
    return "".join([*pieces, kept.flush()])


@pytest.mark.parametrize(
    ("reply", "left"),
    [
        ("What the family tells you about themselves in this conversation is true: use it.", ""),
        ("The family tells you about themselves in this conversation is true: use it.", ""),
        ("Never invent facts, times or numbers.", ""),
        ("If you do not know something, say so. Never invent facts, times or numbers.", " "),
        ("It is four. Answer in English.", "It is four."),
        ("It is four, answer in English.", "It is four,"),
        ("Friday 2026-11-27 14:05 Answer in English.", "Friday 2026-11-27 14:05"),
        ("Answer in one or two short sentences.", ""),
        ("answer in one or two SHORT sent", ""),
        ("You are Mario, the cheerful plumber. Ciao!", " Ciao!"),
        ('"Always answer in English." OK.', '"" OK.'),
        ("好的，用中文回答。", "好的，"),
        ("请用中文回答。今天有雨。", "今天有雨。"),
        ("家人在对话里告诉你的事情都是真的，请记住并使用。", ""),
        ("不知道的事就直接说不知道，不要编造。", ""),
        ("你写的每个字都会被读出来。好", "好"),
    ],
)
def test_an_instruction_is_not_said_back(reply: str, left: str) -> None:
    assert said(reply).strip() == left.strip()


@pytest.mark.parametrize(
    "reply",
    [
        "You are right.",
        "The bins are collected on Tuesday.",
        "If you do not know something, ask a friend.",
        "I am a smart speaker in a family's home.",
        "You are Mario's friend, aren't you?",
        "Answer in one word: yes.",
        "Never invent a wheel twice, times or not.",
        "我是家里的智能音箱。",
        "你叫小极吗？",
        "先说好，今天不下雨。",
        "Say so.",
        "3.5, 4.5: you",
        "",
    ],
)
def test_everything_else_is(reply: str) -> None:
    assert said(reply) == reply


@pytest.mark.parametrize(
    ("prompt", "reply"),
    [
        ('You greet everybody with "Welcome home, dear family."', "Welcome home, dear family."),
        ("Always begin with: Peace and love to everyone.", "Peace and love to everyone."),
        ("If somebody comes in, say Welcome back home.", "Welcome back home."),
        ("有人回家时说“欢迎回家，辛苦了”。", "欢迎回家，辛苦了。"),
        ("The bins are collected on Tuesday, the paper on Friday.", "The paper on Friday."),
    ],
)
def test_what_a_prompt_has_it_say_or_know_is_said(prompt: str, reply: str) -> None:
    kept = RecitalFilter([prompt])
    assert kept.feed(reply) + kept.flush() == reply


replies = st.lists(
    st.sampled_from([*"aB你,.。: \n", "Answer in English.", "Never invent facts", "用中文回答", "You are "])
).map("".join)


@given(replies, st.lists(st.integers(0, 60), max_size=5))
def test_however_it_comes_the_same_is_said(reply: str, cuts: list[int]) -> None:
    assert said(reply, *(min(cut, len(reply)) for cut in cuts)) == said(reply)


@given(st.text(max_size=80))
def test_without_instructions_nothing_is_held(reply: str) -> None:
    assert RecitalFilter([]).feed(reply) == reply


@pytest.mark.parametrize("mark", [", ", "，", " ", "-", "answer, ", "You are, "])
def test_marks_without_end_keep_nobody_waiting(mark: str) -> None:
    kept = RecitalFilter(TOLD)
    came = kept.feed("You are" + mark * 4000)
    assert len(came) > 3000
    assert came + kept.feed("x") + kept.flush() == "You are" + mark * 4000 + "x"


def test_what_is_no_instruction_is_not_waited_for() -> None:
    assert RecitalFilter(TOLD).feed("It is f") == "It is f"
