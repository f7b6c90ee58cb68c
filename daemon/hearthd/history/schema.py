"""The history's file: opening it, bringing it up to date, setting a damaged one aside."""

from __future__ import annotations

import contextlib
import glob
import json
import logging
import os
import re
import sqlite3
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord, actions_of

log = logging.getLogger(__name__)

FILE = "hearthd.db"
"""Its name in the state directory."""

BUSY_SECONDS = 10.0
"""How long one process waits for another's write (``hearthd history forget`` beside the daemon)."""

READ_SECONDS = 0.2
"""How long a reader waits: not at all, but while another process opens the file after a power cut."""

MIGRATIONS = (
    """
    CREATE TABLE turns (
        id INTEGER PRIMARY KEY,
        turn_id TEXT NOT NULL UNIQUE,
        conversation_id TEXT NOT NULL,
        started_at REAL NOT NULL,
        wake_word TEXT,
        wake_score REAL,
        heard TEXT NOT NULL,
        language TEXT NOT NULL,
        reply TEXT NOT NULL,
        spoken TEXT NOT NULL,
        ended TEXT,
        asr_model TEXT NOT NULL,
        chat_model TEXT NOT NULL,
        voice TEXT NOT NULL,
        endpoint_ms REAL,
        asr_ms REAL,
        llm_first_token_ms REAL,
        first_chunk_ms REAL,
        tts_first_audio_ms REAL,
        first_audible_ms REAL,
        wake_to_chime_ms REAL,
        bargein_stop_ms REAL,
        underruns INTEGER NOT NULL
    );
    CREATE INDEX turns_by_time ON turns (started_at);
    CREATE INDEX turns_by_conversation ON turns (conversation_id, started_at);
    CREATE VIRTUAL TABLE turns_text USING fts5(
        heard, reply, content='turns', content_rowid='id', tokenize='trigram'
    );
    CREATE TRIGGER turns_added AFTER INSERT ON turns BEGIN
        INSERT INTO turns_text (rowid, heard, reply) VALUES (new.id, new.heard, new.reply);
    END;
    CREATE TRIGGER turns_removed AFTER DELETE ON turns BEGIN
        INSERT INTO turns_text (turns_text, rowid, heard, reply)
            VALUES ('delete', old.id, old.heard, old.reply);
    END;
    CREATE TRIGGER turns_changed AFTER UPDATE OF heard, reply ON turns
        WHEN old.heard IS NOT new.heard OR old.reply IS NOT new.reply BEGIN
        INSERT INTO turns_text (turns_text, rowid, heard, reply)
            VALUES ('delete', old.id, old.heard, old.reply);
        INSERT INTO turns_text (rowid, heard, reply) VALUES (new.id, new.heard, new.reply);
    END;
    """,
    """
    CREATE TABLE summaries (
        conversation_id TEXT PRIMARY KEY,
        text TEXT NOT NULL,
        until REAL NOT NULL
    );
    """,
    """
    CREATE INDEX turns_unfinished ON turns (id) WHERE ended IS NULL;
    DROP TRIGGER turns_added;
    DROP TRIGGER turns_removed;
    DROP TRIGGER turns_changed;
    DROP TABLE turns_text;
    CREATE VIEW turns_padded AS SELECT id, heard || '  ' AS heard, reply || '  ' AS reply FROM turns;
    CREATE VIRTUAL TABLE turns_text USING fts5(
        heard, reply, content='turns_padded', content_rowid='id', tokenize='trigram'
    );
    CREATE VIRTUAL TABLE turns_grams USING fts5vocab('turns_text', 'instance');
    CREATE TRIGGER turns_added AFTER INSERT ON turns BEGIN
        INSERT INTO turns_text (rowid, heard, reply) VALUES (new.id, new.heard || '  ', new.reply || '  ');
    END;
    CREATE TRIGGER turns_removed AFTER DELETE ON turns BEGIN
        INSERT INTO turns_text (turns_text, rowid, heard, reply)
            VALUES ('delete', old.id, old.heard || '  ', old.reply || '  ');
    END;
    CREATE TRIGGER turns_changed AFTER UPDATE OF heard, reply ON turns
        WHEN old.heard IS NOT new.heard OR old.reply IS NOT new.reply BEGIN
        INSERT INTO turns_text (turns_text, rowid, heard, reply)
            VALUES ('delete', old.id, old.heard || '  ', old.reply || '  ');
        INSERT INTO turns_text (rowid, heard, reply) VALUES (new.id, new.heard || '  ', new.reply || '  ');
    END;
    INSERT INTO turns_text (turns_text) VALUES ('rebuild');
    """,
    """
    ALTER TABLE turns ADD COLUMN kept_from REAL NOT NULL DEFAULT 0;
    CREATE INDEX turns_by_age ON turns (kept_from);
    CREATE TABLE damaged_files (name TEXT PRIMARY KEY, kept_from REAL NOT NULL);
    CREATE TABLE passed (seconds REAL NOT NULL, checked_time REAL, checked_seconds REAL);
    INSERT INTO passed (seconds) VALUES (0);
    """,
    """
    ALTER TABLE turns ADD COLUMN understood_by TEXT NOT NULL DEFAULT '';
    ALTER TABLE turns ADD COLUMN actions TEXT NOT NULL DEFAULT '[]';
    """,
    """
    ALTER TABLE turns ADD COLUMN room TEXT NOT NULL DEFAULT '';
    ALTER TABLE turns ADD COLUMN waited_ms REAL;
    CREATE INDEX turns_by_room ON turns (room, id);
    """,
    """
    ALTER TABLE turns ADD COLUMN retracted INTEGER NOT NULL DEFAULT 0;
    """,
    """
    ALTER TABLE turns ADD COLUMN mark TEXT NOT NULL DEFAULT '';
    """,
    """
    CREATE TABLE forgotten (times INTEGER NOT NULL);
    INSERT INTO forgotten (times) VALUES (0);
    """,
)
"""One script a version, applied in order; ``user_version`` counts those already applied.

The index holds every three characters in a row. Two blanks are put behind each text, so that the last one
or two characters begin such a triple as well: that is how a Chinese word of two is found (``browser``).
``mark`` is the owner's judgement of the answer, "good" or "bad".
``kept_from`` is no time of day but a count of seconds, that of ``passed`` (``retention``). ``forgotten``
counts how often turns were forgotten: whoever has read some before reads them anew.
"""

COLUMNS = tuple(field.name for field in fields(TurnRecord))
"""The columns of ``turns``, which are the record's fields."""


MALFORMED = "the names in the file are no text"
"""What Python's module raises for that is no error of SQLite's."""


class StoreError(Exception):
    """The history cannot be used. The message says why and what to do."""


def connect(path: Path | None) -> sqlite3.Connection:
    """Open the history at ``path``, made and migrated if need be. Raises sqlite3.Error or StoreError.

    None: a history in memory only, gone with the process.

    ``synchronous=FULL``: in WAL mode that is what makes a finished turn outlive a power cut, and only
    the writer's thread waits for the disk. ``secure_delete`` overwrites what is deleted.
    """
    if path is not None:
        make_private(path)
    connection = _opened(path or ":memory:", BUSY_SECONDS)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA journal_size_limit = 4194304")
        _migrate(connection)
        for table in ("turns", "summaries", "turns_text", "passed", "damaged_files", "forgotten"):
            connection.execute(f"SELECT * FROM {table} LIMIT 0")
    except UnicodeDecodeError:  # the name of a column
        connection.close()
        raise sqlite3.DatabaseError(MALFORMED) from None
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Another connection to the history at ``path``, which is in order: it reads while that one writes."""
    connection = _opened(path, READ_SECONDS)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _opened(path: Path | str, busy_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.text_factory = _text
    return connection


def _text(raw: bytes) -> str:
    """Damaged text is shown as such: sqlite3's own error would name what was said."""
    return raw.decode(errors="replace")


def make_private(path: Path) -> None:
    """Make the file, readable by its owner only, if it is not there yet.

    A file that is there is not touched: closing any descriptor of it gives up all of this process's
    POSIX locks on it, those of an open connection too. Another process that reads would then take
    itself for the last one and remove the journal under the writer's hands.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _migrate(connection: sqlite3.Connection) -> None:
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise StoreError(f"the history was written by a newer hearthd (version {version}): update hearthd")
    if version == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number in range(_version(connection), len(MIGRATIONS)):
            for statement in _statements(MIGRATIONS[number]):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> list[str]:
    """The script's statements; ``executescript`` would commit each and leave a half-done migration."""
    statements: list[str] = []
    held = ""
    for line in script.splitlines():
        held += line + "\n"
        if sqlite3.complete_statement(held):
            statements.append(held)
            held = ""
    return statements


def is_damage(error: sqlite3.Error) -> bool:
    """The file is no good SQLite file, or not ours (as against: full disk, locked, no permission)."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name in ("", "SQLITE_ERROR"):
        return str(error) == MALFORMED or _FOREIGN.search(str(error)) is not None
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


_FOREIGN = re.compile(r"no such (table|column)|has no column|already exists|malformed")
"""What SQLite says of a file in which our tables are missing, or are another program's."""


def connect_or_replace(path: Path | None) -> tuple[sqlite3.Connection, Path | None]:
    """Open ``path``; a file that is no good SQLite file is set aside and a new one begun.

    Returns the connection and where the damaged file went. Raises StoreError when no file can be used.
    """
    try:
        try:
            return connect(path), None
        except sqlite3.DatabaseError as error:
            if path is None or not (is_damage(error) or _in_the_way(path)):
                raise
        aside = set_aside(path)
        return connect(path), aside
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"{path}: {error}: is the folder writable, the disk full?") from error


def _in_the_way(path: Path) -> bool:
    """Something stands where a file of the history belongs that is no file: a folder, a link to nowhere."""
    return any(os.path.lexists(one) and not one.is_file() for one in _files(path))


def _files(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "")]


def mend(connection: sqlite3.Connection) -> None:
    """Make the index of words anew from the turns. Raises sqlite3.Error if more than that is damaged."""
    connection.execute("INSERT INTO turns_text (turns_text) VALUES ('rebuild')")
    connection.execute("INSERT INTO turns_text (turns_text, rank) VALUES ('integrity-check', 1)")


def is_sound(path: Path) -> bool:
    """Whether every page is in order. Reads the whole file: 0.3 s for 100,000 turns."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    connection.text_factory = _text
    try:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError as error:
        return not is_damage(error)
    finally:
        connection.close()


def set_aside(path: Path, what: str = "the history") -> Path:
    """Rename the damaged file (and its journal) so that it can be looked into; return its new name."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    for file in _files(path):
        if os.path.lexists(file):
            file.rename(aside.with_name(aside.name + file.name.removeprefix(path.name)))
    log.error("%s was damaged: it is now %s, and a new one is begun", what, aside)
    return aside


def damaged_files(path: Path) -> list[Path]:
    """What was set aside as damaged of the history at ``path``, and the journals of it."""
    found = path.parent.glob(f"{glob.escape(path.name)}.damaged-*")
    return sorted(file for file in found if not file.is_dir())  # a folder that stood in the way is not ours


def copy(before: sqlite3.Connection, after: sqlite3.Connection, counted: float) -> None:
    """Put all of one history into another, whose count of seconds stands at ``counted``; all or nothing."""
    after.execute("BEGIN IMMEDIATE")
    try:
        for row in before.execute("SELECT * FROM turns ORDER BY id"):
            values = {**dict(row), "kept_from": row["kept_from"] + counted}
            del values["id"]
            names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
            after.execute(f"INSERT OR IGNORE INTO turns ({names}) VALUES ({marks})", values)
        summaries = before.execute("SELECT conversation_id, text, until FROM summaries").fetchall()
        after.executemany("INSERT OR REPLACE INTO summaries VALUES (?, ?, ?)", map(tuple, summaries))
        after.execute("COMMIT")
    except BaseException:
        if after.in_transaction:
            after.execute("ROLLBACK")
        raise


def row_of(record: TurnRecord) -> dict[str, Any]:
    """The record as the table's columns."""
    fields = record.as_dict()
    return {**fields, "actions": json.dumps(fields["actions"])}


def record_of(row: sqlite3.Row) -> TurnRecord:
    """The turn that a row of ``turns`` holds; of a damaged one, what can be read."""
    values = {field.name: _value(row[field.name], str(field.type)) for field in fields(TurnRecord)}
    return TurnRecord(**values)


def _value(value: Any, kind: str) -> Any:
    """``value`` as a field of that type holds it."""
    if kind.startswith("Ended"):
        return value if value is None else Ended(value) if value in set(Ended) else Ended.ERROR
    if kind.startswith("tuple"):
        return actions_of(value)
    if kind.startswith("str"):
        return value if isinstance(value, str) or (value is None and "None" in kind) else ""
    if isinstance(value, int | float):
        return value
    return None if "None" in kind else 0
