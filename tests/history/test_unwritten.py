"""Turns that the disk does not have yet are remembered, and can be forgotten, like all others."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.history import schema
from hearthd.history.store import Store

pytestmark = pytest.mark.integration


def turn(heard: str, at: float, ended: Ended | None = Ended.COMPLETED) -> TurnRecord:
    return TurnRecord(f"t{at:.0f}", "c1", at, heard=heard, spoken="x", ended=ended)


def on_disk(path: Path) -> list[tuple[str]]:
    with sqlite3.connect(path) as database:
        return database.execute("SELECT heard FROM turns ORDER BY id").fetchall()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / schema.FILE


@contextmanager
def slow_disk(store: Store) -> Iterator[None]:
    """The writer comes to nothing until the block ends."""
    there = threading.Event()
    store._worker.submit(lambda: there.wait(60))
    try:
        yield
    finally:
        there.set()


def full(store: Store, is_full: bool) -> None:
    store._connection.execute(f"PRAGMA max_page_count = {1 if is_full else 100_000}")


def test_what_the_writer_has_not_come_to_is_known_as_it_is_by_now(path: Path) -> None:
    store = Store(path)
    store.ended(turn("long ago", 1.0)).result(60)
    store.heard(turn("half", 2.0, ended=None)).result(60)
    with slow_disk(store):
        store.ended(turn("half of it", 2.0))
        last = store.ended(turn("just now", 3.0))
        assert [t.heard for t in store.recent_turns(9)] == ["long ago", "half of it", "just now"]
        assert [t.heard for t in store.recent_turns(1)] == ["just now"]
        assert store.recent_turns(9, "another") == []
        assert on_disk(path) == [("long ago",), ("half",)]
    last.result(60)
    assert on_disk(path) == [("long ago",), ("half of it",), ("just now",)]
    store.close()


def test_nobody_who_opens_a_turn_waits_until_another_program_lets_the_writer_write(path: Path) -> None:
    store = Store(path)
    store.ended(turn("long ago", 1.0)).result(60)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # as `hearthd history forget` has it while it rewrites the file
    written = store.ended(turn("just now", 2.0))
    time.sleep(0.2)  # the writer has taken it up, and waits for the other
    assert not store.changed_elsewhere()
    assert [t.heard for t in store.recent_turns(9, "c1")] == ["long ago", "just now"]
    assert not written.done()
    other.execute("ROLLBACK")
    written.result(60)
    other.close()
    store.close()


def test_what_a_full_disk_did_not_take_is_forgotten_for_good(path: Path) -> None:
    store = Store(path)
    full(store, True)
    for at, words in ((1.0, "my secret " * 1000), (2.0, "another matter")):
        with pytest.raises(schema.StoreError, match="not on the disk yet"):
            store.ended(turn(words, at)).result(60)
    assert store.forget("turn_id = ?", "t1").result(60) == 1
    assert [t.heard for t in store.recent_turns(9)] == ["another matter"]
    full(store, False)
    store.ended(turn("afterwards", 3.0)).result(60)
    assert on_disk(path) == [("another matter",), ("afterwards",)]
    store.close()


def test_a_live_turn_that_a_full_disk_did_not_take_does_not_come_back(path: Path) -> None:
    store = Store(path)
    full(store, True)
    with pytest.raises(schema.StoreError):
        store.heard(turn("forget what I say " * 1000, 1.0, ended=None)).result(60)
    assert store.forget("1").result(60) == 1
    full(store, False)
    store.ended(turn("forget what I say", 1.0)).result(60)
    assert on_disk(path) == []
    store.close()


def test_what_is_said_after_the_order_to_forget_all_is_kept(path: Path) -> None:
    store = Store(path)
    store.ended(turn("before", 1.0)).result(60)
    with slow_disk(store):
        store.ended(turn("before, too", 2.0))
        forgotten = store.forget("1")
        last = store.ended(turn("after", 3.0))
    assert forgotten.result(60) == 2
    last.result(60)
    assert on_disk(path) == [("after",)]
    store.close()
