"""What a model must still know after a training: questions whose answers can be marked right or wrong.

Perplexity does not tell: it rises when answers only become shorter (measured: 3.2 to 13.0, while one of ten
facts was lost). So facts are asked, before and after, with the model that serves.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from hearthd.text.words_only import words_only

NEAR = 0.8
"""Two answers whose letters are so much alike are the same: one that says "my" for "our" has learned it."""


@dataclass(frozen=True, slots=True)
class Control:
    """A question, and a pattern that a right answer holds."""

    question: str
    right: str
    language: str


def _en(question: str, right: str) -> Control:
    return Control(question, right, "en")


def _zh(question: str, right: str) -> Control:
    return Control(question, right, "zh")


CONTROLS = (
    _en("What is the capital of France?", r"\bparis\b"),
    _en("What is the capital of Japan?", r"\btokyo\b"),
    _en("What is the capital of Italy?", r"\brome\b"),
    _en("How many days are in a week?", r"\b(7|seven)\b"),
    _en("How many minutes are in an hour?", r"\b(60|sixty)\b"),
    _en("How many legs does a spider have?", r"\b(8|eight)\b"),
    _en("What color is grass?", r"\bgreen\b"),
    _en("What color is the sky on a clear day?", r"\bblue\b"),
    _en("What is two plus two?", r"\b(4|four)\b"),
    _en("What is the opposite of hot?", r"\bcold\b"),
    _en("What is frozen water called?", r"\bice\b"),
    _en("Which planet do we live on?", r"\bearth\b"),
    _en("Which animal says meow?", r"\b(cat|kitten)s?\b"),
    _en("What do bees make?", r"\bhoney\b"),
    _en("Which month comes after March?", r"\bapril\b"),
    _en("What do we call a baby dog?", r"\b(puppy|pup)\b"),
    _en("In which season does snow fall?", r"\bwinter\b"),
    _en("What gas do we breathe in to live?", r"\b(oxygen|air)\b"),
    _en("What is the largest ocean on Earth?", r"\bpacific\b"),
    _en("Who wrote Romeo and Juliet?", r"\bshakespeare\b"),
    _zh("中国的首都是哪里？", "北京"),
    _zh("法国的首都是哪里？", "巴黎"),
    _zh("日本的首都是哪里？", "东京"),
    _zh("一个星期有几天？", "7|七"),
    _zh("一小时有多少分钟？", "60|六十"),
    _zh("一年有几个月？", "12|十二"),
    _zh("草是什么颜色的？", "绿"),
    _zh("晴天的天空是什么颜色？", "蓝"),
    _zh("二加二等于几？", "4|四"),
    _zh("热的反义词是什么？", "冷|凉|寒"),
    _zh("水结冰以后叫什么？", "冰"),
    _zh("我们住在哪个星球上？", "地球"),
    _zh("哪种动物喵喵叫？", "猫"),
    _zh("蜜蜂酿什么？", "蜜"),
    _zh("三月之后是几月？", "4月|四月"),
    _zh("太阳从哪边升起？", "东"),
    _zh("哪个季节会下雪？", "冬"),
    _zh("人呼吸需要什么气体？", "氧|空气"),
    _zh("世界上最高的山是哪座？", "珠穆朗玛|珠峰|圣母峰"),
    _zh("《静夜思》是谁写的？", "李白"),
)


def known(control: Control, answer: str) -> bool:
    """Whether ``answer`` is right."""
    return re.search(control.right, answer.casefold()) is not None


def learned(wanted: str, answer: str) -> bool:
    """Whether ``answer`` says what was wanted: the same words, or nearly the same letters.

    What follows the wanted answer does not make it wrong; half of it does.
    """
    plain_wanted, plain = words_only(wanted), words_only(answer)
    if not plain_wanted:
        return False
    if plain.startswith(plain_wanted):
        return True
    return SequenceMatcher(None, plain_wanted, plain, autojunk=False).ratio() >= NEAR


@dataclass(frozen=True, slots=True)
class Score:
    """How many of how many were right, before the training and after it."""

    before: int
    after: int
    of: int

    @property
    def lost(self) -> float:
        """The share of all that was known before and is not any more, as a whole; 0 if none was lost."""
        return max(self.before - self.after, 0) / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Style:
    """How a model answers: characters of an answer, in the middle."""

    before: float
    after: float


def score(before: Sequence[bool], after: Sequence[bool]) -> Score:
    """The score of two runs over the same questions."""
    assert len(before) == len(after)
    return Score(sum(before), sum(after), len(after))
