"""Ten years of alarms in zones whose clocks change in every way there is: each local time rings once."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from hearthd.actions.timers.alert import Alert
from hearthd.actions.timers.schedule import DAILY, Days, days_of
from hearthd.actions.timers.store import AlertStore
from hearthd.actions.timers.timers import Timers
from hearthd.common.local_time import local_at
from hearthd.dialogue.ring_events import Over
from tests.actions.timers.virtual import NotingBell, VirtualClock

pytestmark = [pytest.mark.unit, pytest.mark.slow]

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Sydney",  # in the south
    "America/Santiago",  # at midnight
    "Australia/Lord_Howe",  # by half an hour
    "Asia/Shanghai",  # never
)
BEGIN = date(2026, 11, 27)
SET: tuple[tuple[time, Days], ...] = (
    (time(7, 0), days_of("weekdays")),
    (time(9, 30), days_of("weekends")),
    (time(2, 30), DAILY),  # does not exist, or comes twice, where the clocks change at two
    (time(1, 45), DAILY),
    (time(0, 0), DAILY),
    (time(0, 15), days_of(["sunday"])),
    (time(23, 59, 30), days_of(["saturday", "tuesday"])),
)


def exists(at: datetime, zone: str) -> bool:
    """Whether the clocks of the zone show that time at all."""
    aware = at.replace(tzinfo=ZoneInfo(zone))
    return aware.astimezone(ZoneInfo("UTC")).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == at


def expected(hour: time, days: Days, end: date) -> list[datetime]:
    """Every local time that is to ring, found day by day."""
    every = (BEGIN + timedelta(days=n) for n in range((end - BEGIN).days))
    return [datetime.combine(day, hour) for day in every if day.weekday() in days]


class Decade:
    """The speaker's timers, rung to their end as they come, for ten years."""

    def __init__(self, zone: str) -> None:
        self.clock = VirtualClock(datetime.combine(BEGIN - timedelta(days=1), time(23, 59, 45)), zone)
        self.store = AlertStore(None)
        self.bell = NotingBell()
        self.timers = Timers(self.store, self.clock, self.bell)
        self.rung: dict[str, list[tuple[Alert, float]]] = {}

    def look(self) -> float | None:
        """Let what is due ring, for half a minute."""
        wait = self.timers.look()
        for alert in self.bell.rung:
            self.rung.setdefault(alert.name, []).append((alert, self.clock.wall()))
        for alert in self.bell.rung:
            self.timers.over(alert.id, Over.STOPPED)
        self.bell.rung.clear()
        return wait

    def next_due(self) -> float:
        return min(alert.due for alert in self.timers.alerts() if alert.due is not None)

    def restart(self) -> None:
        """Another process takes over what the store holds."""
        store = AlertStore(None)
        store.alerts = self.timers.alerts()
        self.timers = Timers(store, self.clock, self.bell)
        self.timers.trust()


def check(decade: Decade, zone: str, end: date, *, late: float) -> None:
    """Every local time rang, once, on time; one that does not exist did just after the clocks jumped."""
    for number, (hour, days) in enumerate(SET):
        rung = decade.rung[str(number)]
        wanted = expected(hour, days, end)
        assert [alert.at for alert, _ in rung][: len(wanted)] == wanted, "lost, or twice, or out of turn"
        assert max(Counter(alert.at for alert, _ in rung).values()) == 1
        for alert, heard in rung:
            assert alert.at is not None
            by_the_clock = local_at(heard, zone) - alert.at
            if exists(alert.at, zone):
                behind = heard - alert.at.replace(tzinfo=ZoneInfo(zone)).timestamp()
                assert 0 <= behind <= late, f"{alert.at} rang at {local_at(heard, zone)}"
                assert late > 1 or by_the_clock < timedelta(seconds=1)
            else:
                assert timedelta() < by_the_clock <= timedelta(hours=1, seconds=late)


@pytest.mark.parametrize("zone", ZONES)
def test_every_local_time_of_ten_years_rings_once(zone: str) -> None:
    decade = Decade(zone)
    for number, (hour, days) in enumerate(SET):
        decade.timers.set_alarm(datetime.combine(BEGIN, hour), days, str(number))
    end = BEGIN.replace(year=BEGIN.year + 10)
    while decade.clock.local < datetime.combine(end, time(0, 0)) - timedelta(seconds=1):
        decade.clock.passes(max(0.0, decade.next_due() - decade.clock.wall()))
        decade.look()
    check(decade, zone, end, late=1.0)


@pytest.mark.parametrize("zone", ZONES)
def test_suspends_restarts_and_a_clock_that_is_set_lose_none_and_ring_none_twice(zone: str) -> None:
    """The clock is wrong by up to five minutes until it is set right; the machine sleeps for up to eight."""
    decade, rng = Decade(zone), random.Random(zone)
    for number, (hour, days) in enumerate(SET):
        decade.timers.set_alarm(datetime.combine(BEGIN, hour), days, str(number))
    end = BEGIN.replace(year=BEGIN.year + 3)
    wrong = 0.0
    while decade.clock.local < datetime.combine(end, time(0, 10)):
        decade.clock.passes(max(0.0, decade.next_due() - decade.clock.wall()))
        match rng.randrange(12):
            case 0:
                decade.clock.passes(rng.uniform(0, 480))
            case 1:
                decade.restart()
            case 2:
                decade.clock.starts_anew(rng.uniform(0, 100))
                decade.restart()
            case 3 if not wrong:
                wrong = rng.uniform(-300, 300)
                decade.clock.is_set(wrong)
            case _ if wrong:
                decade.clock.is_set(-wrong)
                wrong = 0.0
        decade.look()
    assert not decade.bell.told
    check(decade, zone, end, late=900.0)
