"""Understands spoken commands: the sentence files, made one automaton a language.

``config/commands/en.toml`` and ``zh.toml`` are shipped; ``commands/`` beside the owner's ``hearthd.toml``
adds to them. What is not certainly a command is None, and goes to the model.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from hearthd.actions import clauses
from hearthd.actions.grammar import MISHEARD, AnyOrder, Grammar
from hearthd.actions.pattern import PatternError
from hearthd.actions.slots import EXACT, FREE, MARKS, SLOTS, Slots, filled
from hearthd.actions.table import NAMES
from hearthd.common import toml_file
from hearthd.config import loader
from hearthd.config.settings import repository_config
from hearthd.dialogue.intent import SpokenCommand
from hearthd.engines.asr.transcript_text import simplified
from hearthd.text.understand.sound_zh import NEAR, SAME, SoundAlikes, corrected
from hearthd.text.understand.tokens import MAX_CHARACTERS, Token, texts, tokenize

LANGUAGES = ("en", "zh")
LEAST_MISHEARD, MOST_MISHEARD = 4, 30
"""Characters of an utterance that is looked at by its sound: 停 and 听 are too short to tell apart."""
MISHEARD_SHARE = 0.75
"""So much of an utterance may be written in other characters of the same sound."""
MISHEARD_VAGUE = 2
"""So many wrong characters where any words may stand, or where the command names no thing."""
LEAST_NEARLY = 5
"""Characters of an utterance of which one may sound only nearly as what was meant."""
MOST_NEARLY = NEAR + SAME + 0.01
"""So much may be wrong of it: that one, and one of the same sound."""
NAMING = ("计时", "定时", "闹钟", "提醒", "分钟", "小时", "起床", "算一下", "星期")
"""Without one of these, heard right, nobody means a command that names a thing."""
_VAGUE = frozenset(
    {
        "stop",
        "never_mind",
        "repeat",
        "persona",
        "forget_last",
        "new_conversation",
        "mute",
        "time",
        "date",
        "volume_up",
        "volume_down",
        "volume_set",
    }
)
TERMS = (
    "小时", "分钟", "秒钟", "刻钟", "点钟", "钟头", "一刻", "早上", "下午", "上午", "中午", "晚上", "凌晨",
    "明天", "后天", "今天", "每天",
    "星期", "礼拜", "周末", "工作日", "华氏度", "摄氏度", "公斤", "公里", "英里", "英尺", "英寸", "厘米",
    "毫升", "盎司", "加仑", "平方", "立方", "根号", "百分之", "过一", "过半", "过十", "过五", "过两",
    "取消", "音量", "设置", "闹钟", "提醒", "计时器", "倒计时", "麦克风", "静音", "声音", "起床", "重复",
)  # fmt: skip
"""What the parsers of durations, times and units must find written right, and what commands name."""
QUESTIONS = ("seconds", "at", "text", "which")
"""What is asked back when a command leaves it open."""
MAX_MUST = 4
"""Each doubles the places of an order that is free."""
MAX_BYTES = 500_000
"""No sentence file is larger."""
MAX_TOLD = 500
"""Characters of a mistake."""
_KEYS = {"commands", "any_order", "answers", "examples", "parts", "before", "after"}
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[^\W\d_]")


class CommandsError(loader.ConfigError):
    """A sentence file cannot be used. ``problems`` names every mistake, one line each."""


@dataclass(slots=True)
class Sentences:
    """What the files of one language say."""

    commands: dict[str, list[str]] = field(default_factory=dict)
    """The patterns of each command."""
    any_order: dict[str, list[AnyOrder]] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)
    """The patterns of what may answer a question, by what was asked."""
    parts: dict[str, str] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    """Sentences as people say them, for people to read."""
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


def folders() -> list[Path]:
    """Where sentences are looked for: the shipped ones, then the owner's, which add to them."""
    file = loader.find(None)
    owner = [file.parent / "commands"] if file is not None else []
    shipped = repository_config("commands")
    return [shipped, *(folder for folder in owner if folder.resolve() != shipped.resolve())]


def sentences(language: str, where: Iterable[Path] | None = None) -> Sentences:
    """All that the files of ``language`` say. Raises CommandsError with every mistake."""
    found, problems = Sentences(), []
    for folder in where or folders():
        path = folder / f"{language}.toml"
        if path.is_file():
            problems += _add(path, found)
    if problems:
        raise CommandsError(problems[: loader.MAX_PROBLEMS])
    return found


def _add(path: Path, found: Sentences) -> list[str]:
    """Take over what ``path`` says; its mistakes."""
    try:
        _, values = toml_file.read(path, MAX_BYTES, "a sentence file")
    except toml_file.TomlError as error:
        return [str(error)]
    return [f"{path}: {toml_file.shown(problem, MAX_TOLD)}" for problem in _take(values, found)]


def _take(values: dict[str, Any], found: Sentences) -> list[str]:
    """Take over ``values``, as far as they are right; the mistakes."""
    problems = [f'unknown key "{key}"' for key in values.keys() - _KEYS]
    for key in ("before", "after"):
        patterns = values.get(key, [])
        if _are_texts(patterns):
            getattr(found, key).extend(patterns)
        else:
            problems.append(f"{key}: must be a list of texts")
    for key in ("commands", "any_order", "answers", "examples", "parts"):
        if not isinstance(values.get(key, {}), dict):
            return [*problems, f"{key}: must be a table"]
    for key, known, names in (
        ("commands", found.commands, NAMES),
        ("examples", found.examples, NAMES),
        ("answers", found.answers, QUESTIONS),
    ):
        for name, patterns in values.get(key, {}).items():
            if name not in names:
                what = "question" if key == "answers" else "command"
                problems.append(f'{key}: there is no {what} "{name}"')
            elif not _are_texts(patterns):
                problems.append(f"{key}.{name}: must be a list of texts")
            else:
                known.setdefault(name, []).extend(patterns)
    for name, orders in values.get("any_order", {}).items():
        if name not in NAMES:
            problems.append(f'any_order: there is no command "{name}"')
        elif not isinstance(orders, list) or not all(map(_is_any_order, orders)):
            problems.append(f"any_order.{name}: each needs two lists of texts, must and may")
        else:
            loose = (AnyOrder(tuple(order["must"]), tuple(order["may"])) for order in orders)
            found.any_order.setdefault(name, []).extend(loose)
    for name, pattern in values.get("parts", {}).items():
        if not isinstance(pattern, str):
            problems.append(f"parts.{name}: must be a text")
        else:
            found.parts[name] = pattern
    return problems


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)


def _is_any_order(value: object) -> bool:
    if not isinstance(value, dict) or value.keys() != {"must", "may"}:
        return False
    return all(map(_are_texts, value.values())) and 0 < len(value["must"]) <= MAX_MUST


def _may_be_misheard(command: str, wrong: int, values: Sequence[tuple[str, object]], length: int) -> bool:
    """Whether so many of the characters may have been written wrong of a command."""
    return wrong <= MISHEARD_SHARE * length and (_is_plain(command, values) or wrong <= MISHEARD_VAGUE)


def _is_plain(command: str, values: Sequence[tuple[str, object]]) -> bool:
    """Whether it names a thing, and no words may stand in it that nobody knows."""
    return command not in _VAGUE and not any(name in FREE for name, _ in values)


class Matcher:
    """All commands in all languages. Made once, at start; ``understand`` may be called from any thread."""

    def __init__(
        self, personas: Mapping[str, Sequence[str]] | None = None, where: Iterable[Path] | None = None
    ) -> None:
        """``personas``: each with what it is called. Raises CommandsError."""
        collects = gc.isenabled()
        gc.disable()  # it would look through all that is made, again and again: 1.4 s of CPU, 0.4 without
        try:
            self._learn(personas or {}, where)
        finally:
            if collects:
                gc.enable()

    def _learn(self, personas: Mapping[str, Sequence[str]], where: Iterable[Path] | None) -> None:
        self._grammars: dict[str, Grammar] = {}
        self._answers: dict[str, Grammar] = {}
        where = list(where) if where is not None else folders()
        for language in LANGUAGES:
            said = sentences(language, where)
            around: dict[str, Any] = {
                "before": said.before, "after": said.after, "slots": SLOTS, "free": FREE, "exact": EXACT,
                "marks": MARKS,
            }  # fmt: skip
            try:
                self._grammars[language] = Grammar(
                    said.commands, said.parts, any_order=said.any_order, **around
                )
                self._answers[language] = Grammar(said.answers, said.parts, **around)
            except PatternError as error:
                told = toml_file.shown(str(error), MAX_TOLD)
                raise CommandsError([f"commands/{language}.toml: {told}"]) from None
        self._sounds = SoundAlikes(self._grammars["zh"].vocabulary())
        self._personas = {
            tuple(texts(name)): persona for persona, names in personas.items() for name in names
        }

    def understand(self, text: str, now: datetime, language: str = "") -> SpokenCommand | None:
        """The command that ``text`` is, whole; None if it is anything else.

        ``now`` is the household's time. ``language``: what the recogniser took it for; it counts where
        nothing but figures is written ("17*23"), else the script tells.
        """
        if not text or len(text) > MAX_CHARACTERS:
            return None
        if _HAN.search(text):
            return self._understand(simplified(text), now, "zh")
        return self._understand(text, now, "zh" if language == "zh" and not _LATIN.search(text) else "en")

    def answered(self, question: str, command: str, text: str, now: datetime) -> dict[str, object] | None:
        """The slots that ``text`` gives in answer to ``question`` about ``command``; None if none."""
        if not text or len(text) > MAX_CHARACTERS:
            return None
        language = "zh" if _HAN.search(text) else "en"
        text = simplified(text) if language == "zh" else text
        tokens = tokenize(text)
        slots = Slots(text, tokens, language, now, self._personas)
        for reading in self._answers[language].read(tokens, slots.parsers):
            if reading.command == question:
                found = filled(reading.values, command, now)
                if found is not None:
                    return found
        return None

    def _understand(self, text: str, now: datetime, language: str) -> SpokenCommand | None:
        tokens = tokenize(text)

        def whole(start: int, end: int, previous: str = "") -> SpokenCommand | None:
            part = tokens[start:end]
            slots = Slots(text, part, language, now, self._personas)
            for reading in self._grammars[language].read(part, slots.parsers):
                found = filled(reading.values, reading.command, now, previous=previous)
                if found is not None:
                    after = found.pop("after", None)
                    return SpokenCommand(
                        reading.command, found, language, after if isinstance(after, int) else None
                    )
            return None

        found = whole(0, len(tokens)) or clauses.split(tokens, language, whole)
        return found or (self._misheard(text, tokens, now) if language == "zh" else None)

    def _misheard(self, text: str, tokens: Sequence[Token], now: datetime) -> SpokenCommand | None:
        """The command that the tokens are if the recogniser wrote characters of the same sound."""
        if not LEAST_MISHEARD <= len(tokens) <= MOST_MISHEARD:
            return None
        words = corrected([token.text for token in tokens], TERMS)
        tokens = [replace(token, text=word) for token, word in zip(tokens, words, strict=True)]
        slots = Slots(text, tokens, "zh", now, self._personas)
        found = self._alike(words, tokens, slots, now)
        if found is None and len(words) >= LEAST_NEARLY and any(name in "".join(words) for name in NAMING):
            found = self._alike(words, tokens, slots, now, near=True)
        return found

    def _alike(
        self, words: list[str], tokens: Sequence[Token], slots: Slots, now: datetime, *, near: bool = False
    ) -> SpokenCommand | None:
        alikes = self._sounds.of_all(words, near=near)
        found: list[tuple[float, SpokenCommand]] = []
        for reading in self._grammars["zh"].read(tokens, slots.parsers, alikes):
            values = [(name, value) for name, value in reading.values if name != MISHEARD]
            paid = sum(float(str(value)) for name, value in reading.values if name == MISHEARD)
            wrong = len(reading.values) - len(values)
            if near and (paid > MOST_NEARLY or not _is_plain(reading.command, values)):
                continue
            if _may_be_misheard(reading.command, wrong, values, len(tokens)):
                filling = filled(values, reading.command, now)
                if filling is not None:
                    after = filling.pop("after", None)
                    seconds = after if isinstance(after, int) else None
                    found.append((reading.score, SpokenCommand(reading.command, filling, "zh", seconds)))
        if not found or (near and len(found) > 1 and found[1][0] > found[0][0] - NEAR):
            return None  # 山尿六点的闹钟 may be 删掉 or 上调
        return found[0][1]
