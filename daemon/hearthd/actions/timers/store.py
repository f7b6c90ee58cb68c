"""Where timers, alarms and reminders are kept: an SQLite file of their own.

Not the history's: that may be damaged and set aside, forgotten as a whole, or not be kept at all
(``memory.keep``), and forgetting rewrites it for seconds. None of that may cost anybody an alarm.

One thread writes and nobody waits for it: each change is a transaction of its own, on the disk when its
future is done. What cannot be written (a full disk) is kept, and tried again with the next change or look.
"""

from __future__ import annotations

import logging
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields
from datetime import datetime
from pathlib import Path

from hearthd.actions.timers.alert import MAX_ALERTS, MAX_NAME, Alert, Kind
from hearthd.actions.timers.schedule import ONCE, WEEKDAYS
from hearthd.common.parts import OnHealth, Part
from hearthd.history import schema
from hearthd.service.message_ids import MessageId

log = logging.getLogger(__name__)

FILE = "timers.db"
"""Its name in the state directory."""

VERSION = 1
_TABLE = """
CREATE TABLE IF NOT EXISTS alerts (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    created_at REAL NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    spoken INTEGER NOT NULL,
    room TEXT NOT NULL,
    seconds REAL NOT NULL,
    at TEXT,
    zone TEXT NOT NULL,
    repeats TEXT NOT NULL,
    due REAL,
    boot_id TEXT NOT NULL,
    boot_due REAL,
    remaining REAL,
    rang INTEGER NOT NULL
) WITHOUT ROWID
"""
COLUMNS = tuple(field.name for field in fields(Alert))
_SAVE = f"INSERT OR REPLACE INTO alerts ({', '.join(COLUMNS)}) VALUES ({', '.join(':' + c for c in COLUMNS)})"
_DELETE = "DELETE FROM alerts WHERE id = ?"
_LATEST = 253_402_300_799.0
"""The end of the year 9999: what lies behind it is no instant that a calendar has."""


class AlertStore:
    """The file at ``path``; None: in memory only.

    ``on_health`` is told, in the writer's thread, when writing begins to fail and when it works again.
    """

    def __init__(self, path: Path | None, on_health: OnHealth | None = None) -> None:
        """Reads the file. A damaged one is set aside (``damaged``), after what can be read of it was read.

        A file that cannot be used at all (no right to it, a full disk) is a fault, and tried again later.
        """
        self._path = path
        self._on_health = on_health
        self._failing = False
        self._unsaved: dict[str, Alert | None] = {}
        """What is to be written; None: deleted. For the writer's thread."""
        self._connection: sqlite3.Connection | None = None
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="timers")
        self.damaged: Path | None = None
        self.alerts: list[Alert] = []
        """What was in the file when it was opened."""
        if path is not None:
            self._writer.submit(self._open, path).result()

    def save(self, alert: Alert) -> Future[None]:
        """Keep ``alert``, new or changed. Once the future is done it is on the disk; it raises StoreError."""
        return self._write_soon({alert.id: alert})

    def delete(self, alert_id: str) -> Future[None]:
        """Keep that alert no longer."""
        return self._write_soon({alert_id: None})

    def retry(self) -> None:
        """Try again to write what could not be written, if there is anything."""
        if self._failing:
            self._write_soon({})

    def close(self) -> None:
        """Write what was asked for, and close the file."""
        self._writer.submit(self._close).result()
        self._writer.shutdown()

    def _write_soon(self, changes: dict[str, Alert | None]) -> Future[None]:
        if self._path is not None:
            return self._writer.submit(self._write, self._path, changes)
        done: Future[None] = Future()
        done.set_result(None)
        return done

    # --- the writer's thread ---------------------------------------------------------------------

    def _open(self, path: Path) -> None:
        try:
            try:
                self._connection = _connect(path)
                self.alerts, damage = _read(self._connection)
                if damage is None:
                    return
            except sqlite3.DatabaseError as error:
                if not schema.is_damage(error):
                    raise
            self._replace(path)
        except (sqlite3.Error, OSError, schema.StoreError) as error:
            self._drop_connection()
            self._fault(error)

    def _replace(self, path: Path) -> None:
        """The file is damaged: begin a new one with what could be read of it."""
        self._drop_connection()
        self.damaged = schema.set_aside(path, "the file of the timers")
        self._connection = _connect(path)
        self._unsaved = {**{alert.id: alert for alert in self.alerts}, **self._unsaved}
        self._write_unsaved(self._connection)

    def _write(self, path: Path, changes: dict[str, Alert | None]) -> None:
        self._unsaved |= changes
        try:
            if self._connection is None:
                self._connection = _connect(path)
            try:
                self._write_unsaved(self._connection)
            except sqlite3.DatabaseError as error:
                if not schema.is_damage(error):
                    raise
                self._replace(path)
        except (sqlite3.Error, OSError, schema.StoreError) as error:
            self._fault(error)
            raise schema.StoreError(f"the timers are not on the disk yet: {error}") from error
        self._fault(None)

    def _write_unsaved(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            for alert_id, alert in self._unsaved.items():
                if alert is None:
                    connection.execute(_DELETE, (alert_id,))
                else:
                    connection.execute(_SAVE, _row(alert))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._unsaved.clear()

    def _fault(self, error: Exception | None) -> None:
        if (error is not None) == self._failing:
            return
        self._failing = error is not None
        if error is not None:
            failed = {"part": "timers", "message_id": MessageId.PART_FAILED}
            log.error("timers cannot be written (kept in memory for now): %s", error, extra=failed)
        else:
            log.info(
                "timers are written again", extra={"part": "timers", "message_id": MessageId.PART_RECOVERED}
            )
        if self._on_health is not None:
            self._on_health(Part.TIMERS, not self._failing, "")

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _close(self) -> None:
        self._drop_connection()


def read(path: Path) -> list[Alert]:
    """What is set, for somebody beside the daemon. Raises StoreError."""
    if not path.is_file():
        return []
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=schema.BUSY_SECONDS
        )
        connection.row_factory = sqlite3.Row
        try:
            if not connection.execute("PRAGMA user_version").fetchone()[0]:
                return []  # it is being made
            alerts, damage = _read(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise schema.StoreError(f"{path}: {error}") from error
    if damage is not None and not alerts:
        raise schema.StoreError(f"{path}: {damage}")
    return alerts


def _connect(path: Path) -> sqlite3.Connection:
    schema.make_private(path)
    connection = sqlite3.connect(
        path, timeout=schema.BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        [version] = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise schema.StoreError(
                f"{path} was written by a newer hearthd (version {version}): update hearthd"
            )
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute(f"SELECT {', '.join(COLUMNS)} FROM alerts LIMIT 0")
    except BaseException:
        connection.close()
        raise
    return connection


def _read(connection: sqlite3.Connection) -> tuple[list[Alert], str | None]:
    """Every good alert; and what is wrong with the file, if something is."""
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    found: list[Alert] = []
    bad, damage = 0, None
    try:
        for row in connection.execute(f"SELECT {', '.join(COLUMNS)} FROM alerts LIMIT {2 * MAX_ALERTS}"):
            try:
                found.append(_alert(row))
            except (ValueError, TypeError, OverflowError):
                bad += 1
        [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
        damage = None if verdict == "ok" else str(verdict)
    except sqlite3.DatabaseError as error:
        damage = str(error)
    if bad:
        log.error("%d of the stored timers cannot be read, and are left out", bad)
    return found, damage


def _row(alert: Alert) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(alert, name) for name in COLUMNS}
    row["kind"] = alert.kind.value
    row["repeats"] = " ".join(WEEKDAYS[day] for day in sorted(alert.repeats))
    if alert.at is not None:
        row["at"] = alert.at.isoformat() + ("/2" if alert.at.fold else "")
    return row


def _alert(row: sqlite3.Row) -> Alert:
    """The alert that a row holds. Raises ValueError or TypeError if it is none that could ring."""
    at = None
    if row["at"] is not None:
        text, second, _ = row["at"].partition("/2")
        at = datetime.fromisoformat(text).replace(fold=1 if second else 0, tzinfo=None)
    for column in ("id", "name", "language", "room", "zone", "boot_id"):
        if not isinstance(row[column], str) or len(row[column]) > MAX_NAME:
            raise ValueError(column)
    numbers = {name: _number(row[name]) for name in ("due", "boot_due", "remaining")}
    repeats = frozenset(WEEKDAYS.index(day) for day in row["repeats"].split()) if row["repeats"] else ONCE
    if (numbers["due"] is None) == (numbers["remaining"] is None) or (repeats and at is None):
        raise ValueError("neither due nor paused")
    return Alert(
        id=row["id"],
        kind=Kind(row["kind"]),
        created_at=_number(row["created_at"]) or 0.0,
        name=row["name"],
        language=row["language"],
        spoken=bool(row["spoken"]),
        room=row["room"],
        seconds=_number(row["seconds"]) or 0.0,
        at=at,
        zone=row["zone"],
        repeats=repeats,
        boot_id=row["boot_id"],
        rang=bool(row["rang"]),
        **numbers,
    )


def _number(value: object) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or not 0 <= value <= _LATEST:
        raise ValueError("no time")
    return float(value)
