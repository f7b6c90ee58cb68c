"""Forgetting: what is forgotten is gone from the file, not only from the tables."""

from __future__ import annotations

import sqlite3


def forget(connection: sqlite3.Connection, where: str, *values: object) -> int:
    """Delete the turns for which the SQL condition ``where`` holds; return how many there were.

    The index is merged (before SQLite 3.42 its deleted entries live on in old segments), the file
    vacuumed and the journal emptied. Another process that is reading delays the last step, up to the
    connection's busy time; then it raises sqlite3.OperationalError.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        gone = connection.execute(f"DELETE FROM turns WHERE {where}", values).rowcount
        connection.execute(
            "DELETE FROM summaries WHERE conversation_id NOT IN (SELECT conversation_id FROM turns)"
        )
        connection.execute("INSERT INTO turns_text (turns_text) VALUES ('optimize')")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    if gone:
        connection.execute("VACUUM")
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise sqlite3.OperationalError("the journal is in use: try again in a moment")
    return gone
