"""What the spoken commands are called. One that was said is a ``dialogue.intent.SpokenCommand``."""

from __future__ import annotations

NAMES = (
    "timer_set", "timer_query", "timer_list", "timer_add", "timer_subtract", "timer_pause", "timer_resume",
    "timer_cancel", "alarm_set", "alarm_list", "alarm_cancel", "snooze", "reminder_set", "reminder_list",
    "reminder_cancel", "time", "date", "weekday", "volume_set", "volume_up", "volume_down", "mute", "repeat",
    "new_conversation", "forget_last", "persona", "calculate", "convert", "stop", "never_mind",
)  # fmt: skip
