"""What is kept for so many days goes after so many days, whatever the clock on the wall says meanwhile."""

from __future__ import annotations

import random
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.history import recall, schema
from hearthd.history.retention import DAY, HOUR, Clocks
from hearthd.history.store import Store, new_turn_id

pytestmark = pytest.mark.unit

NOW = 1_795_000_000.0
"""A day in 2026."""
YEAR = 365 * DAY


@dataclass
class World:
    """The time as it really is, and what the clock on the wall shows of it."""

    real: float = 0.0
    """Seconds since the beginning of the test."""
    booted: float = -1000.0
    wrong_by: float = 0.0
    vouched: bool = True

    @property
    def wall(self) -> float:
        return NOW + self.real + self.wrong_by

    def clocks(self) -> Clocks:
        return Clocks(
            passed=lambda: self.real - self.booted, checked=lambda: self.wall if self.vouched else None
        )


class House:
    """A speaker that is switched on and off; each life has a store of its own in the same file."""

    def __init__(self, folder: Path, days: int) -> None:
        self.world = World()
        self.path = folder / schema.FILE
        self._days = days
        self.store = self._opened()

    def _opened(self) -> Store:
        return Store(self.path, retention_days=self._days, clocks=self.world.clocks())

    def off(self, seconds: float) -> None:
        """Switched off for so long; the machine boots anew."""
        self.store.close()
        self.world.real += seconds
        self.world.booted = self.world.real
        self.store = self._opened()

    def runs(self, seconds: float) -> None:
        """It stays on, and what is done once in a while at rest is done."""
        for _ in range(max(1, int(seconds / DAY))):
            self.world.real += seconds / max(1, int(seconds / DAY))
            self.store._worker.submit(self.store._look_after).result(10)

    def talks(self, *heard: str) -> None:
        for words in heard:
            record = TurnRecord(
                new_turn_id(), self.store.conversation_id(self.world.wall), self.world.wall, heard=words
            )
            record.ended = Ended.COMPLETED
            self.store.ended(record).result(10)

    def remembers(self) -> list[str]:
        return [turn.heard for turn in self.store.recent_turns(10_000)]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, days=30)


def hundred(word: str = "turn") -> list[str]:
    return [f"{word} {number}" for number in range(100)]


def test_turns_go_when_they_were_kept_for_so_many_days(house: House) -> None:
    house.talks("xylophone")
    house.runs(20 * DAY)
    house.talks("new")
    house.runs(9 * DAY)
    assert house.remembers() == ["xylophone", "new"]
    house.runs(2 * DAY)
    assert house.remembers() == ["new"]
    assert b"xyl" not in house.path.read_bytes()
    house.store.close()


def test_a_start_with_a_clock_two_years_ahead_forgets_nothing(house: House) -> None:
    house.talks(*hundred())
    house.runs(DAY)
    house.world.wrong_by, house.world.vouched = 2 * YEAR, False
    house.off(DAY)
    house.runs(3 * DAY)
    house.talks("said in the wrong year")
    assert house.remembers() == [*hundred(), "said in the wrong year"]
    house.store.close()


def test_turns_stamped_1970_outlive_the_setting_of_the_clock(house: House) -> None:
    house.world.wrong_by, house.world.vouched = -NOW, False
    house.talks(*hundred("seventies"))
    house.runs(2 * HOUR)
    house.world.wrong_by, house.world.vouched = 0.0, True
    house.talks("set")
    house.runs(28 * DAY)
    house.off(2 * HOUR)
    house.runs(2 * HOUR)
    assert house.remembers() == [*hundred("seventies"), "set"]
    house.runs(9 * DAY)
    assert len(house.remembers()) < 100
    house.store.close()


def test_nothing_is_forgotten_at_the_start(house: House) -> None:
    house.talks(*hundred())
    house.runs(2 * HOUR)
    house.off(29.7 * DAY)
    house.runs(2 * HOUR)
    house.off(DAY)
    house.talks("first thing")
    house.runs(0.9 * HOUR)
    assert house.remembers() == [*hundred(), "first thing"]
    house.runs(0.2 * HOUR)
    assert len(house.remembers()) < 101
    house.store.close()


def test_never_more_than_half_goes_at_once_and_all_of_it_in_the_end(house: House) -> None:
    house.talks(*hundred("old"))
    house.runs(DAY)
    house.off(40 * DAY)
    house.talks("new")
    left = []
    for _ in range(8):
        house.runs(DAY)
        left.append(len(house.remembers()))
    assert left == [51, 26, 13, 7, 4, 2, 1, 1]
    assert house.remembers() == ["new"]
    house.store.close()


def test_a_time_server_that_errs_by_years_costs_a_month_of_age_at_most(tmp_path: Path) -> None:
    house = House(tmp_path, days=365)
    house.talks(*hundred())
    house.runs(DAY)
    house.world.wrong_by = 5 * YEAR
    house.off(HOUR)
    house.runs(10 * DAY)
    house.world.wrong_by = 0.0
    house.runs(300 * DAY)
    assert house.remembers() == hundred()
    house.runs(40 * DAY)
    assert len(house.remembers()) < 100
    house.store.close()


def test_a_house_without_a_time_server_forgets_after_so_many_days_of_running(house: House) -> None:
    house.world.vouched = False
    house.talks("old")
    for _ in range(28):
        house.runs(DAY)
        house.off(DAY)  # not counted, as nobody can tell
    assert house.remembers() == ["old"]
    house.runs(3 * DAY)
    assert house.remembers() == []
    house.store.close()


def test_a_turn_before_the_clock_was_checked_is_no_older_for_the_time_it_was_off(house: House) -> None:
    house.talks("before")
    house.runs(DAY)
    house.world.vouched = False
    house.off(25 * DAY)
    house.talks("after")
    house.world.vouched = True
    house.runs(10 * DAY)
    assert house.remembers() == ["after"]
    house.store.close()


@pytest.mark.slow
def test_whatever_the_clock_does_no_turn_goes_early_and_never_most_of_them(tmp_path: Path) -> None:
    """Three times a year of random lives, with clocks that are wrong and unchecked every other time."""
    for trial in range(3):
        chance = random.Random(trial)
        (tmp_path / str(trial)).mkdir()
        house = House(tmp_path / str(trial), days=30)
        while house.world.real < YEAR:
            house.world.vouched = chance.random() < 0.5
            wrong = chance.choice([0.0, -NOW, 2 * YEAR, -YEAR, 40 * YEAR])
            house.world.wrong_by = 0.0 if house.world.vouched else wrong
            house.talks(*(f"{house.world.real:.0f}" for _ in range(chance.randrange(4))))
            before = house.remembers()
            house.runs(chance.choice([HOUR, DAY, 3 * DAY]))
            after = house.remembers()
            gone = [float(words) for words in before if words not in after]
            assert all(house.world.real - said >= 30 * DAY for said in gone)
            if chance.random() < 0.3:
                house.off(chance.choice([HOUR, 20 * DAY]))
        assert len(house.remembers()) < 200
        house.store.close()


def test_a_conversation_in_a_wrong_year_is_not_the_one_before_every_later_one(house: House) -> None:
    house.world.wrong_by = 2 * YEAR
    house.talks("in the wrong year")
    house.world.wrong_by = 0.0
    house.talks("in the right one")
    house.world.real += DAY
    conversation = house.store.conversation_id(house.world.wall)
    recalled = recall.recall(house.store, conversation)
    assert [said.heard for said in recalled.unsummarised + recalled.turns][-1:] == ["in the right one"]
    house.store.close()


def test_forgetting_takes_the_summaries_that_were_made_after_a_clock_went_back(house: House) -> None:
    house.world.wrong_by = 2 * YEAR
    house.talks("my password is xylophone")
    secret = house.store.conversation_id(house.world.wall)
    house.store.save_summary(secret, "About a xylophone.", house.world.wall).result(10)
    house.world.wrong_by = 0.0
    house.talks("hello")
    later = house.store.conversation_id(house.world.wall)
    house.store.save_summary(later, "Once it was about a xylophone.", house.world.wall).result(10)
    assert house.store.forget("conversation_id = ?", secret).result(10) == 1
    assert house.store.summary(later) is None
    house.store.close()


def test_files_set_aside_as_damaged_go_after_so_many_days_too(house: House) -> None:
    house.talks("a secret")
    house.store.close()
    raw = house.path.read_bytes()
    house.path.write_bytes(raw[:4096] + b"\xa5" * (len(raw) - 4096))
    house.store = house._opened()
    aside = house.store.damaged
    assert aside is not None
    aside.with_name(aside.name + "-wal").write_bytes(b"a secret")
    house.runs(29 * DAY)
    assert aside in schema.damaged_files(house.path)
    house.runs(3 * DAY)
    assert schema.damaged_files(house.path) == []
    house.store.close()


def test_a_damaged_count_forgets_nothing(house: House) -> None:
    house.talks(*hundred())
    house.store.close()
    for damage in (
        "DELETE FROM passed",
        "UPDATE passed SET seconds = 9e99",
        "UPDATE passed SET seconds = 'x'",
    ):
        with sqlite3.connect(house.path) as other:
            other.execute(damage)
        other.close()
        house.store = house._opened()
        house.runs(2 * HOUR)
        assert house.remembers() == hundred()
        house.store.close()


def test_the_daily_look_costs_no_look_at_the_words(house: House) -> None:
    plan = house.store._connection.execute(
        "EXPLAIN QUERY PLAN SELECT COUNT(*) FILTER (WHERE kept_from < 1), COUNT(*) FROM turns"
    ).fetchall()
    assert "COVERING INDEX turns_by_age" in plan[0]["detail"]
    house.store.close()
