"""The owner's side of the history: look into it, search, export, forget. Works beside a running daemon."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from hearthd.dialogue.turn_record import TurnRecord
from hearthd.history import schema
from hearthd.history.erase import forget
from hearthd.history.schema import StoreError

MAX_TERMS = 10
TRIGRAM = 3
"""The index holds every three characters in a row."""
NEWEST = 5000
"""Turns in which a shorter word is looked for one by one."""
LAST = "\U0010ffff"

_ID = re.compile(r"[0-9a-zA-Z-]{1,64}")


@dataclass(frozen=True, slots=True)
class ListedConversation:
    """One conversation in the list."""

    conversation_id: str
    started_at: float
    """Seconds since the epoch."""
    turns: int
    first: str
    """What was heard first."""


class History:
    """The history at ``path``; a context manager. Raises StoreError when there is none or it is damaged."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_file():
            raise StoreError(f"nothing is stored yet ({path} does not exist)")
        try:
            self._connection = schema.connect(path)
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}") from error

    def __enter__(self) -> History:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        if isinstance(error, sqlite3.Error):
            raise StoreError(f"the history cannot be read: {error}") from error

    def conversations(self, limit: int) -> list[ListedConversation]:
        """The latest conversations in which something was heard, newest first."""
        rows = self._connection.execute(
            """
            SELECT conversation_id, MIN(started_at) AS started_at, COUNT(*) AS turns,
                (SELECT heard FROM turns AS first WHERE first.conversation_id = turns.conversation_id
                    AND first.heard != '' ORDER BY started_at LIMIT 1) AS first
            FROM turns WHERE heard != '' GROUP BY conversation_id ORDER BY started_at DESC LIMIT ?
            """,
            (limit,),
        )
        return [ListedConversation(**row) for row in rows]

    def latest(self, limit: int) -> list[TurnRecord]:
        """The latest turns, oldest first; those without words, too."""
        rows = self._connection.execute("SELECT * FROM turns ORDER BY started_at DESC LIMIT ?", (limit,))
        return [schema.record_of(row) for row in rows][::-1]

    def mark(self, turn_id: str, mark: str) -> None:
        """Write down what the owner thinks of a turn's answer: "good", "bad", or "" to take it back."""
        self._connection.execute("UPDATE turns SET mark = ? WHERE turn_id = ?", (mark, turn_id))

    def marked(self, mark: str) -> list[TurnRecord]:
        """The turns that the owner marked so, oldest first."""
        rows = self._connection.execute("SELECT * FROM turns WHERE mark = ? ORDER BY started_at", (mark,))
        return [schema.record_of(row) for row in rows]

    def find(self, some_id: str) -> list[TurnRecord]:
        """The turns of the conversation, or the one turn, whose id begins with ``some_id``.

        Raises StoreError when there is none or more than one.
        """
        for column in ("conversation_id", "turn_id"):
            if whole := self._whole_id(column, some_id):
                return list(self.every(f"{column} = ?", whole))
        raise StoreError(f'no conversation or turn begins with "{some_id[:64]}"')

    def every(self, where: str = "1", *values: object) -> Iterator[TurnRecord]:
        """The turns for which the SQL condition holds, oldest first, without holding them all in memory."""
        query = f"SELECT * FROM turns WHERE {where} ORDER BY started_at"
        for row in self._connection.execute(query, values):
            yield schema.record_of(row)

    def search(self, text: str, limit: int) -> list[TurnRecord]:
        """The latest turns that hold every word of ``text`` in what was heard or answered, newest first.

        Words of three characters and more are in the index. A shorter one is looked for in the newest
        turns first, where a common one is found often enough; then, being rare, by the index's triples
        that begin with it.
        """
        clean = "".join(c for c in text.encode(errors="ignore").decode() if c.isprintable() or c.isspace())
        terms = clean.split()[:MAX_TERMS]
        short = [term for term in terms if len(term) < TRIGRAM]
        if not terms:
            return []
        newest = self._connection.execute("SELECT MAX(id) FROM turns").fetchone()[0] or 0
        recent = newest - NEWEST if short else 0
        found = self._matching(terms, f"turns.id > {recent}", (), limit)
        if len(found) < limit and recent > 0:
            grams = "turns.id IN (SELECT doc FROM turns_grams WHERE term >= ? AND term < ?)"
            bounds = [bound for term in short for bound in (term.lower(), term.lower() + LAST)]
            where = " AND ".join([f"turns.id <= {recent}", *[grams] * len(short)])
            found += self._matching(terms, where, bounds, limit - len(found))
        return found

    def _matching(self, terms: list[str], where: str, values: Iterable[str], limit: int) -> list[TurnRecord]:
        source, order, found = "turns", "turns.id", [*values]
        long = [term for term in terms if len(term) >= TRIGRAM]
        if long:
            source, order = "turns_text JOIN turns ON turns.id = turns_text.rowid", "turns_text.rowid"
            where += " AND turns_text MATCH ?"
            found.append(" ".join('"' + term.replace('"', '""') + '"' for term in long))
        for term in terms:
            if len(term) < TRIGRAM:
                where += " AND (turns.heard LIKE ? ESCAPE '\\' OR turns.reply LIKE ? ESCAPE '\\')"
                found += ["%" + re.sub(r"([%_\\])", r"\\\1", term) + "%"] * 2
        query = f"SELECT turns.* FROM {source} WHERE {where} ORDER BY {order} DESC LIMIT ?"
        return [schema.record_of(row) for row in self._connection.execute(query, (*found, limit))]

    def forget_conversation(self, some_id: str) -> int:
        """Forget a conversation; returns how many turns it had. Raises StoreError."""
        return self._forget_by("conversation_id", some_id)

    def forget_turn(self, some_id: str) -> int:
        """Forget one turn. Raises StoreError."""
        return self._forget_by("turn_id", some_id)

    def forget_before(self, at: float) -> int:
        """Forget every turn that began before ``at`` (seconds since the epoch)."""
        return forget(self._connection, "started_at < ?", at)

    def forget_all(self) -> int:
        """Forget everything, the files that were set aside as damaged too. Raises OSError if one stays."""
        gone = forget(self._connection, "1")
        for file in self.damaged_files():
            file.unlink(missing_ok=True)
        return gone

    def damaged_files(self) -> list[Path]:
        """What was set aside as damaged and may still hold what is forgotten here."""
        return schema.damaged_files(self._path)

    def _forget_by(self, column: str, some_id: str) -> int:
        whole = self._whole_id(column, some_id)
        if whole is None:
            raise StoreError(f'no {column.removesuffix("_id")} begins with "{some_id[:64]}"')
        return forget(self._connection, f"{column} = ?", whole)

    def _whole_id(self, column: str, beginning: str) -> str | None:
        if not _ID.fullmatch(beginning):
            return None
        query = f"SELECT DISTINCT {column} FROM turns WHERE {column} GLOB ? LIMIT 2"
        found = [row[0] for row in self._connection.execute(query, (beginning + "*",))]
        if len(found) > 1 and beginning not in found:
            raise StoreError(f'more than one {column.removesuffix("_id")} begins with "{beginning}"')
        return beginning if beginning in found else found[0] if found else None
