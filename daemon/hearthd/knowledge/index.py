"""The passages and their vectors, in a SQLite file beside the history; finding those that fit a question.

Nearness is computed by sqlite-vec inside SQLite. Where Python's own SQLite loads no extensions (some
builds leave that out), the same SQL function is computed by NumPy. A household's documents are some
thousands of passages: looking at all of them takes milliseconds, and an exact answer needs no tuning.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sqlite3
import stat
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hearthd.knowledge import chunks, documents
from hearthd.knowledge.common_words import common_words
from hearthd.knowledge.documents import DocumentError
from hearthd.knowledge.embedder import Embedder, Vectors

MAX_FILES = 10_000
"""In one folder: more is a backup, not a household's papers."""
CANDIDATES = 30
"""Passages that are nearest in meaning, among which common words decide."""

BUSY_SECONDS = 10.0
"""How long one process waits for another's write."""
FOLDERS = "SELECT path FROM folders ORDER BY path"

LAYOUT = 1
"""Of what is kept of a document: with each place, title and date (1). An index of an older one is read anew,
a document after the other; what it holds of a document answers until then."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS folders (path TEXT PRIMARY KEY, workspace TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER, mtime_ns INTEGER,
    model TEXT, problem TEXT
);
CREATE TABLE IF NOT EXISTS passages (
    id INTEGER PRIMARY KEY, file INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    text TEXT NOT NULL, vector BLOB NOT NULL, place TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS passages_of_file ON passages (file);
"""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a document and how well it fits.

    ``score``: what the likeness of meaning counts (``Embedder.counted``), plus the share of common words.
    """

    file: str
    text: str
    score: float
    place: str = ""
    """The title and headings that it stands under, and the document's date."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document in the index; ``problem`` says why nothing of it is."""

    file: str
    passages: int
    problem: str


class Index:
    """The index at ``path``; may be used from any thread. Raises sqlite3.Error when the file is no good."""

    def __init__(self, path: Path) -> None:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        self._db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        self._db.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        self._lock = threading.Lock()
        self._words_left = True
        """The journal may hold words that are no longer in the tables; from a life before, too."""
        try:
            for pragma in ("journal_mode = WAL", "foreign_keys = ON", "secure_delete = ON"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(SCHEMA)
            self._bring_up_to_date()
            self.native = _load_vec(self._db)
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _bring_up_to_date(self) -> None:
        """An index of an older version gets what it lacks; its documents are to be read again."""
        for table, column in (("folders", "workspace"), ("passages", "place")):
            if not any(row[1] == column for row in self._db.execute(f"PRAGMA table_info({table})")):
                with contextlib.suppress(sqlite3.OperationalError):  # another process was first
                    self._db.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
        if self._db.execute("PRAGMA user_version").fetchone()[0] < LAYOUT:
            with self._transaction():
                self._db.execute("UPDATE files SET mtime_ns = NULL")
                self._db.execute(f"PRAGMA user_version = {LAYOUT}")

    # --- what is in it ---------------------------------------------------------------------------

    def folders(self) -> list[Path]:
        """The folders (and files) that were added."""
        return [Path(row[0]) for row in self._all(FOLDERS)]

    def away(self) -> list[Path]:
        """Those of the folders that are not there now, or may not be looked into."""
        return [folder for folder in self.folders() if not _is_there(folder)]

    def documents(self) -> list[Document]:
        """Every document that was read, by name."""
        rows = self._all(
            "SELECT path, (SELECT COUNT(*) FROM passages WHERE file = files.id), problem FROM files"
            " ORDER BY path"
        )
        return [Document(*row) for row in rows]

    def add(self, folder: Path, workspace: str | None = None) -> None:
        """From now on ``folder`` is part of the knowledge; ``changed`` tells what to read.

        ``workspace``: the owner's, to which it belongs, "" for none; None leaves a known folder where it is.
        """
        self._all(
            "INSERT INTO folders (path, workspace) VALUES (CAST(? AS TEXT), ?)"
            " ON CONFLICT (path) DO UPDATE SET workspace = coalesce(?, workspace)",
            _raw(folder.resolve()),
            workspace or "",
            workspace,
        )

    def workspaces(self) -> dict[Path, str]:
        """The workspace of each folder."""
        return {Path(path): name for path, name in self._all("SELECT path, workspace FROM folders")}

    def remove(self, folder: Path) -> bool:
        """Forget ``folder`` and all that was read in it; False if it was not added.

        Raises sqlite3.OperationalError where another process reads for so long that the words stay in the
        journal; they go with the next ``forget_words``.
        """
        with self._lock, self._transaction():
            gone = self._db.execute(
                "DELETE FROM folders WHERE path = CAST(? AS TEXT)", (_raw(folder.resolve()),)
            ).rowcount
            left = [Path(row[0]) for row in self._db.execute("SELECT path FROM folders")]
            self._drop([path for path in self._paths() if gone and not _is_in(path, left)])
        if gone:
            self._all("VACUUM")
            if not self.forget_words(BUSY_SECONDS):
                raise sqlite3.OperationalError("the index is in use: run this again in a moment")
        return bool(gone)

    def forget_words(self, seconds: float = 0.0) -> bool:
        """Empty the journal, which holds the words of what was dropped; False if others read it just now."""
        if not self._words_left:
            return True
        with self._lock:
            self._db.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")
            try:
                self._words_left = bool(self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
            finally:
                self._db.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")
        return not self._words_left

    # --- keeping up ------------------------------------------------------------------------------

    def changed(self, model: str) -> list[Path]:
        """The documents to read: new ones, changed ones, those embedded by another model."""
        known = {row[0]: row[1:] for row in self._all("SELECT path, size, mtime_ns, model FROM files")}
        found = []
        for path in self._present():
            with contextlib.suppress(OSError):  # it went this moment
                status = path.stat()
                if known.get(str(path)) != (status.st_size, status.st_mtime_ns, model):
                    found.append(path)
        return found

    def drop_missing(self) -> int:
        """Forget the documents that are no longer there; how many.

        Of a folder that is away as a whole (a disk that is not mounted) nothing is forgotten.
        """
        present, away = set(self._present()), self.away()
        with self._lock, self._transaction():
            gone = [path for path in self._paths() if path not in present and not _is_in(path, away)]
            self._drop(gone)
        return len(gone)

    def read(self, path: Path, embedder: Embedder) -> str:
        """Read one document anew; returns why it could not be, or "". Raises EngineError.

        A passage is embedded at a time, so that a question asked meanwhile waits for one at most. The old
        passages stand until the new ones are all there; those of a document that was removed meanwhile are
        not kept.
        """
        try:
            status = path.stat()
        except OSError as error:
            return error.strerror or type(error).__name__
        try:
            cut = chunks.cut(documents.text_of(path), path.stem.encode(errors="replace").decode())
            problem = "" if cut else "is empty"
        except DocumentError as error:
            cut, problem = [], str(error)
        vectors = [embedder.embed([chunk.whole])[0].tobytes() for chunk in cut]
        with self._lock, self._transaction():
            folders = [Path(row[0]) for row in self._db.execute(FOLDERS)]
            if not _is_own_file(path) or not _is_in(path, folders):
                return "was removed meanwhile"
            self._drop([path])
            row = (_raw(path), status.st_size, status.st_mtime_ns, embedder.name, problem)
            file = self._db.execute(
                "INSERT INTO files (path, size, mtime_ns, model, problem)"
                " VALUES (CAST(? AS TEXT), ?, ?, ?, ?)",
                row,
            ).lastrowid
            self._db.executemany(
                "INSERT INTO passages (file, text, place, vector) VALUES (?, ?, ?, ?)",
                [(file, chunk.text, chunk.place, made) for chunk, made in zip(cut, vectors, strict=True)],
            )
        return problem

    def _paths(self) -> list[Path]:
        return [Path(row[0]) for row in self._db.execute("SELECT path FROM files")]

    def _drop(self, paths: Sequence[Path]) -> None:
        """Forget these documents. Within the lock and a transaction."""
        for path in paths:
            values = (_raw(path),)
            self._words_left |= bool(
                self._db.execute("DELETE FROM files WHERE path = CAST(? AS TEXT)", values).rowcount
            )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing. Within the lock."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _present(self) -> Iterator[Path]:
        """The documents in the folders; links that lead out of them are not followed."""
        for folder in self.folders():
            if _is_there(folder):
                yield from itertools.islice(_documents_in(folder), MAX_FILES)

    # --- finding ---------------------------------------------------------------------------------

    def search(
        self, question: str, embedder: Embedder, limit: int, workspaces: Sequence[str] = ()
    ) -> list[Passage]:
        """The passages that fit the question best, best first. Raises EngineError.

        ``workspaces``: only documents of these are looked at; none named: all documents.
        """
        if not self._all("SELECT 1 FROM passages LIMIT 1"):
            return []
        vector = embedder.embed([question], question=True)
        rows = self._all(
            "SELECT files.path, text, place, 1 - vec_distance_cosine(vector, ?) AS likeness FROM passages"
            " JOIN files ON files.id = passages.file"
            " WHERE files.model = ? AND length(vector) = ?"
            " AND (? OR files.id IN (SELECT value FROM json_each(?))) ORDER BY likeness DESC LIMIT ?",
            vector[0].tobytes(),
            embedder.name,
            vector[0].nbytes,
            not workspaces,
            json.dumps(self._files_of(workspaces) if workspaces else []),
            CANDIDATES,
        )
        shares = common_words(question, [f"{place}\n{text}" for _, text, place, _ in rows])
        found = [
            Passage(path, text, round(embedder.counted(likeness, question) + share, 3), place)
            for (path, text, place, likeness), share in zip(rows, shares, strict=True)
        ]
        return sorted(found, key=lambda passage: -passage.score)[:limit]

    def _files_of(self, workspaces: Sequence[str]) -> list[int]:
        """The documents of these workspaces: a document belongs to the innermost folder that was added."""
        known = sorted(self.workspaces().items(), key=lambda one: -len(one[0].parts))
        found = []
        for number, path in self._all("SELECT id, path FROM files"):
            own = next((name for folder, name in known if Path(path).is_relative_to(folder)), "")
            if own in workspaces:
                found.append(int(number))
        return found

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()


def _raw(path: Path) -> bytes:
    """How a path is kept: not every name is UTF-8, and SQLite takes a string only if it is."""
    return str(path).encode("utf-8", "surrogateescape")


def _documents_in(folder: Path) -> Iterator[Path]:
    """The documents in and below ``folder``, in order; what may not be looked at is left out."""
    if folder.is_file():
        yield folder
        return
    for where, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(where, name)
            if path.suffix.lower() in documents.SUFFIXES and _is_own_file(path):
                yield path


def _is_own_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _is_in(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _is_there(folder: Path) -> bool:
    try:
        folder.stat()
        return folder.is_file() or os.access(folder, os.R_OK | os.X_OK)
    except OSError:
        return False


def _load_vec(db: sqlite3.Connection) -> bool:
    """Have ``vec_distance_cosine`` in SQL; whether it is sqlite-vec's own."""
    import sqlite_vec

    try:
        db.enable_load_extension(True)
        sqlite_vec.load(db)
        db.enable_load_extension(False)
    except (AttributeError, sqlite3.Error):
        db.create_function("vec_distance_cosine", 2, _distance, deterministic=True)
        return False
    return True


def _distance(one: bytes, other: bytes) -> float:
    """1 - cosine, of vectors of length 1."""
    vectors: list[Vectors] = [np.frombuffer(raw, np.float32) for raw in (one, other)]
    return float(1.0 - np.dot(vectors[0], vectors[1]))
