"""Every spoken command there is, put together from its families. One that was said is a ``SpokenCommand``."""

from __future__ import annotations

from collections.abc import Mapping

from hearthd.actions import clock_commands, speaker_commands, sum_commands, timer_commands
from hearthd.actions.row import Row

FAMILIES: Mapping[str, tuple[Row, ...]] = {
    "Timers": timer_commands.TIMERS,
    "Alarms": timer_commands.ALARMS,
    "Reminders": timer_commands.REMINDERS,
    "Clock and calendar": clock_commands.ROWS,
    "The speaker itself": speaker_commands.SPEAKER,
    "The conversation": speaker_commands.CONVERSATION,
    "Sums and conversions": sum_commands.ROWS,
}
"""The commands, as people look for them."""
ROWS = {row.name: row for rows in FAMILIES.values() for row in rows}
NAMES = tuple(ROWS)
