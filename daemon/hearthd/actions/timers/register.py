"""What is set, and when it is due: by which clock, in which zone, whatever happens to either.

**Which clock.** What counts seconds goes by ``Clock.boot``, which nobody sets and which runs on through a
suspend; its instant on the wall clock is kept beside it, for the time after the machine starts anew. What
goes by the wall goes by that, and by the zone in which people live *now*: 07:00 stays 07:00 if the owner
corrects it.

Nothing here waits: what is to last is handed to the store's thread.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future
from dataclasses import replace

from hearthd.actions.timers import schedule
from hearthd.actions.timers.alert import Alert
from hearthd.actions.timers.clock import Clock
from hearthd.actions.timers.store import AlertStore
from hearthd.common.local_time import instant_of

log = logging.getLogger(__name__)

JUMP_SECONDS = 0.5
"""A clock that moves by more against the machine's running time between two looks was set, not steered."""
AHEAD_SECONDS = 5.0
"""What a checked clock says is due so much later was rung by one that was ahead."""


class Register:
    """Every alert there is, by its id. For the asyncio thread."""

    def __init__(self, store: AlertStore, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self.alerts = {alert.id: alert for alert in store.alerts}
        self.trusted = False
        """The wall clock may be believed."""
        self.zone = clock.zone()
        self.doubtful = {
            alert.id
            for alert in self.alerts.values()
            if alert.due is not None and not self._counts(alert) and alert.due <= clock.wall()
        }
        """What looks overdue by a clock that may be wrong."""
        self.written: Future[None] = Future()
        """Done when all that was asked for so far is on the disk; raises StoreError if it is not."""
        self.written.set_result(None)
        self._offset = clock.wall() - clock.boot()
        self._rung_unchecked: list[Alert] = []
        """What rang by a clock that was not yet checked: if that was ahead, it is still to come."""
        for alert in list(self.alerts.values()):
            self._follow_zone(alert)

    def keep(self, alert: Alert) -> None:
        """``alert`` is new, or has changed."""
        self.alerts[alert.id] = alert
        self._written(self._store.save(alert))

    def forget(self, alert: Alert) -> None:
        """It is over for good."""
        self.alerts.pop(alert.id, None)
        self.doubtful.discard(alert.id)
        self._written(self._store.delete(alert.id))

    def _written(self, future: Future[None]) -> None:
        self.written = future

    def due_in(self, seconds: float, alert: Alert) -> Alert:
        """``alert``, which rings in so many seconds of the machine's running time."""
        clock = self._clock
        return replace(
            alert,
            due=clock.wall() + seconds,
            boot_id=clock.boot_id,
            boot_due=clock.boot() + seconds,
            remaining=None,
            rang=False,
        )

    def timed(self, alert: Alert) -> Alert:
        """``alert``, which rings when its zone's clocks show ``at``."""
        assert alert.at is not None
        return replace(alert, due=instant_of(alert.at, alert.zone))

    def left(self, alert: Alert) -> float:
        """Seconds until it is due; below zero: it has been for so long."""
        if alert.boot_due is not None and self._counts(alert):
            return alert.boot_due - self._clock.boot()
        return 0.0 if alert.due is None else alert.due - self._clock.wall()

    def _counts(self, alert: Alert) -> bool:
        """It goes by the running time of this very start of the machine."""
        return alert.boot_due is not None and alert.boot_id == self._clock.boot_id != ""

    def come_round(self, alert: Alert) -> None:
        """It has rung, or was missed: the next time, or never again."""
        if not alert.repeats or alert.at is None:
            self.forget(alert)
            return
        again = schedule.after(alert.at, alert.repeats, alert.zone, self._clock.wall())
        self.keep(self.timed(replace(alert, at=again, rang=False, boot_due=None)))

    def rang(self, alert: Alert) -> None:
        """Its ring has ended: the next time, or never again."""
        if not self.trusted and alert.boot_due is None:
            self._rung_unchecked.append(alert)
        self.come_round(alert)

    def retry(self) -> None:
        """Try again to write what could not be written."""
        self._store.retry()

    def close(self) -> None:
        """Write what is not written yet."""
        self._store.close()

    def follow_clock(self) -> bool:
        """See whether the clock was set, or the owner corrected the zone, since the last look."""
        offset = self._clock.wall() - self._clock.boot()
        jump, self._offset = offset - self._offset, offset
        zone, before = self._clock.zone(), self.zone
        self.zone = zone
        if zone != before:
            log.info("the time zone is %s now (it was %s)", zone, before)
            for alert in list(self.alerts.values()):
                self._follow_zone(alert)
        if abs(jump) < JUMP_SECONDS:
            return zone != before
        log.info("the clock was set by %+.1f s", jump)
        for alert in list(self.alerts.values()):
            if alert.boot_due is not None and self._counts(alert):
                self.keep(replace(alert, due=alert.boot_due + offset))
        unchecked, self._rung_unchecked = self._rung_unchecked, []
        for alert in unchecked:
            if alert.due and alert.due > self._clock.wall() + AHEAD_SECONDS:
                self.keep(replace(alert, rang=False))
        return True

    def _follow_zone(self, alert: Alert) -> None:
        """The hour on the wall stays; which instant that is depends on the zone, and on its laws."""
        if alert.at is None or alert.boot_due is not None or alert.rang:
            return
        moved = self.timed(replace(alert, zone=self.zone))
        if moved != alert:
            self.keep(moved)

    def trust(self) -> None:
        """The wall clock is right, or as right as it will be."""
        if not self.trusted:
            self.follow_clock()
            self.trusted = True
            self.doubtful.clear()
            for alert in list(self.alerts.values()):
                if alert.boot_due is not None and alert.due is not None and not self._counts(alert):
                    boot_due = alert.due - self._offset
                    self.keep(replace(alert, boot_id=self._clock.boot_id, boot_due=boot_due))
