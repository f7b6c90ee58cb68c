"""The timers of a room, as its device shows them.

A device counts down by itself from what it was told, so it is told only what has changed. It is never told
that a timer has finished: the firmware would ring beside hearthd's own ring.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aioesphomeapi import VoiceAssistantTimerEventType as Kind

from hearthd.satellites.esphome_device import EsphomeDevice

SAME_SECONDS = 1.5
"""A timer whose end has moved by less is as it was: seconds are told whole."""
MAX_TIMERS = 16
"""A device with little memory keeps each it is told of."""


@dataclass(frozen=True, slots=True)
class DeviceTimer:
    """One timer. ``left``: seconds, of ``total``; ``runs``: not paused."""

    id: str
    total: float
    left: float
    runs: bool = True
    name: str = ""


class DeviceTimers:
    """What one connection's device was told."""

    def __init__(self, device: EsphomeDevice) -> None:
        self._device = device
        self._told: dict[str, tuple[DeviceTimer, float]] = {}
        """Each with when it was told."""

    def show(self, timers: Sequence[DeviceTimer]) -> None:
        """Tell what has changed: ``timers`` are all that count or are paused."""
        now = asyncio.get_running_loop().time()
        shown = {one.id: one for one in sorted(timers, key=lambda one: one.left)[:MAX_TIMERS]}
        for gone in [one for one in self._told if one not in shown]:
            self._tell(Kind.VOICE_ASSISTANT_TIMER_CANCELLED, self._told.pop(gone)[0])
        for timer in shown.values():
            before = self._told.get(timer.id)
            if before is None:
                self._tell(Kind.VOICE_ASSISTANT_TIMER_STARTED, timer)
            elif _as_before(*before, timer, now):
                continue
            else:
                self._tell(Kind.VOICE_ASSISTANT_TIMER_UPDATED, timer)
            self._told[timer.id] = (timer, now)

    def _tell(self, kind: Kind, timer: DeviceTimer) -> None:
        self._device.timer(
            kind, id=timer.id, name=timer.name, seconds=(timer.total, timer.left), runs=timer.runs
        )


def _as_before(before: DeviceTimer, told_at: float, timer: DeviceTimer, now: float) -> bool:
    left = before.left - (now - told_at if before.runs else 0.0)
    same = (before.total, before.runs, before.name) == (timer.total, timer.runs, timer.name)
    return same and abs(left - timer.left) < SAME_SECONDS
