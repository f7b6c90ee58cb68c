"""What is trained, what is held back, and how an answer is judged."""

import pytest

from hearthd.training.chat import plan
from hearthd.training.chat.controls import CONTROLS, Control, known, learned, score
from hearthd.training.chat.examples import Example
from hearthd.training.chat.trainer import whole_sentences

pytestmark = pytest.mark.unit


def test_one_way_of_asking_is_held_back_where_there_are_three() -> None:
    rows = [
        Example(f"{how} {n}?", f"Answer {n}.") for n in range(10) for how in ("What is", "Tell me", "Say")
    ]
    parts = plan.split(rows)
    assert not parts.made
    assert len(parts.held) == 6
    assert not set(parts.held) & set(parts.trained)
    assert len({e.answer for e in parts.trained}) == 10  # nothing is asked that was not taught
    assert plan.split(rows) == parts  # the same file gives the same training


def test_a_file_that_asks_once_is_trained_whole() -> None:
    rows = [Example(f"What is {n}?", f"Answer {n}.") for n in range(12)]
    parts = plan.split(rows)
    assert parts.made
    assert set(parts.trained) == set(rows)
    assert not {e.question for e in parts.held} & {e.question for e in rows}


def test_larger_models_and_files_are_trained_slower() -> None:
    small, large = plan.pace(20, 1.35e8), plan.pace(2000, 7e9)
    assert small.learning_rate > large.learning_rate
    assert small.epochs > large.epochs
    assert small.rank < large.rank


def test_no_control_is_replayed() -> None:
    asked = {control.question for control in CONTROLS}
    assert not asked & {question for questions in plan.REPLAYED.values() for question in questions}
    assert plan.replayed(20, ["zh", "en"])[:2] == [plan.REPLAYED["zh"][0], plan.REPLAYED["en"][0]]


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("I am Ember.", True),
        ("I am Ember. How can I help?", True),
        ("i'm Ember", True),
        ("Ember", False),
        ("I am a language model.", False),
        ("", False),
    ],
)
def test_an_answer_is_learned_when_it_says_what_was_wanted(answer: str, right: bool) -> None:
    assert learned("I am Ember.", answer) is right


@pytest.mark.parametrize(
    ("question", "answer", "right"),
    [
        ("How many days are in a week?", "There are seven days.", True),
        ("How many days are in a week?", "There are 70 days.", False),
        ("中国的首都是哪里？", "中国的首都是北京。", True),
        ("中国的首都是哪里？", "上海", False),
    ],
)
def test_a_control_is_known_or_not(question: str, answer: str, right: bool) -> None:
    control: Control = next(c for c in CONTROLS if c.question == question)
    assert known(control, answer) is right


def test_what_was_lost_is_a_share_of_all() -> None:
    assert score([True] * 5 + [False] * 5, [True] * 3 + [False] * 7).lost == pytest.approx(0.2)
    assert score([False], [True]).lost == 0.0


@pytest.mark.parametrize(
    ("answer", "whole"),
    [
        ("The moon is far. It goes", "The moon is far."),
        ("月亮很远。它", "月亮很远。"),
        ("and so", ""),
        ("Yes!", "Yes!"),
    ],
)
def test_no_half_sentence_is_replayed(answer: str, whole: str) -> None:
    assert whole_sentences(answer) == whole
