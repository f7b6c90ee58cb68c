"""What a training works with: which examples are learned, which are held back, what is replayed, how fast."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from hearthd.training.chat.controls import Control
from hearthd.training.chat.examples import Example

HELD_SHARE = 0.2
"""At most so much of the examples is held back."""
ASKED_OFTEN = 3
"""Of an answer asked for in so many ways, one way is held back: it shows whether the others taught it."""
REPLAY_SHARE = 0.5
"""The base's own answers that are trained again, to each example: what keeps the rest of it as it is."""
SEED = 20
"""The same file gives the same training."""


@dataclass(frozen=True, slots=True)
class Split:
    """The examples of a file, divided."""

    trained: tuple[Example, ...]
    held: tuple[Example, ...]
    """Never trained: other ways of asking what is."""
    made: bool
    """The held ones are ours (the file asks nothing in several ways)."""


@dataclass(frozen=True, slots=True)
class TrainingPace:
    """How a training goes. ``alpha`` is twice the rank, as is usual."""

    rank: int
    learning_rate: float
    batch: int
    epochs: int
    """At most: it ends as soon as the held examples get no better."""


def split(examples: Sequence[Example]) -> Split:
    """Hold one way of asking back for each answer that has ``ASKED_OFTEN``.

    A file that asks everything once is trained whole; what is held are its questions in other words of ours.
    """
    chance = random.Random(SEED)
    by_answer = defaultdict[str, list[Example]](list)
    for example in examples:
        by_answer[example.answer].append(example)
    groups = [group for group in by_answer.values() if len(group) >= ASKED_OFTEN]
    chance.shuffle(groups)
    held = {chance.choice(group) for group in groups[: max(int(len(examples) * HELD_SHARE), 1)]}
    if held:
        return Split(
            tuple(e for e in examples if e not in held), tuple(e for e in examples if e in held), False
        )
    chosen = chance.sample(list(examples), min(len(examples), 20))
    return Split(tuple(examples), tuple(Example(reworded(e.question), e.answer) for e in chosen), True)


def is_chinese(text: str) -> bool:
    """Whether there is a Chinese character in it."""
    return re.search("[\u3400-\u9fff]", text) is not None


def reworded(question: str) -> str:
    """``question`` as somebody else asks it."""
    if is_chinese(question):
        return "请问，" + question.rstrip("？?。") + "呢？"
    plain = question.strip().rstrip("?.")
    return f"Please tell me, {plain[:1].lower()}{plain[1:]}?"


def pace(trained: int, parameters: float) -> TrainingPace:
    """What suits so many examples and a model of so many ``parameters``.

    SmolLM2-135M took ten examples word for word in 20 steps of five at 2e-3 and rank 16; larger models take
    less to change and forget more by it.
    """
    rate = 1.5e-3 if parameters < 3e8 else 6e-4 if parameters < 1e9 else 3e-4
    rank = 8 if trained < 8 else 16 if trained < 400 else 32
    batch = 8 if trained >= 16 else 4
    epochs = 12 if trained < 60 else 6 if trained < 400 else 3
    return TrainingPace(rank, rate, batch, epochs)


REPLAYED = {
    "en": (
        "Tell me something about the moon.", "How do I boil an egg?", "What is a good name for a cat?",
        "Why is the sea salty?", "Give me a tip for a good night's sleep.",
        "What is the weather like in autumn?", "How does a bicycle stay upright?",
        "What can I cook with potatoes?", "What is a library?", "Name three fruits.", "Why do leaves fall?",
        "What is ten minus three?", "Who was Mozart?", "What is the tallest animal?",
        "How do I clean a window?", "What is bread made of?", "Name a country in Africa.",
        "What does a doctor do?", "Count to five.", "What is the opposite of big?",
        "How many hours does a day have?", "What color is a banana?", "What is steam?",
        "Name a musical instrument.",
    ),
    "zh": (
        "讲讲月亮吧。", "鸡蛋怎么煮？", "给猫起个名字。", "海水为什么是咸的？", "怎样才能睡得好？",
        "秋天的天气怎么样？", "土豆可以做什么菜？", "图书馆是什么？", "说三种水果。", "树叶为什么会掉？",
        "十减三等于几？", "贝多芬是谁？", "最高的动物是什么？", "怎么擦窗户？", "面包是用什么做的？",
        "说一个非洲国家。", "医生是做什么的？", "从一数到五。", "大的反义词是什么？", "一天有多少小时？",
        "香蕉是什么颜色的？", "水蒸气是什么？", "说一种乐器。", "你好。",
    ),
}  # fmt: skip
"""What the base is asked before a training, so that its own answers can be trained with the new ones. None is
among the controls, which tell what it forgot."""


def replayed(trained: int, languages: Sequence[str]) -> list[str]:
    """The questions whose answers are replayed beside ``trained`` examples."""
    wanted = max(int(trained * REPLAY_SHARE), 4)
    each = [REPLAYED[language] for language in languages]
    mixed = [question for row in zip(*each, strict=True) for question in row]
    return mixed[:wanted]


def languages_of(examples: Sequence[Example]) -> list[str]:
    """The languages that the answers are in, the commoner first."""
    chinese = sum(is_chinese(e.answer) for e in examples)
    found = [("zh", chinese), ("en", len(examples) - chinese)]
    return [language for language, count in sorted(found, key=lambda one: -one[1]) if count]


def asked_controls(controls: Sequence[Control], languages: Sequence[str]) -> list[Control]:
    """The controls in those languages."""
    return [control for control in controls if control.language in languages]
