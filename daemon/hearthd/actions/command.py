"""A spoken command: what it is called, and what was said with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NAMES = (
    "timer_set", "timer_query", "timer_list", "timer_add", "timer_subtract", "timer_pause", "timer_resume",
    "timer_cancel", "alarm_set", "alarm_list", "alarm_cancel", "snooze", "reminder_set", "reminder_list",
    "reminder_cancel", "time", "date", "weekday", "volume_set", "volume_up", "volume_down", "mute", "repeat",
    "new_conversation", "forget_last", "persona", "calculate", "convert", "stop", "never_mind",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    The slots, where they were said: ``seconds`` (int), ``name``, ``text`` (str), ``at`` (local ISO time; a
    date of ``date``, ``weekday`` and where a whole day is cancelled), ``repeats`` (list of weekdays, or
    "daily"), ``all``, ``last`` (True), ``level``, ``by`` (0 to 100), ``expression`` (see ``arithmetic``),
    ``value`` (a number), ``unit``, ``to_unit`` (see ``units``). All can be written as JSON.
    """

    name: str
    slots: Mapping[str, object] = field(default_factory=dict)
    language: str = "en"
    then: tuple[Command, ...] = ()
    """What else was asked for in the same breath, in order."""
