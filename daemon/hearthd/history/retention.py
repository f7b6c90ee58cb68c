"""How old what is kept is, and which of it is too old: counted, not read off the clock on the wall.

One start in the wrong year would make a whole history old at once. So age is time that has certainly
passed: while the speaker runs, by the clock that nobody can set; while it was off, by the wall clock, if a
time server vouched for it before and afterwards (time servers err, too: a month at most). What cannot be
counted makes a turn younger, never older. Whatever the count says, at most half of the turns go at a time.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hearthd.common import wall_clock
from hearthd.history import schema

log = logging.getLogger(__name__)

HOUR, DAY = 3600.0, 86400.0
"""Seconds."""
FIRST_LOOK = HOUR
"""From the start until anything is forgotten: by then a time server has usually answered."""
SLACK = 60.0
"""By so much two clocks may differ without time that was not counted."""
LONGEST = 1e10
"""A larger count comes from a damaged file: three hundred years."""
LONGEST_AWAY = 30 * DAY
"""So much is counted of the time for which it was off."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """What tells the time; other ones in tests."""

    passed: Callable[[], float] = wall_clock.passed
    """Seconds from any beginning; never set, so only differences mean something."""
    checked: Callable[[], float | None] = wall_clock.checked_time
    """Seconds since the epoch, or None where nobody vouches for them. May take seconds."""


class Retention:
    """The history's own count of seconds, kept in its file, and what is too old by it.

    ``days``: how long a turn is kept; 0: for ever.
    """

    def __init__(self, days: int, clocks: Clocks) -> None:
        self._days, self._clocks = days, clocks
        self._base, self._began = 0.0, clocks.passed()
        self._looked_at, self._wait = self._began, FIRST_LOOK

    def adopt(self, connection: sqlite3.Connection) -> None:
        """Count on from what this file says."""
        self._base, self._began = counted(connection), self._clocks.passed()

    def now(self) -> float:
        """The count: what is written now is kept from here on."""
        return self._base + self._clocks.passed() - self._began

    def due(self) -> bool:
        """Whether it is time to look for what is too old: an hour after the start, then once a day."""
        return self._clocks.passed() - self._looked_at >= self._wait

    def save(self, connection: sqlite3.Connection) -> None:
        """Keep the count, for the next start."""
        connection.execute("UPDATE passed SET seconds = ?", (self.now(),))

    def checked(self) -> float | None:
        """The time of day, for ``look``; None if nobody vouches for it. May take seconds."""
        return self._clocks.checked()

    def look(self, connection: sqlite3.Connection, checked: float | None) -> tuple[float, int]:
        """Count what passed while it was off; return from when on turns are kept, and how many may go now."""
        self._looked_at, self._wait = self._clocks.passed(), DAY
        if checked is not None:
            self._check(connection, checked)
        self.save(connection)
        oldest = self.now() - self._days * DAY if self._days > 0 else 0.0
        old, every = connection.execute(
            "SELECT COUNT(*) FILTER (WHERE kept_from < ?), COUNT(*) FROM turns", (oldest,)
        ).fetchone()
        return oldest, min(old, max(1, every // 2))

    def _check(self, connection: sqlite3.Connection, checked: float) -> None:
        """Compare the count with a wall clock that can be believed."""
        before, at = connection.execute("SELECT checked_time, checked_seconds FROM passed").fetchone()
        if before is not None:
            away = min((checked - before) - (self.now() - at), LONGEST_AWAY)
            if away > SLACK:
                self._base += away
                for table in ("turns", "damaged_files"):  # what was written since is no older for that
                    connection.execute(
                        f"UPDATE {table} SET kept_from = kept_from + ? WHERE kept_from >= ?", (away, at)
                    )
        connection.execute("UPDATE passed SET checked_time = ?, checked_seconds = ?", (checked, self.now()))

    def forget_damaged(self, connection: sqlite3.Connection, path: Path, oldest: float) -> None:
        """Delete the files that were set aside as damaged before ``oldest``: the words are in them, too."""
        connection.executemany(
            "INSERT OR IGNORE INTO damaged_files (name, kept_from) VALUES (?, ?)",
            [(file.name, self.now()) for file in schema.damaged_files(path)],
        )
        rows = connection.execute("SELECT name FROM damaged_files WHERE kept_from < ?", (oldest,)).fetchall()
        for row in rows:
            path.with_name(row["name"]).unlink(missing_ok=True)
            connection.execute("DELETE FROM damaged_files WHERE name = ?", (row["name"],))
        if rows:
            log.info("%d damaged files of the history were too old and are deleted", len(rows))


def counted(connection: sqlite3.Connection) -> float:
    """How far the count had come when the file was last written."""
    connection.execute("INSERT INTO passed (seconds) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM passed)")
    found = connection.execute(
        "SELECT CAST(MAX(IFNULL(seconds, 0), IFNULL((SELECT MAX(kept_from) FROM turns), 0)) AS REAL)"
        " FROM passed"
    ).fetchone()[0]
    return float(found) if 0.0 <= found < LONGEST else 0.0
