"""How the speaker's values look on the wire, within what Home Assistant can hold.

A state holds 255 characters; the attributes of an entity are recorded up to 16,384 bytes, all together.
What people say leaves the speaker only if the owner wants it to.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from hearthd.config.live_settings import Value
from hearthd.dialogue.events import EchoMeasured
from hearthd.dialogue.turn_record import TurnRecord

MAX_STATE = 255
MAX_ATTRIBUTES_BYTES = 16_000
"""Of 16,384: the rest is for the attributes that Home Assistant adds (name, icon, options)."""
MAX_TIMER_NAME = 100
MAX_ACTIONS_BYTES = 6_000
"""Of a turn's actions: as many bytes are left for what was heard and said."""
TRANSCRIPTS = ("heard", "reply", "spoken", "text")
"""Fields that hold what people or the speaker said."""
_SAID = ("arguments", "result")
"""Those of an action that may: a reminder's text, a room's name."""


def plain(value: Value) -> str:
    """ON or OFF, a number without needless digits, or the text, cut to what a state holds."""
    if isinstance(value, bool):
        return "ON" if value else "OFF"
    if isinstance(value, int | float):
        return f"{value:g}" if math.isfinite(value) else ""
    return cut(value)


def cut(text: str, limit: int = MAX_STATE) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def as_json(document: Mapping[str, Any] | Sequence[Any]) -> str:
    """Compact, as it goes over the wire."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def turn_json(record: TurnRecord, transcripts: bool) -> str:
    """The turn's fields as one JSON object that fits into attributes."""
    fields = record.as_dict()
    fields["actions"] = _actions(fields["actions"], transcripts)
    if not transcripts:
        fields = {key: value for key, value in fields.items() if key not in TRANSCRIPTS}
    return document(fields)


def _actions(actions: Sequence[Mapping[str, Any]], transcripts: bool) -> list[dict[str, Any]]:
    """What was done, without the words that were said unless they may be told; as much of it as fits."""
    kept = [{key: one[key] for key in one if transcripts or key not in _SAID} for one in actions]
    while len(as_json(kept).encode("utf-8", "replace")) > MAX_ACTIONS_BYTES:
        kept.pop()
    return kept


def event_json(kind: str, turn_id: str | None, fields: Mapping[str, Any], transcripts: bool) -> str:
    """An event as one JSON object that fits into attributes."""
    kept = {key: value for key, value in fields.items() if transcripts or key not in TRANSCRIPTS}
    return document({**kept, "event_type": kind, "turn_id": turn_id})


def echo_json(measured: EchoMeasured) -> str:
    """How well the canceller hears past the speaker, as one JSON object."""
    return as_json(
        {
            "reduction_db": None if measured.reduction_db is None else round(measured.reduction_db, 1),
            "delay_ms": round(measured.delay_ms),
            "converged": measured.converged,
        }
    )


def timers_json(timers: Sequence[Mapping[str, Any]]) -> str:
    """What is set, as a JSON list that fits into attributes: names are cut, then the last ones left out."""
    kept = [{**one, "name": cut(str(one.get("name", "")), MAX_TIMER_NAME)} for one in timers]
    while True:
        text = as_json(kept)
        if len(text.encode("utf-8", "replace")) <= MAX_ATTRIBUTES_BYTES:
            return text.encode("utf-8", "replace").decode("utf-8")
        kept = kept[: len(kept) * 9 // 10]


def document(fields: Mapping[str, Any]) -> str:
    """``fields`` as JSON of at most 16,000 bytes: the longest texts are cut until it fits."""
    kept = {key: _finite(value) for key, value in fields.items()}
    limit = MAX_ATTRIBUTES_BYTES
    while True:
        text = json.dumps(kept, ensure_ascii=False, allow_nan=False, default=str)
        if len(text.encode("utf-8", "replace")) <= MAX_ATTRIBUTES_BYTES:
            return text.encode("utf-8", "replace").decode("utf-8")
        limit = limit * 3 // 4
        kept = {key: cut(value, limit) if isinstance(value, str) else value for key, value in kept.items()}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
