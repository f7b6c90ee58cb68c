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


class Speaker:
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
def speaker(tmp_path: Path) -> Speaker:
    return Speaker(tmp_path, days=30)


def hundred(word: str = "turn") -> list[str]:
    return [f"{word} {number}" for number in range(100)]


def test_turns_go_when_they_were_kept_for_so_many_days(speaker: Speaker) -> None:
    speaker.talks("xylophone")
    speaker.runs(20 * DAY)
    speaker.talks("new")
    speaker.runs(9 * DAY)
    assert speaker.remembers() == ["xylophone", "new"]
    speaker.runs(2 * DAY)
    assert speaker.remembers() == ["new"]
    assert b"xyl" not in speaker.path.read_bytes()
    speaker.store.close()


def test_a_start_with_a_clock_two_years_ahead_forgets_nothing(speaker: Speaker) -> None:
    speaker.talks(*hundred())
    speaker.runs(DAY)
    speaker.world.wrong_by, speaker.world.vouched = 2 * YEAR, False
    speaker.off(DAY)
    speaker.runs(3 * DAY)
    speaker.talks("said in the wrong year")
    assert speaker.remembers() == [*hundred(), "said in the wrong year"]
    speaker.store.close()


def test_turns_stamped_1970_outlive_the_setting_of_the_clock(speaker: Speaker) -> None:
    speaker.world.wrong_by, speaker.world.vouched = -NOW, False
    speaker.talks(*hundred("seventies"))
    speaker.runs(2 * HOUR)
    speaker.world.wrong_by, speaker.world.vouched = 0.0, True
    speaker.talks("set")
    speaker.runs(28 * DAY)
    speaker.off(2 * HOUR)
    speaker.runs(2 * HOUR)
    assert speaker.remembers() == [*hundred("seventies"), "set"]
    speaker.runs(9 * DAY)
    assert len(speaker.remembers()) < 100
    speaker.store.close()


def test_nothing_is_forgotten_at_the_start(speaker: Speaker) -> None:
    speaker.talks(*hundred())
    speaker.runs(2 * HOUR)
    speaker.off(29.7 * DAY)
    speaker.runs(2 * HOUR)
    speaker.off(DAY)
    speaker.talks("first thing")
    speaker.runs(0.9 * HOUR)
    assert speaker.remembers() == [*hundred(), "first thing"]
    speaker.runs(0.2 * HOUR)
    assert len(speaker.remembers()) < 101
    speaker.store.close()


def test_never_more_than_half_goes_at_once_and_all_of_it_in_the_end(speaker: Speaker) -> None:
    speaker.talks(*hundred("old"))
    speaker.runs(DAY)
    speaker.off(40 * DAY)
    speaker.talks("new")
    left = []
    for _ in range(8):
        speaker.runs(DAY)
        left.append(len(speaker.remembers()))
    assert left == [51, 26, 13, 7, 4, 2, 1, 1]
    assert speaker.remembers() == ["new"]
    speaker.store.close()


def test_a_time_server_that_errs_by_years_costs_a_month_of_age_at_most(tmp_path: Path) -> None:
    speaker = Speaker(tmp_path, days=365)
    speaker.talks(*hundred())
    speaker.runs(DAY)
    speaker.world.wrong_by = 5 * YEAR
    speaker.off(HOUR)
    speaker.runs(10 * DAY)
    speaker.world.wrong_by = 0.0
    speaker.runs(300 * DAY)
    assert speaker.remembers() == hundred()
    speaker.runs(40 * DAY)
    assert len(speaker.remembers()) < 100
    speaker.store.close()


def test_a_speaker_without_a_time_server_forgets_after_so_many_days_of_running(
    speaker: Speaker,
) -> None:
    speaker.world.vouched = False
    speaker.talks("old")
    for _ in range(28):
        speaker.runs(DAY)
        speaker.off(DAY)  # not counted, as nobody can tell
    assert speaker.remembers() == ["old"]
    speaker.runs(3 * DAY)
    assert speaker.remembers() == []
    speaker.store.close()


def test_a_turn_before_the_clock_was_checked_is_no_older_for_the_time_it_was_off(
    speaker: Speaker,
) -> None:
    speaker.talks("before")
    speaker.runs(DAY)
    speaker.world.vouched = False
    speaker.off(25 * DAY)
    speaker.talks("after")
    speaker.world.vouched = True
    speaker.runs(10 * DAY)
    assert speaker.remembers() == ["after"]
    speaker.store.close()


@pytest.mark.slow
def test_whatever_the_clock_does_no_turn_goes_early_and_never_most_of_them(tmp_path: Path) -> None:
    """Three times a year of random lives, with clocks that are wrong and unchecked every other time."""
    for trial in range(3):
        chance = random.Random(trial)
        (tmp_path / str(trial)).mkdir()
        speaker = Speaker(tmp_path / str(trial), days=30)
        while speaker.world.real < YEAR:
            speaker.world.vouched = chance.random() < 0.5
            wrong = chance.choice([0.0, -NOW, 2 * YEAR, -YEAR, 40 * YEAR])
            speaker.world.wrong_by = 0.0 if speaker.world.vouched else wrong
            speaker.talks(*(f"{speaker.world.real:.0f}" for _ in range(chance.randrange(4))))
            before = speaker.remembers()
            speaker.runs(chance.choice([HOUR, DAY, 3 * DAY]))
            after = speaker.remembers()
            gone = [float(words) for words in before if words not in after]
            assert all(speaker.world.real - said >= 30 * DAY for said in gone)
            if chance.random() < 0.3:
                speaker.off(chance.choice([HOUR, 20 * DAY]))
        assert len(speaker.remembers()) < 200
        speaker.store.close()


def test_a_conversation_in_a_wrong_year_is_not_the_one_before_every_later_one(
    speaker: Speaker,
) -> None:
    speaker.world.wrong_by = 2 * YEAR
    speaker.talks("in the wrong year")
    speaker.world.wrong_by = 0.0
    speaker.talks("in the right one")
    speaker.world.real += DAY
    conversation = speaker.store.conversation_id(speaker.world.wall)
    recalled = recall.recall(speaker.store, conversation)
    assert [said.heard for said in recalled.unsummarised + recalled.turns][-1:] == ["in the right one"]
    speaker.store.close()


def test_forgetting_takes_the_summaries_that_were_made_after_a_clock_went_back(
    speaker: Speaker,
) -> None:
    speaker.world.wrong_by = 2 * YEAR
    speaker.talks("my password is xylophone")
    secret = speaker.store.conversation_id(speaker.world.wall)
    speaker.store.save_summary(secret, "About a xylophone.", speaker.world.wall).result(10)
    speaker.world.wrong_by = 0.0
    speaker.talks("hello")
    later = speaker.store.conversation_id(speaker.world.wall)
    speaker.store.save_summary(later, "Once it was about a xylophone.", speaker.world.wall).result(10)
    assert speaker.store.forget("conversation_id = ?", secret).result(10) == 1
    assert speaker.store.summary(later) is None
    speaker.store.close()


def test_files_set_aside_as_damaged_go_after_so_many_days_too(speaker: Speaker) -> None:
    speaker.talks("a secret")
    speaker.store.close()
    raw = speaker.path.read_bytes()
    speaker.path.write_bytes(raw[:4096] + b"\xa5" * (len(raw) - 4096))
    speaker.store = speaker._opened()
    aside = speaker.store.damaged
    assert aside is not None
    aside.with_name(aside.name + "-wal").write_bytes(b"a secret")
    speaker.runs(29 * DAY)
    assert aside in schema.damaged_files(speaker.path)
    speaker.runs(3 * DAY)
    assert schema.damaged_files(speaker.path) == []
    speaker.store.close()


def test_a_damaged_count_forgets_nothing(speaker: Speaker) -> None:
    speaker.talks(*hundred())
    speaker.store.close()
    for damage in (
        "DELETE FROM passed",
        "UPDATE passed SET seconds = 9e99",
        "UPDATE passed SET seconds = 'x'",
    ):
        with sqlite3.connect(speaker.path) as other:
            other.execute(damage)
        other.close()
        speaker.store = speaker._opened()
        speaker.runs(2 * HOUR)
        assert speaker.remembers() == hundred()
        speaker.store.close()


def test_the_daily_look_costs_no_look_at_the_words(speaker: Speaker) -> None:
    plan = speaker.store._connection.execute(
        "EXPLAIN QUERY PLAN SELECT COUNT(*) FILTER (WHERE kept_from < 1), COUNT(*) FROM turns"
    ).fetchall()
    assert "COVERING INDEX turns_by_age" in plan[0]["detail"]
    speaker.store.close()
