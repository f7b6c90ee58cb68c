"""What was chosen while it ran, and is not there any more."""

from __future__ import annotations

import logging

from hearthd.app import config_check
from hearthd.config import live_settings
from hearthd.config.running_settings import RunningSettings

log = logging.getLogger(__name__)


def forget_lost(running: RunningSettings) -> None:
    """A persona, wake word or voice that was chosen and is gone since keeps the speaker from nothing."""
    for name in ("persona", "wake_word", "voice"):
        chosen = running.overrides.values.get(name)
        if chosen is None:
            continue
        chosen_alone = live_settings.in_force(running.configured, {name: chosen})
        known = {problem.text for problem in config_check.problems(running.configured)}
        if {problem.text for problem in config_check.problems(chosen_alone)} - known:
            fields = {"stage": "config"}
            text = 'the %s "%s" that was chosen is not there any more: the configured one is taken'
            log.warning(text, name.replace("_", " "), chosen, extra=fields)
            running.overrides.forget(name)
