"""A disk that is full, read-only or not there when the speaker starts: nothing is lost once there is room."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.history import schema
from hearthd.history.store import Store, new_turn_id, open_store

pytestmark = pytest.mark.integration


def turn(heard: str, at: float) -> TurnRecord:
    return TurnRecord(new_turn_id(), "c1", at, heard=heard, spoken="x", ended=Ended.COMPLETED)


def looks(store: Store) -> None:
    """What it does once in a while."""
    store._worker.submit(store._look_after).result(10)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / schema.FILE


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """``[True]``: it takes nothing."""
    full = [False]
    connect = schema.connect

    def opened(path: Path | None) -> sqlite3.Connection:
        if full[0] and path is not None:
            raise sqlite3.OperationalError("database or disk is full")
        return connect(path)

    monkeypatch.setattr(schema, "connect", opened)
    return full


def test_a_start_on_a_full_disk_keeps_all_that_came_since_once_there_is_room(
    path: Path, disk: list[bool]
) -> None:
    before = Store(path)
    before.ended(turn("long ago", 1.0)).result(10)
    before.save_summary("c0", "Of old.", 0.5).result(10)
    before.close()
    faults: list[bool] = []
    disk[0] = True
    store = open_store(path, on_health=lambda part, works, why: faults.append(not works))
    store.ended(turn("while it was full", 2.0)).result(10)
    store.save_summary("c1", "They talked.", 2.0).result(10)
    live = turn("half said", 3.0)
    live.ended = None
    store.heard(live).result(10)
    looks(store)
    assert faults == [True]
    disk[0] = False
    looks(store)
    assert faults == [True, False]
    live.ended = Ended.COMPLETED
    store.ended(live).result(10)
    store.ended(turn("afterwards", 4.0)).result(10)
    said = ["long ago", "while it was full", "half said", "afterwards"]
    assert [t.heard for t in store.recent_turns(10)] == said
    store.close()
    again = Store(path)
    assert [(t.heard, t.ended) for t in again.recent_turns(10)] == [(one, Ended.COMPLETED) for one in said]
    assert again.summary("c1") == ("They talked.", 2.0)
    again.close()


def test_at_rest_room_is_looked_for_without_a_turn(path: Path, disk: list[bool]) -> None:
    disk[0] = True
    store = open_store(path)
    assert store._rest() <= 60
    disk[0] = False
    looks(store)
    assert store._rest() > 60
    assert path.exists()
    store.close()


def test_what_came_on_a_full_disk_is_written_at_the_end_if_there_is_room_then(
    path: Path, disk: list[bool]
) -> None:
    disk[0] = True
    store = open_store(path)
    store.ended(turn("hello", 1.0)).result(10)
    disk[0] = False
    store.close()
    again = Store(path)
    assert [t.heard for t in again.recent_turns(10)] == ["hello"]
    again.close()


def test_turns_that_found_no_room_are_written_without_another_turn(path: Path) -> None:
    store = Store(path)
    store._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(schema.StoreError, match="not on the disk yet"):
        store.ended(turn("lost? " * 2000, 1.0)).result(10)
    store._connection.execute("PRAGMA max_page_count = 100000")
    looks(store)
    assert sqlite3.connect(path).execute("SELECT COUNT(*) FROM turns").fetchone() == (1,)
    store.close()


def test_damage_on_a_full_disk_costs_no_new_turn(path: Path, disk: list[bool]) -> None:
    store = Store(path)
    for number in range(200):
        store.ended(turn(f"question {number} " * 20, number)).result(10)
    store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    disk[0] = True
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (path.stat().st_size - 4096))
    store._connection.execute("PRAGMA shrink_memory")
    store.ended(turn("are you still there", 5000.0)).result(10)
    assert [t.heard for t in store.recent_turns(1)] == ["are you still there"]
    disk[0] = False
    looks(store)
    store.close()
    again = Store(path)
    assert [t.heard for t in again.recent_turns(10)] == ["are you still there"]
    again.close()


def test_trouble_in_the_writers_thread_does_not_end_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(path: Path) -> bool:
        raise OSError("the disk is gone")

    monkeypatch.setattr(schema, "is_sound", unreadable)
    store = Store(path)
    store.ended(turn("hello", 1.0)).result(10)
    store.close()


LIFE = """
import os, sys, time
from pathlib import Path
from hearthd.history import store as module
from tests.history.test_full_disk import turn
module.RETRY_SECONDS = 0.1
folder = Path(sys.argv[1])
(folder / "filler").write_bytes(b"")
with open(folder / "filler", "wb", buffering=0) as filler:
    try:
        while filler.write(b"x" * 4096): pass
    except OSError: pass
store = module.open_store(folder / "hearthd.db")
print("unusable" if store._unusable else "usable")
store.ended(turn("hello", 1.0)).result(10)
(folder / "filler").unlink()
for _ in range(300):
    if store._unusable is None: break
    time.sleep(0.1)
store.close()
again = module.Store(folder / "hearthd.db")
print([t.heard for t in again.recent_turns(5)])
again.close()
"""


def test_a_disk_that_is_really_full_at_the_start_is_used_once_there_is_room(tmp_path: Path) -> None:
    mount = [
        "unshare",
        "-rm",
        "sh",
        "-c",
        'mount -t tmpfs -o size=512k none "$1" && shift && exec "$@"',
        "sh",
    ]
    if subprocess.run([*mount, str(tmp_path), "true"], capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    child = [sys.executable, "-c", LIFE, str(tmp_path)]
    done = subprocess.run(
        [*mount, str(tmp_path), *child], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.splitlines() == ["unusable", "['hello']"], done.stderr
