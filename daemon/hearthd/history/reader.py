"""Reads beside the writer, so that nobody who opens a turn waits for the disk.

The writer's connection is busy for as long as the disk takes to keep what it has (a worn card: seconds), and
for as long as ``hearthd history forget`` rewrites the file. A second connection reads the last state that is
kept meanwhile: that is what the WAL mode is for. A history in memory has but one; nobody waits long for it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TypeVar

from hearthd.history import schema

T = TypeVar("T")


class HistoryReader:
    """Asked by any thread; the writer's thread tells it of another file."""

    def __init__(self, writing: sqlite3.Connection, path: Path | None) -> None:
        """Read what ``writing`` writes to ``path`` (None: in memory)."""
        self._lock = threading.RLock()
        self._own: sqlite3.Connection | None = None
        self.follow(writing, path)

    def follow(self, writing: sqlite3.Connection, path: Path | None) -> None:
        """From now on read what ``writing`` writes to ``path``."""
        with self._lock:
            self.close()
            self._own = None if path is None else schema.connect_to_read(path)
            self._shared = writing

    def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """What ``question`` finds. Raises sqlite3.Error."""
        with self._lock:
            return question(self._own or self._shared)

    @property
    def apart(self) -> AbstractContextManager[object]:
        """Held by the writer while it uses its connection: nobody reads on the same one."""
        return nullcontext() if self._own is not None else self._lock

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nobody reads meanwhile, and the file is not open for reading. ``follow`` ends that."""
        with self._lock:
            self.close()
            yield

    def close(self) -> None:
        """Close the connection of its own."""
        with self._lock:
            if self._own is not None:
                self._own.close()
