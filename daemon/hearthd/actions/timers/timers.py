"""The timers, alarms and reminders of the speaker: set, found, changed, rung, told of when they were missed.

All methods belong to the asyncio thread and none waits: what is to last is handed to the store's thread.

The event loop's own timers stand still during a suspend and know nothing of a clock that is set, so the
clocks are looked at every ``LOOK_SECONDS`` while anything is due at all.

**Late.** What is late by less than a ring lasts rings, as it would still be ringing had the speaker been on;
what is later was missed, and is told. Nothing is called missed by a clock that nobody has checked.
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from hearthd.actions.timers import schedule
from hearthd.actions.timers.alert import MAX_ALERTS, MAX_DAYS_AHEAD, MAX_NAME, MAX_SECONDS, Alert, Kind
from hearthd.actions.timers.clock import Clock
from hearthd.actions.timers.finding import Found, named_like
from hearthd.actions.timers.register import Register
from hearthd.actions.timers.schedule import ONCE, Days
from hearthd.actions.timers.store import AlertStore
from hearthd.common.local_time import instant_of, local_at
from hearthd.dialogue.ring_events import Over

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""After a suspend, or when the clock was set, it rings so much late at most."""
TRUST_SECONDS = 15.0
"""Whether somebody has set the clock by now is asked so often."""
UNCHECKED_SECONDS = 900.0
"""A machine that has run for so long without anybody setting its clock has nobody who does: then it is as
right as it will be. A router that starts after the same power cut needs two to five minutes."""
SNOOZE_SECONDS = 540.0
"""Nine minutes, as bedside clocks have it since the fifties."""
JUST_RANG_SECONDS = 120.0
"""For so long after its ring "snooze" and "cancel it" still mean that one."""


class TimerError(ValueError):
    """What was asked for cannot be set, or is not there. The message says why, for people."""


class Bell(Protocol):
    """Who rings, and tells. None of it waits."""

    def ring(self, alert: Alert) -> None:
        """It is due: ring, until ``Timers.over`` is told how that ended."""
        ...

    def hush(self, alert_id: str) -> None:
        """It is no longer due (cancelled, put off): do not ring it, or no longer."""
        ...

    def missed(self, alerts: Sequence[Alert]) -> None:
        """They fell due while nobody could ring: tell people."""
        ...

    def over(self, alert: Alert, how: Over) -> None:
        """The ring of ``alert`` is over, or it was missed."""
        ...

    def lost(self) -> None:
        """The file in which they are kept was damaged, and some may be lost: tell people."""
        ...

    def changed(self) -> None:
        """Something was set, changed, rings or is over."""
        ...


class Timers:
    """Everything that is set. ``run`` rings it."""

    def __init__(self, store: AlertStore, clock: Clock, bell: Bell, *, ring_seconds: float = 600.0) -> None:
        self._clock, self._bell = clock, bell
        self._register = Register(store, clock)
        self.ring_seconds = ring_seconds
        """How long one rings if nobody stops it."""
        self._ringing: dict[str, Alert] = {}
        self._just_rang: list[tuple[float, Alert]] = []
        """When (``Clock.boot``) each of the last rings ended, and what rang."""
        self._changed = asyncio.Event()
        self._lost = store.damaged is not None

    @property
    def now(self) -> float:
        """Seconds since the epoch, by the clock that alarms go by."""
        return self._clock.wall()

    @property
    def zone(self) -> str:
        """The name of the zone that alarms go by."""
        return self._register.zone

    @property
    def written(self) -> Future[None]:
        """Done when all that was asked for so far is on the disk; raises StoreError if it is not."""
        return self._register.written

    # --- orders ---------------------------------------------------------------------------------

    def set_timer(self, seconds: float, name: str = "", **origin: Any) -> Alert:
        """Ring after ``seconds``. ``origin``: ``language``, ``spoken``, ``room`` of ``Alert``."""
        return self._put(self._counting(Kind.TIMER, seconds, name, origin))

    def set_alarm(self, at: datetime, repeats: Days = ONCE, name: str = "", **origin: Any) -> Alert:
        """Ring at the local time ``at``, or at its hour on the days of ``repeats`` from then on."""
        return self._put(self._by_clock(Kind.ALARM, at, repeats, name, origin))

    def remind(
        self,
        text: str,
        *,
        at: datetime | None = None,
        seconds: float = 0.0,
        repeats: Days = ONCE,
        **origin: Any,
    ) -> Alert:
        """Say ``text`` at a local time (again on the days of ``repeats``), or after ``seconds``."""
        if not text.strip():
            raise TimerError("a reminder needs a text")
        if at is None:
            return self._put(self._counting(Kind.REMINDER, seconds, text, origin))
        return self._put(self._by_clock(Kind.REMINDER, at, repeats, text, origin))

    def add(self, alert_id: str, seconds: float) -> Alert:
        """Ring ``seconds`` later (below zero: sooner). One that rings does so again after ``seconds``."""
        alert = self._get(alert_id)
        if not math.isfinite(seconds):
            raise TimerError("so many seconds are no time")
        if alert.remaining is not None:
            left = alert.remaining + seconds
            self._check_length(left)
            return self._put(replace(alert, remaining=left, seconds=alert.seconds + seconds))
        left = max(0.0, self._register.left(alert)) + seconds
        self._check_length(left)
        self._hush(alert_id)
        if alert.at is not None and alert.boot_due is None:
            return self._put(self._register.timed(replace(alert, at=alert.at + timedelta(seconds=seconds))))
        return self._put(self._register.due_in(left, replace(alert, seconds=alert.seconds + seconds)))

    def pause(self, alert_id: str) -> Alert:
        """Stop counting. What goes by the clock cannot."""
        alert = self._get(alert_id)
        if alert.paused:
            return alert
        if not alert.seconds:
            raise TimerError("only what counts time can be paused")
        self._hush(alert_id)
        left = max(1.0, self._register.left(alert))
        return self._put(replace(alert, remaining=left, due=None, boot_due=None, rang=False))

    def resume(self, alert_id: str) -> Alert:
        """Count on."""
        alert = self._get(alert_id)
        return alert if alert.remaining is None else self._put(self._register.due_in(alert.remaining, alert))

    def cancel(self, alert_id: str) -> Alert:
        """It is not to ring any more, never again. Returns what it was."""
        alert = self._get(alert_id)
        rings = alert_id in self._ringing
        self._hush(alert_id)
        self._register.forget(alert)
        if rings:
            self._bell.over(alert, Over.CANCELLED)
        self._tell()
        return alert

    def cancel_all(self, kind: Kind | None = None) -> list[Alert]:
        """Cancel every one (of that kind); returns what there was."""
        alerts = self.alerts(kind)
        ringing = [alert for alert in alerts if self._ringing.pop(alert.id, None) is not None]
        for alert in ringing:  # all of them before any is told of: none shall take the turn of another
            self._bell.hush(alert.id)
        for alert in alerts:
            self._register.forget(alert)
            if alert in ringing:
                self._bell.over(alert, Over.CANCELLED)
        self._tell()
        return alerts

    def snooze(self, seconds: float = SNOOZE_SECONDS) -> list[Alert]:
        """Let what rang just now ring again after ``seconds``; returns what will (none: nothing had rung)."""
        self._check_length(seconds)
        snoozed = [self._put(self._register.due_in(seconds, alert)) for alert in self.just_rang]
        self._just_rang.clear()
        return snoozed

    def over(self, alert_id: str, how: Over, snooze_seconds: float = SNOOZE_SECONDS) -> None:
        """The bell tells that the ring has ended, and how."""
        alert = self._ringing.pop(alert_id, None)
        if alert is None:
            return
        if how is Over.SNOOZED:
            self._put(self._register.due_in(snooze_seconds, alert))
        else:
            self._just_rang.append((self._clock.boot(), alert))
            self._register.rang(alert)
        self._bell.over(alert, how)
        self._tell()

    # --- questions ------------------------------------------------------------------------------

    def alerts(self, kind: Kind | None = None) -> list[Alert]:
        """What is set (of that kind): what is due next first, what is paused last."""
        found = [alert for alert in self._register.alerts.values() if kind in (None, alert.kind)]
        return sorted(found, key=lambda one: (one.due is None, one.due or 0.0, one.created_at))

    def left(self, alert: Alert) -> float:
        """Seconds until it rings, or that are left of a paused one."""
        return alert.remaining if alert.remaining is not None else max(0.0, self._register.left(alert))

    def ringing(self, alert_id: str) -> Alert | None:
        """The alert of that id, if it rings now or waits for its turn to."""
        return self._ringing.get(alert_id)

    def rings(self, alert_id: str) -> bool:
        """Whether it rings now, or waits for its turn to."""
        return alert_id in self._ringing

    @property
    def just_rang(self) -> list[Alert]:
        """What was rung to its end within the last two minutes."""
        since = self._clock.boot() - JUST_RANG_SECONDS
        self._just_rang = [one for one in self._just_rang if one[0] >= since]
        return [alert for _, alert in self._just_rang]

    def find(
        self, kind: Kind | None = None, *, name: str = "", seconds: float = 0.0, which: str = ""
    ) -> Found:
        """What people mean by "the pasta timer", "the ten minute timer", "the last one" or "all".

        ``which`` is "", "last" or "all". Without any of it the one that rings, or has just rung, is meant.
        """
        known = self.alerts(kind)
        if which == "all":
            return Found(tuple(known), every=True)
        if name:
            known = named_like(name, known)
        if seconds:
            known = [alert for alert in known if alert.seconds == seconds]
        if which == "last" and known:
            order = list(self._register.alerts)
            return Found((max(known, key=lambda one: (one.created_at, order.index(one.id))),))
        if not name and not seconds and not which:
            ringing = [alert for alert in known if alert.id in self._ringing]
            if ringing:
                return Found(tuple(ringing))
            rang = [alert for alert in self.just_rang if kind in (None, alert.kind)]
            if rang:
                return Found(tuple(rang), just_rang=True)
        return Found(tuple(known))

    # --- life -----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Ring what falls due; never returns."""
        if self._lost:
            self._lost = False
            self._bell.lost()
        trusting = asyncio.create_task(self._ask_for_trust())
        try:
            while True:
                self._changed.clear()
                wait = self.look()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._changed.wait()
        finally:
            trusting.cancel()

    def trust(self) -> None:
        """The wall clock is right, or as right as it will be."""
        self._register.trust()
        self._changed.set()

    def look(self) -> float | None:
        """Ring what is due; returns the seconds until it is to look again, None if nothing is to come."""
        self._register.retry()
        if self._register.follow_clock():
            self._bell.changed()
        missed = []
        waits = [LOOK_SECONDS] if self._register.doubtful else []
        for alert in self.alerts():
            if alert.due is None or alert.id in self._ringing or alert.id in self._register.doubtful:
                continue
            left = self._register.left(alert)
            if left > 0:
                waits.append(min(left, LOOK_SECONDS))
            elif left >= -self.ring_seconds:
                self._ring(alert)
            else:
                self._register.come_round(alert)
                if not alert.rang:
                    missed.append(alert)
        for alert in missed:
            self._bell.over(alert, Over.MISSED)
        if missed:
            self._bell.missed(missed)
            self._tell()
        return min(waits, default=None)

    def close(self) -> None:
        """Write what is not written yet."""
        self._register.close()

    async def _ask_for_trust(self) -> None:
        for _ in range(int(UNCHECKED_SECONDS / TRUST_SECONDS)):
            if self._clock.boot() > UNCHECKED_SECONDS or await self._clock.synchronized():
                break
            await asyncio.sleep(TRUST_SECONDS)
        self.trust()

    # --- inside ---------------------------------------------------------------------------------

    def _ring(self, alert: Alert) -> None:
        alert = replace(alert, rang=True)
        self._ringing[alert.id] = alert
        self._register.keep(alert)
        self._bell.ring(alert)
        self._bell.changed()

    def _hush(self, alert_id: str) -> None:
        if self._ringing.pop(alert_id, None) is not None:
            self._bell.hush(alert_id)

    def _counting(self, kind: Kind, seconds: float, name: str, origin: dict[str, Any]) -> Alert:
        self._check_length(seconds)
        return self._register.due_in(seconds, self._new(kind, name, origin, seconds=float(seconds)))

    def _by_clock(self, kind: Kind, at: datetime, repeats: Days, name: str, origin: dict[str, Any]) -> Alert:
        if at.tzinfo is not None:
            raise TimerError("the time is meant where the speaker stands: leave the zone out")
        now = self._clock.wall()
        if not -1 <= (at - local_at(now, self._register.zone)).days <= MAX_DAYS_AHEAD:
            raise TimerError(f"the time must lie in the next {MAX_DAYS_AHEAD} days")
        at = schedule.first(at, repeats, self._register.zone, now)
        if instant_of(at, self._register.zone) <= now:
            raise TimerError("that time is over")
        alert = self._new(kind, name, origin, at=at, repeats=repeats)
        return self._register.timed(alert)

    def _new(self, kind: Kind, name: str, origin: dict[str, Any], **fields: Any) -> Alert:
        if len(self._register.alerts) >= MAX_ALERTS:
            raise TimerError(f"no more than {MAX_ALERTS} timers, alarms and reminders can be set")
        name = " ".join("".join(c if c.isprintable() else " " for c in name).split())
        if len(name) > MAX_NAME:
            raise TimerError(f"a name has {MAX_NAME} characters at most")
        return Alert(
            id=secrets.token_hex(4),
            kind=kind,
            created_at=self._clock.wall(),
            name=name,
            zone=self._register.zone,
            **origin,
            **fields,
        )

    @staticmethod
    def _check_length(seconds: float) -> None:
        if not 0 < seconds <= MAX_SECONDS:
            raise TimerError(f"a timer runs for more than 0 s and at most {MAX_SECONDS // 86_400} days")

    def _get(self, alert_id: str) -> Alert:
        try:
            return self._register.alerts[alert_id]
        except KeyError:
            raise TimerError("there is no such timer, alarm or reminder") from None

    def _put(self, alert: Alert) -> Alert:
        self._register.keep(alert)
        self._tell()
        return alert

    def _tell(self) -> None:
        self._bell.changed()
        self._changed.set()
