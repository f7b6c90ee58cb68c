"""The history keeps what was said, through faults, and forgets what it is told to."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord, bounded
from hearthd.history import schema
from hearthd.history.store import Store, new_turn_id

pytestmark = pytest.mark.integration


def turn(heard: str = "what is the time", spoken: str = "It is noon.", at: float = 1000.0) -> TurnRecord:
    return TurnRecord(
        turn_id=new_turn_id(),
        conversation_id="c1",
        started_at=at,
        heard=heard,
        language="en",
        reply=spoken,
        spoken=spoken,
        ended=Ended.COMPLETED,
        llm_first_token_ms=12.5,
        understood_by="command",
        retracted=2,
        actions=(
            bounded("timer_set", {"seconds": 600, "name": "意面\ud800"}, "done", "command", 1.5, done=True),
        ),
    )


def keep(store: Store, *records: TurnRecord) -> None:
    for record in records:
        store.ended(record).result(10)


def content(path: Path) -> bytes:
    return b"".join(f.read_bytes() for f in sorted(path.parent.iterdir()) if f.name.startswith(path.name))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path)
    yield opened
    opened.close()


def test_a_turn_comes_back_with_every_field_after_a_restart(path: Path) -> None:
    record = turn()
    store = Store(path)
    keep(store, record)
    store.close()
    again = Store(path)
    assert again.recent_turns(5) == [record]
    again.close()


@pytest.mark.parametrize(
    "damage", ["", "[", "7", "[7, {}]", '[{"name": 3}]', "[" * 100_000, '{"name": "x"}', b"\xff\x00"]
)
def test_actions_that_cannot_be_read_cost_nothing_else_of_a_turn(
    path: Path, store: Store, damage: str | bytes
) -> None:
    keep(store, turn())
    with sqlite3.connect(path) as db:
        db.execute("UPDATE turns SET actions = ?", (damage,))
    db.close()
    (found,) = store.recent_turns(5)
    assert (found.heard, found.actions) == ("what is the time", ())


def test_a_turn_is_on_the_disk_when_it_is_heard_when_answered_and_when_it_ends(
    path: Path, store: Store
) -> None:
    reader = sqlite3.connect(path)
    record = turn(spoken="")
    record.ended = None
    store.begin(record).result(10)
    for write, change in (
        (store.heard, {"heard": "play some jazz"}),
        (store.answered, {"reply": "Here is some jazz."}),
        (store.ended, {"spoken": "Here is", "ended": Ended.BARGE_IN}),
    ):
        for name, value in change.items():
            setattr(record, name, value)
        write(record).result(10)
        for name, value in change.items():
            assert reader.execute(f"SELECT {name} FROM turns").fetchall() == [(value,)]
    reader.close()


def test_a_turn_that_a_crash_cut_off_has_ended_in_error(path: Path) -> None:
    store = Store(path)
    record = turn(spoken="")
    record.ended = None
    store.heard(record).result(10)
    store.close()
    again = Store(path)
    assert [t.ended for t in again.recent_turns(5)] == [Ended.ERROR]
    again.close()


def test_recent_turns_are_the_latest_with_words_oldest_first(store: Store) -> None:
    keep(store, *(turn(heard=f"question {n}", at=n) for n in range(10)), turn(heard="", at=99))
    assert [t.heard for t in store.recent_turns(3)] == ["question 7", "question 8", "question 9"]


def test_a_conversation_ends_after_a_quiet_gap_and_on_request(store: Store) -> None:
    first = store.conversation_id(1000.0)
    assert store.conversation_id(1500.0) == first
    second = store.conversation_id(2500.0)
    assert second != first
    store.new_conversation()
    assert store.conversation_id(2501.0) not in {first, second}


def test_a_conversation_goes_on_over_a_restart_within_the_gap(path: Path) -> None:
    store = Store(path)
    keep(store, turn(at=1000.0))
    store.close()
    again = Store(path)
    assert again.conversation_id(1300.0) == "c1"
    assert again.conversation_id(5000.0) != "c1"
    again.close()


def test_each_room_is_in_a_conversation_of_its_own(path: Path) -> None:
    store = Store(path, new_conversation_seconds=600.0)
    kitchen, box = store.conversation_id(1000.0, "kitchen"), store.conversation_id(1001.0)
    assert kitchen != box
    keep(store, replace(turn(at=1000.0), conversation_id=kitchen, room="kitchen"))
    keep(store, replace(turn(at=1001.0), conversation_id=box))
    store.new_conversation()
    assert store.conversation_id(1002.0, "kitchen") == kitchen, "the kitchen talks on"
    store.close()
    again = Store(path, new_conversation_seconds=600.0)
    assert again.conversation_id(1003.0, "kitchen") == kitchen
    assert again.conversation_before(["x"], "kitchen") == kitchen
    assert again.conversation_before(["x"]) == box
    assert again.conversation_before(["x"], "hall") == ""
    assert {t.room for t in again.recent_turns(9)} == {"", "kitchen"}
    again.close()


def test_what_is_forgotten_is_forgotten_in_every_room(path: Path) -> None:
    store = Store(path)
    assert not store.changed_elsewhere()
    assert not store.changed_elsewhere("kitchen")
    store.ended(turn()).result(10)
    store.forget("1").result(10)
    assert store.changed_elsewhere()
    assert store.changed_elsewhere("kitchen"), "the kitchen still knows it"
    assert not store.changed_elsewhere()
    store.close()


@pytest.mark.parametrize("garbage", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 8000])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(path: Path, garbage: bytes) -> None:
    path.write_bytes(garbage)
    store = Store(path)
    assert store.damaged is not None
    assert store.damaged.read_bytes() == garbage
    keep(store, turn())
    assert len(store.recent_turns(5)) == 1
    store.close()


def test_damage_while_running_costs_no_new_turn(path: Path, store: Store) -> None:
    keep(store, *(turn(heard=f"question number {n} " * 20, at=n) for n in range(200)))
    store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    store._connection.execute("PRAGMA shrink_memory")
    keep(store, turn(heard="are you still there", at=5000))
    assert [t.heard for t in store.recent_turns(1)] == ["are you still there"]
    assert store.damaged is not None


def test_a_full_disk_loses_no_turn_once_there_is_room_again(path: Path) -> None:
    faults: list[bool] = []
    store = Store(path, on_health=lambda part, works, why: faults.append(not works))
    store._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(schema.StoreError, match="not on the disk yet"):
        keep(store, turn(heard="lost? " * 2000))
    store._connection.execute("PRAGMA max_page_count = 100000")
    keep(store, turn(heard="second", at=2000))
    assert [t.heard[:6] for t in store.recent_turns(5)] == ["lost? ", "second"]
    assert faults == [True, False]
    store.close()


def test_a_history_of_a_newer_hearthd_is_left_alone(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(schema.StoreError, match="newer"):
        Store(path)
    assert list(path.parent.glob("*.damaged*")) == []


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS)))
def test_a_history_of_an_older_version_is_brought_up_to_date_with_its_turns(path: Path, version: int) -> None:
    connection = sqlite3.connect(path)
    for script in schema.MIGRATIONS[:version]:
        connection.executescript(script)
    connection.execute(f"PRAGMA user_version = {version}")
    record = turn()
    known = {row[1] for row in connection.execute("PRAGMA table_info(turns)")}
    values = {name: value for name, value in schema.row_of(record).items() if name in known}
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(f"INSERT INTO turns ({', '.join(values)}) VALUES ({marks})", values)
    connection.commit()
    connection.close()
    blank: dict[str, Any] = {"actions": (), "understood_by": "", "retracted": 0}
    missing = {name: value for name, value in blank.items() if name not in known}
    store = Store(path)
    assert store.recent_turns(5) == [replace(record, **missing)]
    store.save_summary("c1", "They spoke of time.", 1000.0).result(10)
    assert store.summary("c1") == ("They spoke of time.", 1000.0)
    keep(store, later := turn("and now", at=2000.0))
    assert store.recent_turns(1) == [later]
    store.close()


def test_what_is_forgotten_is_gone_from_the_file(path: Path, store: Store) -> None:
    secret = turn(heard="my password is xylophone", spoken="I shall remember xylophone.", at=1)
    secret.conversation_id = "secret"
    keep(store, *(turn(heard=f"harmless {n}", at=n + 10) for n in range(50)), secret)
    store.save_summary("secret", "They mentioned a xylophone.", 1.0).result(10)
    assert b"xylophone" in content(path)
    assert store.forget("turn_id = ?", secret.turn_id).result(10) == 1
    left = content(path)
    assert b"xylophone" not in left
    assert b"xyl" not in left  # nor as a trigram of the index
    assert b"harmless 7" in left
    assert len(store.recent_turns(100)) == 50


def test_a_turn_forgotten_while_it_is_live_does_not_come_back(path: Path, store: Store) -> None:
    record = turn(heard="forget what I say")
    record.ended = None
    store.heard(record).result(10)
    store.forget("1").result(10)
    record.ended = Ended.COMPLETED
    keep(store, record)
    assert store.recent_turns(5) == []


def test_two_turns_of_the_same_id_never_overwrite_each_other(store: Store) -> None:
    first, second = turn(heard="first", at=1), turn(heard="second", at=2)
    second.turn_id = first.turn_id
    keep(store, first, second, turn(heard="third", at=3))
    assert [t.heard for t in store.recent_turns(5)] == ["first", "third"]


def test_with_keep_off_nothing_touches_the_disk(tmp_path: Path) -> None:
    store = Store(None, retention_days=30)
    keep(store, turn())
    assert len(store.recent_turns(5)) == 1
    assert store.forget("1").result(10) == 1
    assert store.recent_turns(5) == []
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_only_the_owner_may_read_the_history(path: Path, store: Store) -> None:
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_process_that_reads_takes_nothing_from_the_one_that_writes(tmp_path: Path) -> None:
    """POSIX locks belong to the process: a second connection in it may not give up those of the first."""
    path = tmp_path / "hearthd.db"
    look = (
        "import sys; from pathlib import Path; from hearthd.history.browser import History\n"
        "with History(Path(sys.argv[1])) as history: print(len(history.latest(10)))"
    )

    def seen() -> str:
        done = subprocess.run(
            [sys.executable, "-c", look, str(path)], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    store = Store(path, retention_days=365)  # forgets on a connection of its own, opened and closed
    try:
        for number in range(1, 4):
            record = TurnRecord(new_turn_id(), store.conversation_id(time.time()), time.time(), heard="hello")
            record.ended = Ended.COMPLETED
            store.ended(record).result()
            assert seen() == str(number)
    finally:
        store.close()
