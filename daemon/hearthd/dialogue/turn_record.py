"""What is written down of a turn: the fields that MQTT, the journal, the store and ``report`` share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from hearthd.dialogue.events import Ended

MAX_ACTIONS = 20
"""Written down of one turn: a model that calls more tools than that goes round in circles."""
MAX_ARGUMENTS = 2_000
"""Characters of JSON: what a person can say to a tool in one breath is a tenth of it."""
MAX_RESULT = 500
MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Action:
    """Something that was done in a turn, or that was tried."""

    name: str
    """The command's or the tool's."""
    arguments: dict[str, Any] = field(default_factory=dict)
    """With what, as JSON takes it; cut where it is too long."""
    result: str = ""
    """What came of it, in a word or a sentence."""
    by: str = ""
    """command, home_assistant or model."""
    ms: float = 0.0
    """How long it took."""
    done: bool = False
    """Whether it took effect, or told what was asked."""


def bounded(
    name: str, arguments: Mapping[str, Any], result: str, by: str, ms: float, *, done: bool
) -> Action:
    """An action as it is written down: a model's arguments may be of any size and kind."""
    try:
        text = json.dumps(dict(arguments), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        text = ""
    kept = json.loads(text) if text and len(text) <= MAX_ARGUMENTS else _cut(arguments)
    return Action(name[:MAX_NAME], kept, result[:MAX_RESULT], by, round(ms, 1), done)


def _cut(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The first arguments, each no longer than a line."""
    kept = {}
    for name in list(arguments)[:10]:
        value = arguments[name]
        plain = value[:MAX_NAME] if isinstance(value, str) else type(value).__name__
        kept[str(name)[:MAX_NAME]] = plain
    return kept


def actions_of(stored: object) -> tuple[Action, ...]:
    """The actions that JSON tells of (its text, or what was read from it): what of them can be read."""
    if isinstance(stored, str):
        try:
            stored = json.loads(stored)
        except (ValueError, RecursionError):
            return ()
    if not isinstance(stored, list | tuple):
        return ()
    return tuple(_action(one) for one in stored[:MAX_ACTIONS] if isinstance(one, Mapping) and _is_named(one))


def _is_named(stored: Mapping[str, Any]) -> bool:
    return isinstance(stored.get("name"), str) and bool(stored["name"])


def _action(stored: Mapping[str, Any]) -> Action:
    arguments, ms = stored.get("arguments"), stored.get("ms")
    return bounded(
        stored["name"],
        arguments if isinstance(arguments, Mapping) else {},
        str(stored.get("result") or "")[:MAX_RESULT],
        str(stored.get("by") or "")[:MAX_NAME],
        float(ms) if isinstance(ms, int | float) and abs(ms) < 1e9 else 0.0,
        done=stored.get("done") is True,
    )


@dataclass(slots=True)
class TurnRecord:
    """A turn, as it fills up. Times are milliseconds from the end of the person's speech."""

    turn_id: str
    """Unique over the speaker's life, short enough for a log line."""
    conversation_id: str
    started_at: float
    """Seconds since the epoch."""
    room: str = ""
    """Where it was; the box's own room has no name."""
    wake_word: str | None = None
    wake_score: float | None = None
    heard: str = ""
    language: str = ""
    reply: str = ""
    """All that was generated."""
    spoken: str = ""
    """What was heard of it."""
    ended: Ended | None = None
    understood_by: str = ""
    """Who answered: command, home_assistant, documents, model or persona."""
    actions: tuple[Action, ...] = ()
    """What was done, in order; kept whatever becomes of the reply."""
    asr_model: str = ""
    chat_model: str = ""
    voice: str = ""
    endpoint_ms: float | None = None
    asr_ms: float | None = None
    llm_first_token_ms: float | None = None
    first_chunk_ms: float | None = None
    tts_first_audio_ms: float | None = None
    first_audible_ms: float | None = None
    wake_to_chime_ms: float | None = None
    bargein_stop_ms: float | None = None
    waited_ms: float | None = None
    """How long it waited for engines that were busy in other rooms, in all; None: not at all."""
    underruns: int = 0
    retracted: int = 0
    """Guesses that were taken back: the person had only paused."""

    def add(self, action: Action) -> None:
        """Write down what was done; more than ``MAX_ACTIONS`` are not."""
        self.actions = (*self.actions, action)[:MAX_ACTIONS]

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, as JSON takes them."""
        return {**asdict(self), "actions": [asdict(action) for action in self.actions]}


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a turn leaves in the conversation: what the person said, and what was spoken back, if anything."""

    heard: str
    spoken: str
    interrupted: bool = False
    at: float = 0.0
    """When the turn began, in seconds since the epoch."""
