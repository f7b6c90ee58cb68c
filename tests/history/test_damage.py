"""Whatever became of the history's file: the speaker goes on, and what is whole is kept."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.history import schema
from hearthd.history.browser import History
from hearthd.history.schema import StoreError
from hearthd.history.store import Store, new_turn_id, open_store

pytestmark = pytest.mark.unit

LATER = 9e8


def turn(number: int, heard: str = "", at: float | None = None) -> TurnRecord:
    return TurnRecord(
        *(new_turn_id(), "c1", 1000.0 + number if at is None else at),
        heard=heard or f"question number {number} 天气怎么样 " * 5,
        reply=f"answer {number} 今天 " * 10,
        spoken="x",
        ended=Ended.COMPLETED,
    )


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("good") / schema.FILE
    store = Store(path)
    for number in range(200):
        store.ended(turn(number)).result(10)
    store.close()
    return path.read_bytes()


def goes_on(path: Path) -> Path | None:
    """The owner may look, the daemon starts, writes and forgets; where the file went that was set aside."""
    try:
        with History(path) as history:
            list(history.every())
            history.search("天气", 5)
    except StoreError:
        pass  # said, with its reason
    store = Store(path)
    store.ended(turn(0, at=LATER)).result(20)
    assert store.recent_turns(1)[0].started_at == LATER
    store.save_summary("c1", "They talked.", LATER).result(20)
    assert store.summary("c1") == ("They talked.", LATER)
    assert store.forget("started_at = ?", LATER).result(20) == 1
    store.close()
    assert schema.is_sound(path)
    return store.damaged


def test_random_bytes_anywhere_stop_nothing(tmp_path: Path, good: bytes) -> None:
    chance = random.Random(20261122)
    for trial in range(20):
        raw = bytearray(good)
        for _ in range(chance.choice((1, 5, 50))):
            width = chance.choice((1, 16, 600))
            at = chance.randrange(len(raw) - width)
            raw[at : at + width] = chance.randbytes(width)
        (tmp_path / str(trial)).mkdir()
        path = tmp_path / str(trial) / schema.FILE
        path.write_bytes(raw)
        goes_on(path)


def test_a_file_that_was_cut_is_set_aside(tmp_path: Path, good: bytes) -> None:
    for length in (100, 4096, 5000, len(good) // 2, len(good) - 4096):
        path = tmp_path / f"{length}.db"
        path.write_bytes(good[:length])
        assert goes_on(path) is not None


def folder(path: Path) -> None:
    path.mkdir()


def journal_folder(path: Path) -> None:
    path.with_name(path.name + "-wal").mkdir()


def link_to_nowhere(path: Path) -> None:
    path.symlink_to("/nonexistent/history.db")


def another_programs(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE turns (x)")
        other.execute("PRAGMA user_version = 3")


def without_a_table(path: Path) -> None:
    Store(path).close()
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE summaries")


@pytest.mark.parametrize(
    "put",
    [folder, journal_folder, link_to_nowhere, another_programs, without_a_table],
    ids=lambda f: f.__name__,
)
def test_what_is_no_history_is_set_aside(tmp_path: Path, put: Callable[[Path], None]) -> None:
    put(tmp_path / schema.FILE)
    assert goes_on(tmp_path / schema.FILE) is not None


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
def test_garbage_beside_the_file_costs_nothing_that_is_in_it(
    tmp_path: Path, good: bytes, suffix: str
) -> None:
    path = tmp_path / schema.FILE
    path.write_bytes(good)
    path.with_name(path.name + suffix).write_bytes(random.Random(1).randbytes(40_000))
    assert goes_on(path) is None
    with History(path) as history:
        assert len(history.latest(1000)) == 200


def test_a_damaged_index_costs_no_turn(tmp_path: Path, good: bytes) -> None:
    path = tmp_path / schema.FILE
    path.write_bytes(good)
    with sqlite3.connect(path) as other:
        other.execute("UPDATE turns_text_data SET block = x'ffffffff' WHERE id > 10")
    other.close()
    assert goes_on(path) is None
    with History(path) as history:
        assert len(history.latest(1000)) == 200
        assert len(history.search("天气怎么", 500)) == 200


def test_damaged_values_are_read_as_far_as_they_can_be(tmp_path: Path, good: bytes) -> None:
    path = tmp_path / schema.FILE
    path.write_bytes(good)
    with sqlite3.connect(path) as other:
        other.execute("UPDATE turns SET ended = 'weird', underruns = 'x', asr_ms = x'00' WHERE id = 199")
        other.execute("UPDATE turns SET spoken = x'ff00fe' WHERE id = 200")
    other.close()
    with History(path) as history:
        odd, last = history.latest(2)
    assert (odd.ended, odd.underruns, odd.asr_ms) == (Ended.ERROR, 0, None)
    assert last.spoken == ""


def test_a_place_where_nothing_can_be_stored_is_a_fault_and_no_end(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    faults: list[bool] = []
    with pytest.raises(StoreError, match="writable"):
        Store(tmp_path / "state" / schema.FILE)
    store = open_store(
        tmp_path / "state" / schema.FILE, on_health=lambda part, works, why: faults.append(not works)
    )
    store.ended(turn(1)).result(10)
    assert faults == [True]
    assert len(store.recent_turns(5)) == 1
    store.close()


def test_no_piece_of_what_was_forgotten_is_left_in_any_file(tmp_path: Path) -> None:
    """Not even three letters of it: the index keeps every three in a row."""
    path, secret = tmp_path / schema.FILE, "qzjxkvwq 龘靐齉"
    store = Store(path)
    for number in range(300):
        store.ended(turn(number, secret if number % 50 == 0 else "")).result(10)
    store.save_summary("c1", f"It was about {secret}.", 2000.0).result(10)
    reader = sqlite3.connect(path)
    assert reader.execute("SELECT COUNT(*) FROM turns").fetchone() == (300,)
    assert store.forget("heard = ?", secret).result(30) == 6
    reader.close()
    store.close()
    pieces = [secret[at : at + 3].encode() for at in range(len(secret) - 2)]
    for file in tmp_path.iterdir():
        raw = file.read_bytes()
        assert [piece for piece in pieces if piece in raw] == []
