"""What Home Assistant answers to a sentence: read from its JSON, which may hold anything."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hearthd.home_assistant.connection import UncertainError

MAX_SPEECH = 1_000
"""Characters: a minute of speech. "All lights that are on" of a large house is some hundred."""
MAX_NAME = 100
MAX_NAMES = 20
_TAG = re.compile(r"<[^<>]{0,200}>")


class AnswerKind(StrEnum):
    """What came of it, by Home Assistant's own names."""

    DONE = "action_done"
    ANSWERED = "query_answer"
    NO_INTENT = "no_intent_match"
    """It does not understand the sentence."""
    NO_TARGETS = "no_valid_targets"
    """It understands, and knows no such thing or place."""
    FAILED = "failed_to_handle"
    """It tried and failed, or must not."""


_CODES = {kind.value: kind for kind in (AnswerKind.NO_INTENT, AnswerKind.NO_TARGETS)}
_DONE = ("action_done", "partial_action_done")


@dataclass(frozen=True, slots=True)
class HomeAnswer:
    """One answer."""

    kind: AnswerKind
    speech: str = ""
    """What it says, to be spoken; it may say nothing."""
    conversation_id: str = ""
    """With it the next sentence may refer to this one ("turn them off")."""
    success: tuple[str, ...] = ()
    """The names of what it was done to."""
    failed: tuple[str, ...] = ()
    """And of what it was not."""

    @property
    def understood(self) -> bool:
        """It knows what was meant, whether it could do it or not."""
        return self.kind in (AnswerKind.DONE, AnswerKind.ANSWERED, AnswerKind.FAILED)

    @property
    def done(self) -> bool:
        """Something took effect, or was told."""
        if self.kind is AnswerKind.DONE:
            return bool(self.success) or not self.failed
        return self.kind is AnswerKind.ANSWERED


def answer_of(raw: Any) -> HomeAnswer:
    """The answer in what came from ``conversation/process``. Raises UncertainError if it is none."""
    response = _table(_table(raw).get("response"))
    data = _table(response.get("data"))
    kind = _kind(response.get("response_type"), data.get("code"))
    conversation = _table(raw).get("conversation_id")
    return HomeAnswer(
        kind,
        _speech(_table(response.get("speech"))),
        conversation[:MAX_NAME] if isinstance(conversation, str) else "",
        _names(data.get("success")),
        _names(data.get("failed")),
    )


def _kind(response_type: object, code: object) -> AnswerKind:
    if response_type in _DONE:
        return AnswerKind.DONE
    if response_type == "query_answer":
        return AnswerKind.ANSWERED
    if response_type == "error":
        return _CODES.get(code, AnswerKind.FAILED) if isinstance(code, str) else AnswerKind.FAILED
    raise UncertainError("Home Assistant's answer has a form that is not known here")


def _speech(speech: Mapping[str, Any]) -> str:
    """Its words without marks, as one line."""
    plain, ssml = _table(speech.get("plain")).get("speech"), _table(speech.get("ssml")).get("speech")
    if isinstance(plain, str) and plain.strip():
        said = plain[:MAX_SPEECH]
    elif isinstance(ssml, str):
        said = html.unescape(_TAG.sub(" ", ssml[: 4 * MAX_SPEECH]))[:MAX_SPEECH]
    else:
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())


def _names(found: object) -> tuple[str, ...]:
    if not isinstance(found, list):
        return ()
    names = (_table(one).get("name") for one in found[:MAX_NAMES])
    return tuple(name[:MAX_NAME] for name in names if isinstance(name, str))


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
