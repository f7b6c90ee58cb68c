"""Turns that the disk does not have yet: the writer has not come to them, or it takes none.

They are part of the history all the same. "Say that again" and "forget what I just said" come seconds after
a turn, and a worn card may keep the writer for as long.
"""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace

from hearthd.dialogue.turn_record import TurnRecord
from hearthd.history import schema
from hearthd.history.schema import COLUMNS

MOST = 1000
"""Turns that are kept while the disk takes none."""

_SET = ", ".join(f"{c} = :{c}" for c in COLUMNS)
_INSERT = (
    f"INSERT INTO turns ({', '.join(COLUMNS)}, kept_from)"
    f" VALUES ({', '.join(':' + c for c in COLUMNS)}, :kept_from)"
    f" ON CONFLICT (turn_id) DO UPDATE SET {_SET} WHERE started_at = :started_at"
)
"""Another turn of the same id is left alone: one turn may be lost by chance, none may be overwritten."""
_UPDATE = f"UPDATE turns SET {_SET} WHERE turn_id = :turn_id"


class Unwritten:
    """Told by any thread, written by one. The lock is held for no more than a copy."""

    def __init__(self) -> None:
        self._turns: dict[tuple[str, float], tuple[int, TurnRecord]] = {}
        self._told = 0
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._turns)

    def tell(self, record: TurnRecord) -> int:
        """Keep a copy of ``record`` as it is now, in place of an earlier one of the same turn; its number."""
        with self._lock:
            self._told += 1
            self._turns[_key(record)] = self._told, replace(record)
            while len(self._turns) > MOST:
                del self._turns[next(iter(self._turns))]
            return self._told

    def all(self, until: float = math.inf) -> list[TurnRecord]:
        """Those that were told up to the number ``until``, the first one first."""
        with self._lock:
            return [record for number, record in self._turns.values() if number <= until]

    def written(self, records: Iterable[TurnRecord]) -> None:
        """``records`` of ``all`` are on the disk; what was told of the same turns since is not."""
        with self._lock:
            for record in records:
                if self._turns.get(_key(record), (0, None))[1] is record:
                    del self._turns[_key(record)]

    def drop(self, told: Sequence[TurnRecord], where: str, *values: object) -> list[TurnRecord]:
        """Forget those of ``told`` that are still here and for which the SQL condition holds; return them."""
        with self._lock:
            here = [self._turns[_key(record)][1] for record in told if _key(record) in self._turns]
        if not here:
            return []
        with closing(schema.connect(None)) as beside:
            for record in here:
                write(beside, record, live=False, kept_from=0.0)
            found = {row[0] for row in beside.execute(f"SELECT turn_id FROM turns WHERE {where}", values)}
        gone = [record for record in here if record.turn_id in found]
        with self._lock:
            for record in gone:
                self._turns.pop(_key(record), None)
        return gone


def laid_over(
    rows: Sequence[TurnRecord], told: Sequence[TurnRecord], conversation_id: str | None
) -> list[TurnRecord]:
    """``rows`` of the file as they were ``told`` since, and after them those with words that it has not yet.

    Of one conversation if given.
    """
    merged = {_key(row): row for row in rows}
    for record in told:
        if record.heard and conversation_id in (None, record.conversation_id):
            merged[_key(record)] = replace(record)
    return list(merged.values())


def write(connection: sqlite3.Connection, record: TurnRecord, *, live: bool, kept_from: float) -> None:
    """Put ``record`` into the table; one that is ``live`` only if it is there already.

    No upsert for those: a turn that was forgotten while it was live must not come back.
    """
    values = schema.row_of(record) | {"kept_from": kept_from}
    connection.execute(_UPDATE if live else _INSERT, values)


def _key(record: TurnRecord) -> tuple[str, float]:
    return record.turn_id, record.started_at
