"""Forgetting: what is forgotten is gone from the file, not only from the tables."""

from __future__ import annotations

import sqlite3

from hearthd.history import schema


def forget(connection: sqlite3.Connection, where: str, *values: object, keep_summaries: bool = False) -> int:
    """Delete the turns for which the SQL condition ``where`` holds; return how many there were.

    A summary stands on the one before it, so every one that may hold something of these turns goes with
    them, unless ``keep_summaries`` says that they are only old: then those of conversations go that are
    wholly forgotten.

    The index is merged (before SQLite 3.42 its deleted entries live on in old segments), the file
    vacuumed and the journal emptied. Another process that is reading delays the last step, up to the
    connection's busy time; then it raises sqlite3.OperationalError. A damaged index is made anew first.
    """
    try:
        return _forget(connection, where, *values, keep_summaries=keep_summaries)
    except sqlite3.DatabaseError as error:
        if not schema.is_damage(error):
            raise
        schema.mend(connection)
        return _forget(connection, where, *values, keep_summaries=keep_summaries)


def _forget(connection: sqlite3.Connection, where: str, *values: object, keep_summaries: bool) -> int:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not keep_summaries:
            first = f"(SELECT MIN(id) FROM turns WHERE {where})"
            connection.execute(
                "DELETE FROM summaries WHERE EXISTS (SELECT 1 FROM turns AS later"
                " WHERE later.conversation_id = summaries.conversation_id"
                f" AND later.started_at <= summaries.until AND later.id >= {first})",
                values,
            )
        gone = connection.execute(f"DELETE FROM turns WHERE {where}", values).rowcount
        connection.execute(
            "DELETE FROM summaries WHERE conversation_id NOT IN (SELECT conversation_id FROM turns)"
        )
        connection.execute("UPDATE forgotten SET times = times + 1")
        connection.execute("INSERT INTO turns_text (turns_text) VALUES ('optimize')")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    if gone:
        connection.execute("VACUUM")
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise sqlite3.OperationalError("the journal is in use: try again in a moment")
    return gone
