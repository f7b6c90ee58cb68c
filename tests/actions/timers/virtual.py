"""A machine's clocks that a test moves, and a bell that writes down what it is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from hearthd.actions.timers.alert import Alert
from hearthd.common.local_time import instant_of, local_at
from hearthd.dialogue.ring_events import Over


class VirtualClock:
    """Runs only when it is told to. Ten minutes after the machine started, in a zone."""

    def __init__(self, now: datetime, zone: str = "UTC") -> None:
        self.zone_name, self.boot_id = zone, "first-start"
        self._offset = instant_of(now, zone) - 600.0
        self._boot = 600.0
        self.set_by_somebody = True

    def wall(self) -> float:
        return self._boot + self._offset

    def boot(self) -> float:
        return self._boot

    def zone(self) -> str:
        return self.zone_name

    async def synchronized(self) -> bool:
        return self.set_by_somebody

    def passes(self, seconds: float) -> None:
        self._boot += seconds

    def is_set(self, by: float) -> None:
        """Somebody sets the clock on the wall."""
        self._offset += by

    def starts_anew(self, after: float, *, wrong_by: float = 0.0) -> None:
        """The machine was off for so long."""
        self._offset += self._boot + after + wrong_by - 20.0
        self._boot, self.boot_id = 20.0, self.boot_id + "-again"

    @property
    def local(self) -> datetime:
        return local_at(self.wall(), self.zone_name)

    @property
    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.wall(), UTC)


class NotingBell:
    """What was rung, hushed, missed and ended."""

    def __init__(self) -> None:
        self.rung: list[Alert] = []
        self.hushed: list[str] = []
        self.told: list[Alert] = []
        self.ended: list[tuple[str, Over]] = []
        self.changes = 0
        self.told_of_damage = False

    def ring(self, alert: Alert) -> None:
        self.rung.append(alert)

    def hush(self, alert_id: str) -> None:
        self.hushed.append(alert_id)

    def missed(self, alerts: Sequence[Alert]) -> None:
        self.told += alerts

    def over(self, alert: Alert, how: Over) -> None:
        self.ended.append((alert.id, how))

    def lost(self) -> None:
        self.told_of_damage = True

    def changed(self) -> None:
        self.changes += 1
