"""The corpora: what people say, which command it is, and what was said with it."""

from __future__ import annotations

import functools
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from hearthd.actions.matcher import Matcher
from hearthd.config import personas
from hearthd.dialogue.intent import SpokenCommand

NOW = datetime(2026, 11, 27, 9, 30)
"""When all of it is said: a Friday."""
_WHOLE = {"seconds", "level", "by"}
_TRUE = {"all", "last"}


class Said(NamedTuple):
    """A sentence; ``command`` is "" for what is none, which is a ``near`` miss or not."""

    text: str
    command: str
    slots: dict[str, object]
    near: bool


def read(language: str, name: str = "corpus") -> list[Said]:
    """A corpus of ``language``."""
    lines = (Path(__file__).parent / f"{name}_{language}.txt").read_text("utf-8").splitlines()
    return [_said(line) for line in lines if line and not line.startswith("#")]


def _said(line: str) -> Said:
    text, command, rest = (cell.strip() for cell in line.split("|"))
    if command == "-":
        return Said(text, "", {}, rest == "near")
    slots = dict(_slot(*pair.split("=", 1)) for pair in rest.split(";") if pair)
    return Said(text, command, slots, False)


def _slot(name: str, value: str) -> tuple[str, object]:
    name = name.strip()
    if name in _WHOLE:
        return name, int(value)
    if name in _TRUE:
        return name, True
    if name == "value":
        return name, float(value)
    if name == "repeats" and value != "daily":
        return name, value.split(",")
    return name, f"{value}:00" if name == "at" and "T" in value else value


def right(said: Said, command: SpokenCommand | None) -> bool:
    """Whether ``command`` is what was meant."""
    if command is None or not said.command:
        return command is None and not said.command
    slots = dict(command.slots)
    return command.name == said.command and slots == said.slots


@functools.cache
@functools.cache
def matcher() -> Matcher:
    """With the sentences and the personas that are shipped."""
    folder = Path(__file__).parents[2] / "config"
    known = {
        name: personas.load(name, [folder / "personas"]) for name in personas.available([folder / "personas"])
    }
    return Matcher({name: persona.names for name, persona in known.items()}, [folder / "commands"])
