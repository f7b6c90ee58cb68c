"""What the daemon asks the history: the latest turns, a conversation's summary, the one before it.

The latest is what was written last (``id``), whatever the clock on the wall said then: a conversation that
was held in a wrong year in the future is not the one before each later one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from hearthd.dialogue.turn_record import TurnRecord
from hearthd.history import schema


def recent_turns(connection: sqlite3.Connection, limit: int, conversation_id: str | None) -> list[TurnRecord]:
    """The latest ``limit`` turns with words in them, oldest first; of one conversation if given."""
    condition = "" if conversation_id is None else "AND conversation_id = :conversation"
    query = f"SELECT * FROM turns WHERE heard != '' {condition} ORDER BY id DESC LIMIT :limit"
    rows = connection.execute(query, {"limit": limit, "conversation": conversation_id}).fetchall()
    return [schema.record_of(row) for row in reversed(rows)]


def turns_between(
    connection: sqlite3.Connection, since: float, until: float, limit: int, room: str
) -> list[TurnRecord]:
    """The room's latest ``limit`` turns of a time that are over and have words in them, oldest first."""
    query = (
        "SELECT * FROM turns WHERE room = ? AND heard != '' AND ended IS NOT NULL"
        " AND started_at >= ? AND started_at < ? ORDER BY started_at DESC LIMIT ?"
    )
    rows = connection.execute(query, (room, since, until, limit)).fetchall()
    return [schema.record_of(row) for row in reversed(rows)]


def summary(connection: sqlite3.Connection, conversation_id: str) -> tuple[str, float] | None:
    """A conversation's summary and the beginning of the last turn in it."""
    query = "SELECT text, until FROM summaries WHERE conversation_id = ?"
    row = connection.execute(query, (conversation_id,)).fetchone()
    return (row["text"], row["until"]) if row else None


def conversation_before(connection: sqlite3.Connection, conversation_ids: Sequence[str], room: str) -> str:
    """The room's latest conversation with words in it, these left out; "" if there is none."""
    marks = ", ".join("?" * len(conversation_ids))
    query = (
        "SELECT conversation_id FROM turns WHERE room = ? AND heard != ''"
        f" AND conversation_id NOT IN ({marks}) ORDER BY id DESC LIMIT 1"
    )
    row = connection.execute(query, (room, *conversation_ids)).fetchone()
    return str(row["conversation_id"]) if row else ""


def latest(connection: sqlite3.Connection, room: str) -> tuple[str, float]:
    """The conversation and beginning of the room's latest turn; ("", 0.0) if there is none."""
    columns = "conversation_id, CAST(started_at AS REAL) AS at"
    query = f"SELECT {columns} FROM turns WHERE room = ? ORDER BY id DESC LIMIT 1"
    row = connection.execute(query, (room,)).fetchone()
    return (str(row["conversation_id"]), row["at"]) if row else ("", 0.0)


def times_forgotten(connection: sqlite3.Connection) -> int:
    """How often turns were forgotten, by whomever."""
    row = connection.execute("SELECT times FROM forgotten").fetchone()
    return int(row["times"]) if row else 0
