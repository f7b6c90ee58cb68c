"""Timers, alarms and reminders: set, found, changed, rung, told of when they were missed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from hearthd.actions.timers.alert import MAX_ALERTS, MAX_NAME, MAX_SECONDS, Alert, Kind
from hearthd.actions.timers.schedule import DAILY, ONCE, days_of, named
from hearthd.actions.timers.shown import shown
from hearthd.actions.timers.store import AlertStore
from hearthd.actions.timers.timers import JUST_RANG_SECONDS, LOOK_SECONDS, SNOOZE_SECONDS, TimerError, Timers
from hearthd.common.local_time import instant_of, local_at
from hearthd.dialogue.ring_events import Over
from tests import virtual_time
from tests.actions.timers.virtual import NotingBell, VirtualClock

pytestmark = pytest.mark.unit

NOON = datetime(2027, 3, 10, 12, 0)


class Speaker:
    """Timers on a virtual machine."""

    def __init__(self, now: datetime = NOON, zone: str = "Europe/Berlin") -> None:
        self.clock, self.bell = VirtualClock(now, zone), NotingBell()
        self.timers = Timers(AlertStore(None), self.clock, self.bell)
        self.timers.trust()

    def passes(self, seconds: float) -> list[Alert]:
        """So much time passes, looked at whenever something is due; what rang meanwhile."""
        before, end = len(self.bell.rung), self.clock.boot() + seconds
        while (wait := self.timers.look()) is not None and self.clock.boot() + wait <= end:
            pending = [alert for alert in self.timers.alerts() if not alert.paused]
            lefts = [self.timers.left(one) for one in pending if not self.timers.rings(one.id)]
            self.clock.passes(max(wait, min(end - self.clock.boot(), *lefts)))
        self.clock.passes(end - self.clock.boot())
        self.timers.look()
        return self.bell.rung[before:]

    def restarts(self, *, trusted: bool = True) -> None:
        """Another life of the speaker, with what the store has kept."""
        store = AlertStore(None)
        store.alerts = self.timers.alerts()
        self.timers = Timers(store, self.clock, self.bell)
        if trusted:
            self.timers.trust()


@pytest.fixture
def speaker() -> Speaker:
    return Speaker()


def test_a_timer_rings_when_its_time_is_up(speaker: Speaker) -> None:
    pasta = speaker.timers.set_timer(600, "pasta")
    assert speaker.passes(599.9) == []
    assert speaker.timers.left(pasta) == pytest.approx(0.1)
    [rung] = speaker.passes(0.1)
    assert (rung.id, rung.name, rung.rang) == (pasta.id, "pasta", True)
    assert speaker.passes(3600) == [], "it was rung twice"
    speaker.timers.over(pasta.id, Over.STOPPED)
    assert speaker.timers.alerts() == []
    assert speaker.bell.ended == [(pasta.id, Over.STOPPED)]
    assert speaker.timers.look() is None, "it looks at the clock with nothing to wait for"


def test_fifty_timers_at_once_each_ring_in_turn(speaker: Speaker) -> None:
    for number in range(47):
        speaker.timers.set_timer(60 + 7 * number, str(number))
    for number in range(47, 50):
        speaker.timers.set_timer(200.5, str(number))
    rung = speaker.passes(3600)
    assert sorted(int(alert.name) for alert in rung) == list(range(50))
    assert [alert.due for alert in rung] == sorted(alert.due or 0 for alert in rung)


def test_what_falls_due_while_another_rings_rings_too(speaker: Speaker) -> None:
    first, second = speaker.timers.set_timer(10, "a"), speaker.timers.set_timer(12, "b")
    speaker.passes(20)
    assert [alert.id for alert in speaker.bell.rung] == [first.id, second.id]
    speaker.timers.over(first.id, Over.STOPPED)
    assert speaker.timers.rings(second.id)


def test_a_paused_timer_keeps_what_is_left(speaker: Speaker) -> None:
    timer = speaker.timers.set_timer(300)
    speaker.passes(100)
    paused = speaker.timers.pause(timer.id)
    assert paused.paused
    assert speaker.timers.left(paused) == 200
    assert speaker.passes(86_400) == []
    speaker.timers.resume(timer.id)
    assert speaker.passes(199) == []
    assert len(speaker.passes(1)) == 1


def test_time_is_added_and_taken_away(speaker: Speaker) -> None:
    timer = speaker.timers.set_timer(300)
    assert speaker.timers.left(speaker.timers.add(timer.id, 60)) == 360
    assert speaker.timers.left(speaker.timers.add(timer.id, -120)) == 240
    with pytest.raises(TimerError):
        speaker.timers.add(timer.id, -240)
    assert speaker.timers.alerts()[0].seconds == 240
    speaker.timers.pause(timer.id)
    assert speaker.timers.left(speaker.timers.add(timer.id, 5)) == 245
    alarm = speaker.timers.set_alarm(NOON + timedelta(hours=1))
    assert speaker.timers.add(alarm.id, 900).at == NOON + timedelta(hours=1, minutes=15)


def test_a_minute_more_for_a_timer_that_rings(speaker: Speaker) -> None:
    timer = speaker.timers.set_timer(10)
    speaker.passes(10)
    speaker.timers.add(timer.id, 60)
    assert speaker.bell.hushed == [timer.id]
    assert not speaker.timers.rings(timer.id)
    assert [alert.id for alert in speaker.passes(60)] == [timer.id]


def test_only_what_counts_can_be_paused(speaker: Speaker) -> None:
    alarm = speaker.timers.set_alarm(NOON + timedelta(hours=1))
    with pytest.raises(TimerError):
        speaker.timers.pause(alarm.id)


def test_a_cancelled_ring_is_hushed_and_gone(speaker: Speaker) -> None:
    timer = speaker.timers.set_timer(10)
    speaker.passes(10)
    speaker.timers.cancel(timer.id)
    assert speaker.bell.hushed == [timer.id]
    assert speaker.bell.ended == [(timer.id, Over.CANCELLED)]
    speaker.timers.over(timer.id, Over.STOPPED)  # what the bell had under way is old news
    assert len(speaker.bell.ended) == 1
    with pytest.raises(TimerError):
        speaker.timers.cancel(timer.id)


def test_all_of_a_kind_are_cancelled(speaker: Speaker) -> None:
    speaker.timers.set_timer(10)
    speaker.timers.set_timer(20)
    alarm = speaker.timers.set_alarm(NOON + timedelta(hours=1))
    assert len(speaker.timers.cancel_all(Kind.TIMER)) == 2
    assert [one.id for one in speaker.timers.alerts()] == [alarm.id]


def test_an_alarm_rings_at_its_hour_and_again_on_its_days(speaker: Speaker) -> None:
    """10 March 2027 is a Wednesday."""
    speaker.timers.set_alarm(datetime.combine(NOON.date(), time(7, 0)), days_of("weekdays"), "up")
    when = []
    for _ in range(8 * 24):
        for alert in speaker.passes(3600):
            when.append(alert.at)
            speaker.timers.over(alert.id, Over.STOPPED)
    assert [at.day for at in when if at is not None] == [11, 12, 15, 16, 17, 18]


def test_a_snoozed_alarm_comes_back_and_keeps_its_days(speaker: Speaker) -> None:
    alarm = speaker.timers.set_alarm(datetime.combine(NOON.date(), time(13, 0)), DAILY)
    speaker.passes(3600)
    speaker.timers.over(alarm.id, Over.SNOOZED)
    assert speaker.passes(SNOOZE_SECONDS - 1) == []
    [again] = speaker.passes(1)
    assert again.id == alarm.id
    speaker.timers.over(alarm.id, Over.STOPPED)
    [next_one] = speaker.timers.alerts()
    assert next_one.at == NOON + timedelta(days=1, hours=1)


def test_snooze_still_means_what_was_just_stopped(speaker: Speaker) -> None:
    alarm = speaker.timers.set_alarm(datetime.combine(NOON.date(), time(13, 0)), DAILY)
    speaker.passes(3600)
    speaker.timers.over(alarm.id, Over.STOPPED)
    assert [one.id for one in speaker.timers.snooze(300)] == [alarm.id]
    [again] = speaker.passes(300)
    speaker.timers.over(again.id, Over.STOPPED)
    assert [one.at for one in speaker.timers.alerts()] == [NOON + timedelta(days=1, hours=1)]
    speaker.passes(JUST_RANG_SECONDS + 1)
    assert speaker.timers.snooze() == []


def test_what_cannot_be_is_refused(speaker: Speaker) -> None:
    timers = speaker.timers
    refused: list[Callable[[], object]] = [
        lambda: timers.set_timer(0),
        lambda: timers.set_timer(-5),
        lambda: timers.set_timer(float("nan")),
        lambda: timers.set_timer(float("inf")),
        lambda: timers.set_timer(MAX_SECONDS + 1),
        lambda: timers.set_timer(60, "x" * (MAX_NAME + 1)),
        lambda: timers.set_alarm(NOON - timedelta(minutes=1)),
        lambda: timers.set_alarm(NOON),
        lambda: timers.set_alarm(NOON + timedelta(days=1000)),
        lambda: timers.set_alarm(datetime(1, 1, 1), DAILY),
        lambda: timers.set_alarm(datetime(9999, 12, 31, 23), DAILY),
        lambda: timers.set_alarm((NOON + timedelta(hours=1)).astimezone()),
        lambda: timers.remind("  ", seconds=60),
        lambda: timers.remind("drink"),
        lambda: timers.pause("nothing"),
        lambda: timers.add("nothing", 60),
    ]
    for one in refused:
        with pytest.raises(TimerError):
            one()
    assert timers.alerts() == []


def test_a_flood_of_timers_is_bounded(speaker: Speaker) -> None:
    for _ in range(MAX_ALERTS):
        speaker.timers.set_timer(60)
    with pytest.raises(TimerError):
        speaker.timers.set_timer(60)


def test_a_name_is_one_line(speaker: Speaker) -> None:
    assert speaker.timers.set_timer(60, " the\npasta\x00\t one ").name == "the pasta one"


# --- which one --------------------------------------------------------------------------------------


def test_which_timer_is_meant(speaker: Speaker) -> None:
    timers = speaker.timers
    pasta = timers.set_timer(600, "pasta")
    assert timers.find(Kind.TIMER).one == pasta
    egg = timers.set_timer(240, "egg")
    plain = timers.set_timer(300)
    assert timers.find(Kind.TIMER).ambiguous
    assert timers.find(Kind.TIMER, name="Pasta").one == pasta
    assert timers.find(Kind.TIMER, name="past a").one == pasta
    assert timers.find(Kind.TIMER, name="leg").one is None
    assert timers.find(Kind.TIMER, seconds=240).one == egg
    assert timers.find(Kind.TIMER, which="last").one == plain
    assert timers.find(Kind.TIMER, name="soup").alerts == ()
    everything = timers.find(Kind.TIMER, which="all")
    assert len(everything.alerts) == 3
    assert not everything.ambiguous
    assert timers.find(Kind.ALARM).alerts == ()
    chinese = timers.set_timer(60, "煮面")
    assert timers.find(name="煮面。").one == chinese
    assert timers.find(name="面").one == chinese


def test_the_one_that_rings_is_meant(speaker: Speaker) -> None:
    rings = speaker.timers.set_timer(10, "tea")
    speaker.timers.set_timer(600, "pasta")
    speaker.passes(10)
    found = speaker.timers.find(Kind.TIMER).one
    assert found is not None
    assert found.id == rings.id
    speaker.timers.over(rings.id, Over.STOPPED)
    just = speaker.timers.find(Kind.TIMER)
    assert just.just_rang
    assert just.one is not None
    speaker.passes(JUST_RANG_SECONDS + 1)
    assert not speaker.timers.find(Kind.TIMER).just_rang


# --- clocks -----------------------------------------------------------------------------------------


def test_seven_stays_seven_when_the_clocks_change() -> None:
    """Berlin puts its clocks forward on 28 March 2027."""
    speaker = Speaker(datetime(2027, 3, 27, 12, 0))
    speaker.timers.set_alarm(datetime(2027, 3, 28, 7, 0), DAILY)
    [alert] = speaker.passes(19 * 3600)
    assert speaker.clock.local == datetime(2027, 3, 28, 8, 0)
    assert speaker.clock.wall() - (alert.due or 0) == 3600
    assert alert.due == instant_of(datetime(2027, 3, 28, 7, 0), "Europe/Berlin")


def test_a_time_that_the_clocks_jump_over_rings_after_the_jump() -> None:
    speaker = Speaker(datetime(2027, 3, 27, 12, 0))
    alarm = speaker.timers.set_alarm(datetime(2027, 3, 28, 2, 30))
    assert local_at(alarm.due or 0, "Europe/Berlin") == datetime(2027, 3, 28, 3, 30)


def test_a_time_that_comes_twice_rings_the_first_time_and_between_the_two_the_second() -> None:
    """Berlin sets its clocks back on 31 October 2027, at three."""
    speaker = Speaker(datetime(2027, 10, 30, 12, 0))
    alarm = speaker.timers.set_alarm(datetime(2027, 10, 31, 2, 30), DAILY)
    assert speaker.passes(24 * 3600) != []
    speaker.timers.over(alarm.id, Over.STOPPED)
    assert [one.at for one in speaker.timers.alerts()] == [datetime(2027, 11, 1, 2, 30)]

    between = Speaker(datetime(2027, 10, 31, 2, 45))  # the first one: half past two is over
    late = between.timers.set_alarm(datetime(2027, 10, 31, 2, 30))
    assert late.at is not None
    assert late.at.fold == 1
    assert (late.due or 0) - between.clock.wall() == 45 * 60
    between.restarts()
    assert [one.due for one in between.timers.alerts()] == [late.due]


def test_ten_minutes_are_ten_minutes_when_the_clock_is_set(speaker: Speaker) -> None:
    timer = speaker.timers.set_timer(600)
    speaker.passes(60)
    speaker.clock.is_set(+7200)
    assert speaker.passes(300) == []
    speaker.clock.is_set(-86_400)
    assert speaker.passes(239) == []
    assert [alert.id for alert in speaker.passes(1)] == [timer.id]


def test_a_clock_that_was_set_is_followed_for_the_time_after_a_power_cut(speaker: Speaker) -> None:
    timer = speaker.timers.set_timer(600)
    speaker.passes(60)
    speaker.clock.is_set(+7200)
    speaker.passes(60)
    speaker.clock.starts_anew(after=120)
    speaker.restarts()
    assert speaker.timers.left(speaker.timers.alerts()[0]) == pytest.approx(600 - 60 - 60 - 120, abs=0.1)
    assert [alert.id for alert in speaker.passes(360)] == [timer.id]


def test_an_alarm_follows_the_clock_on_the_wall(speaker: Speaker) -> None:
    speaker.timers.set_alarm(NOON + timedelta(hours=1))
    speaker.passes(10)
    speaker.clock.is_set(+3000)
    assert speaker.passes(580) == []
    assert len(speaker.passes(10)) == 1


def test_a_clock_set_back_rings_no_alarm_again(speaker: Speaker) -> None:
    alarm = speaker.timers.set_alarm(NOON + timedelta(hours=1), DAILY)
    speaker.passes(3600)
    speaker.timers.over(alarm.id, Over.STOPPED)
    speaker.clock.is_set(-1800)
    assert speaker.passes(7200) == []
    assert len(speaker.passes(86_400)) == 1


def test_an_alarm_rung_by_a_clock_years_ahead_comes_again_by_the_right_one(speaker: Speaker) -> None:
    speaker.clock.is_set(4 * 365 * 86_400)
    alarm = speaker.timers.set_alarm(speaker.clock.local + timedelta(hours=1), DAILY)
    speaker.passes(3600)
    speaker.clock.is_set(-4 * 365 * 86_400)
    speaker.timers.over(alarm.id, Over.STOPPED)
    assert len(speaker.passes(86_400)) == 1


def test_a_suspend_makes_a_timer_late_by_one_look_at_most(speaker: Speaker) -> None:
    speaker.timers.set_timer(60)
    speaker.timers.set_alarm(NOON + timedelta(minutes=2))
    wait = speaker.timers.look()
    assert wait == LOOK_SECONDS
    speaker.clock.passes(180)  # asleep
    assert speaker.timers.look() is not None or speaker.bell.rung
    assert len(speaker.bell.rung) == 2


def test_a_corrected_zone_keeps_the_hour(speaker: Speaker) -> None:
    speaker.clock.zone_name = "UTC"
    speaker.restarts()
    alarm = speaker.timers.set_alarm(datetime(2027, 3, 11, 7, 0))
    timer = speaker.timers.set_timer(86_400)
    speaker.passes(60)
    speaker.clock.zone_name = "Asia/Shanghai"
    speaker.passes(60)
    moved, same = speaker.timers.alerts()
    assert (moved.id, moved.at, moved.zone) == (alarm.id, datetime(2027, 3, 11, 7, 0), "Asia/Shanghai")
    assert moved.due == (alarm.due or 0) - 8 * 3600
    assert same.due == timer.due


# --- while it was off ---------------------------------------------------------------------------------


def test_what_fell_due_while_it_was_off_is_told_once(speaker: Speaker) -> None:
    once = speaker.timers.set_timer(600, "pasta")
    daily = speaker.timers.set_alarm(NOON + timedelta(hours=1), DAILY, "up")
    later = speaker.timers.set_timer(86_000)
    speaker.clock.starts_anew(after=7200)
    speaker.restarts()
    assert speaker.passes(0) == []
    assert [alert.id for alert in speaker.bell.told] == [once.id, daily.id]
    assert speaker.bell.ended == [(once.id, Over.MISSED), (daily.id, Over.MISSED)]
    assert {one.id for one in speaker.timers.alerts()} == {daily.id, later.id}
    speaker.restarts()
    speaker.passes(60)
    assert len(speaker.bell.told) == 2


def test_what_is_late_by_less_than_a_ring_rings(speaker: Speaker) -> None:
    timer = speaker.timers.set_timer(600)
    speaker.clock.starts_anew(after=1000)
    speaker.restarts()
    assert [alert.id for alert in speaker.passes(0)] == [timer.id]


def test_a_ring_that_a_crash_cut_off_goes_on(speaker: Speaker) -> None:
    timer = speaker.timers.set_timer(600)
    speaker.passes(600)
    speaker.clock.passes(5)
    speaker.restarts()
    assert [alert.id for alert in speaker.passes(0)] == [timer.id]


def test_a_ring_that_a_long_power_cut_ended_is_not_called_missed(speaker: Speaker) -> None:
    speaker.timers.set_timer(600)
    speaker.passes(600)
    speaker.clock.starts_anew(after=7200)
    speaker.restarts()
    assert speaker.passes(60) == []
    assert speaker.bell.told == []
    assert speaker.timers.alerts() == []


def test_nothing_is_called_missed_by_a_clock_that_nobody_has_checked(speaker: Speaker) -> None:
    """A board without a battery starts with a clock two years ahead, and with one of yesterday."""
    alarm = speaker.timers.set_alarm(NOON + timedelta(hours=1))
    timer = speaker.timers.set_timer(3000)
    speaker.clock.starts_anew(after=60, wrong_by=2 * 365 * 86_400)
    speaker.restarts(trusted=False)
    assert speaker.passes(300) == []
    assert speaker.bell.told == []
    speaker.clock.is_set(-2 * 365 * 86_400)
    speaker.timers.trust()
    assert [one.id for one in speaker.passes(3000)] == [timer.id]
    assert [one.id for one in speaker.passes(600)] == [alarm.id]


def test_a_clock_of_yesterday_is_late_only_until_it_is_set(speaker: Speaker) -> None:
    alarm = speaker.timers.set_alarm(NOON + timedelta(hours=1))
    speaker.clock.starts_anew(after=3540, wrong_by=-86_400)
    speaker.restarts(trusted=False)
    assert speaker.passes(120) == []
    speaker.clock.is_set(+86_400)
    speaker.timers.trust()
    assert [one.id for one in speaker.passes(0)] == [alarm.id]


def test_an_alarm_rung_by_an_unchecked_clock_that_was_ahead_is_still_to_come(speaker: Speaker) -> None:
    alarm = speaker.timers.set_alarm(NOON + timedelta(hours=8))
    speaker.clock.starts_anew(after=60, wrong_by=7 * 3600)
    speaker.restarts(trusted=False)
    assert len(speaker.passes(3600)) == 1
    speaker.timers.over(alarm.id, Over.TIMEOUT)
    assert speaker.timers.alerts() == []
    speaker.clock.is_set(-7 * 3600)
    speaker.timers.trust()
    assert [one.id for one in speaker.passes(7 * 3600)] == [alarm.id]


def test_it_asks_whether_somebody_has_set_the_clock_and_gives_up_asking() -> None:
    async def live() -> None:
        loop = asyncio.get_running_loop()
        clock, bell = VirtualClock(NOON), NotingBell()
        timers = Timers(AlertStore(None), clock, bell)
        timers.set_timer(600)
        clock.starts_anew(after=3000)
        clock.set_by_somebody = False
        store = AlertStore(None)
        store.alerts = timers.alerts()
        start, begun = clock.boot(), loop.time()
        clock.boot = lambda: start + loop.time() - begun  # type: ignore[method-assign]
        life = asyncio.create_task(Timers(store, clock, bell).run())
        await asyncio.sleep(600)
        assert bell.told == []
        await asyncio.sleep(600)  # nobody ever sets it: it is as right as it will be
        assert len(bell.told) == 1
        life.cancel()

    virtual_time.run(live())


def test_it_wakes_at_the_very_moment() -> None:
    async def live() -> None:
        loop = asyncio.get_running_loop()
        clock, bell = VirtualClock(NOON), NotingBell()
        begun = loop.time()
        clock.boot = lambda: 600 + loop.time() - begun  # type: ignore[method-assign]
        clock.wall = lambda: 1_800_000_000 + loop.time()  # type: ignore[method-assign]
        timers = Timers(AlertStore(None), clock, bell)
        life = asyncio.create_task(timers.run())
        await asyncio.sleep(1.5)
        timers.set_timer(61.7)
        await asyncio.sleep(61.69)
        assert bell.rung == []
        await asyncio.sleep(0.02)
        assert len(bell.rung) == 1
        life.cancel()

    virtual_time.run(live())


# --- as it is shown ---------------------------------------------------------------------------------


def test_what_is_shown(speaker: Speaker) -> None:
    alarm = speaker.timers.set_alarm(datetime(2027, 3, 11, 7, 0), days_of(["saturday", "monday"]), "up")
    seen = shown(alarm, left=60.2, ringing=False)
    assert (seen["kind"], seen["name"], seen["remaining"]) == ("alarm", "up", 60)
    assert seen["due"] == "2027-03-13T07:00:00+01:00"
    assert seen["repeats"] == ["monday", "saturday"]
    spoken = replace(alarm, spoken=True)
    assert shown(spoken, left=1, ringing=False, words=False)["name"] == ""
    assert shown(alarm, left=1, ringing=False, words=False)["name"] == "up"
    paused = speaker.timers.pause(speaker.timers.set_timer(60).id)
    assert shown(paused, left=60, ringing=False)["due"] is None


def test_days_have_names() -> None:
    assert days_of("daily") == DAILY
    assert named(DAILY) == "daily"
    assert named(ONCE) == []
    assert named(days_of("weekends")) == ["saturday", "sunday"]
    with pytest.raises(ValueError, match="no weekday"):
        days_of(["funday"])
    with pytest.raises(ValueError, match="no weekday"):
        days_of("mon tue")
