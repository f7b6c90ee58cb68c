"""Where timers are kept: nothing that is on the disk is lost, whatever happens to the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from hearthd.actions.timers.alert import Alert, Kind
from hearthd.actions.timers.schedule import days_of
from hearthd.actions.timers.store import FILE, AlertStore, read
from hearthd.history.schema import StoreError
from tests.bench.timers_killed import Outcome, kill_often

pytestmark = pytest.mark.integration

ALARM = Alert(
    id="a1",
    kind=Kind.ALARM,
    created_at=1.8e9,
    name="起床 'up'",
    language="zh",
    spoken=True,
    room="kitchen",
    at=datetime(2027, 10, 31, 2, 30, fold=1),
    zone="Europe/Berlin",
    repeats=days_of(["monday", "sunday"]),
    due=1.81e9,
    rang=True,
)
TIMER = Alert(
    id="t1", kind=Kind.TIMER, created_at=1.8e9, seconds=600.5, due=1.8e9 + 600.5, boot_id="b", boot_due=700.25
)
PAUSED = Alert(id="t2", kind=Kind.TIMER, created_at=1.8e9, seconds=60.0, remaining=12.5)


def kept(path: Path, *alerts: Alert) -> None:
    store = AlertStore(path)
    for alert in alerts:
        store.save(alert).result()
    store.close()


def test_every_field_comes_back(tmp_path: Path) -> None:
    kept(tmp_path / FILE, ALARM, TIMER, PAUSED)
    store = AlertStore(tmp_path / FILE)
    assert store.alerts == [ALARM, TIMER, PAUSED]
    at = store.alerts[0].at
    assert at is not None
    assert at.fold == 1
    store.delete(TIMER.id).result()
    store.close()
    assert read(tmp_path / FILE) == [ALARM, PAUSED]
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_a_kill_at_any_instant_loses_no_timer_and_brings_none_back(tmp_path: Path) -> None:
    outcome = kill_often(tmp_path, 25, seed=1)
    assert outcome.set > 25
    assert outcome.ended > 5
    assert outcome == Outcome(kills=25, set=outcome.set, ended=outcome.ended)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"no database at all" * 100),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 4096),
    ],
)
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    path = tmp_path / FILE
    kept(path, ALARM, TIMER)
    damage(path)
    store = AlertStore(path)
    store.save(PAUSED).result()
    store.close()
    assert PAUSED in read(path)
    AlertStore(path).close()


def test_what_can_be_read_of_a_damaged_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / FILE
    many = [replace(ALARM, id=f"a{number:03}") for number in range(90)]
    kept(path, *many)
    raw = path.read_bytes()
    path.write_bytes(raw[:-4096] + b"\xff" * 4096)
    store = AlertStore(path)
    assert store.damaged is not None
    assert store.damaged.is_file()
    assert 40 < len(store.alerts) < 90
    assert all(alert in many for alert in store.alerts)
    store.close()
    assert read(path) == store.alerts


@pytest.mark.parametrize(
    "bad",
    [
        "kind = 'party'",
        "due = 'soon'",
        "due = 1e300",
        "due = NULL",
        "due = -5",
        "at = 'yesterday'",
        "at = 7",
        "repeats = 'monday funday'",
        "name = zeroblob(10)",
        "name = CAST(X'FFFE' AS TEXT)",
        "zone = printf('%.*c', 100000, 'x')",
        "seconds = 9e999",
        "remaining = 5",
        "created_at = 'x'",
    ],
)
def test_one_bad_row_costs_no_other(tmp_path: Path, bad: str) -> None:
    path = tmp_path / FILE
    kept(path, ALARM, TIMER)
    connection = sqlite3.connect(path)
    connection.execute(f"UPDATE alerts SET {bad} WHERE id = 'a1'")
    connection.commit()
    connection.close()
    store = AlertStore(path)
    assert TIMER in store.alerts
    store.close()


def test_a_disk_that_takes_nothing_is_a_fault_and_what_was_set_is_written_later(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    faults: list[bool] = []
    store = AlertStore(folder / FILE, lambda part, works, why: faults.append(not works))
    assert faults == [True]
    with pytest.raises(StoreError):
        store.save(TIMER).result()
    folder.mkdir()
    store.retry()
    store.save(PAUSED).result()
    assert faults == [True, False]
    store.close()
    assert read(folder / FILE) == [TIMER, PAUSED]


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / FILE
    kept(path, TIMER)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    faults: list[bool] = []
    store = AlertStore(path, lambda part, works, why: faults.append(not works))
    assert (store.alerts, faults, store.damaged) == ([], [True], None)
    with pytest.raises(StoreError, match="newer"):
        store.save(PAUSED).result()
    store.close()


def test_nothing_is_read_where_nothing_was_set(tmp_path: Path) -> None:
    assert read(tmp_path / FILE) == []
    (tmp_path / FILE).write_bytes(b"garbage" * 1000)
    with pytest.raises(StoreError):
        read(tmp_path / FILE)
