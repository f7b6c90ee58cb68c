"""What a new configuration changes: pure, so that the log can name it before anything is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from pydantic import BaseModel

from hearthd.config.live_settings import LIVE_SETTINGS
from hearthd.config.settings import Settings

Model = TypeVar("Model", bound=BaseModel)

LIVE = (
    *(row.key for row in LIVE_SETTINGS),
    *("actions.ring_minutes", "audio.chime", "barge_in.", "endpoint.", "follow_up.", "knowledge.", "log."),
    *("home_assistant.", "mqtt.", "wake."),
)
"""Keys (or the beginnings of keys) that change without a restart."""


def differences(old: BaseModel, new: BaseModel, path: str = "") -> Iterator[str]:
    """The dotted names of the keys in which ``new`` differs."""
    for name in type(old).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if isinstance(before, BaseModel) and isinstance(after, BaseModel):
            yield from differences(before, after, f"{path}{name}.")
        elif before != after:
            yield f"{path}{name}"


def split(old: Settings, new: Settings) -> tuple[list[str], list[str]]:
    """The changed keys: those that take effect now, and those that need a restart."""
    changed = list(differences(old, new))
    live = [key for key in changed if key.startswith(LIVE)]
    return live, [key for key in changed if key not in live]


def taken_over(old: Model, new: Model, path: str = "") -> Model:
    """``old`` with the values of ``new`` where they take effect now: what is in force after a reload."""
    values: dict[str, object] = {}
    for name in type(old).model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if isinstance(before, BaseModel):
            values[name] = taken_over(before, after, f"{path}{name}.")
        elif f"{path}{name}".startswith(LIVE):
            values[name] = after
    return old.model_copy(update=values)
