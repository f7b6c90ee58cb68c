"""The daemon's side of the history: one thread writes, nobody else waits.

A turn is written when it begins, when it is heard, when it is answered and when it ends. Each write is
a whole transaction on disk, so a kill or a power cut at any instant loses at most what was not yet
posted, and never a turn whose ``ended`` was written. What could not be written (a full disk) is kept
(``unwritten``) and written when there is room, and so is everything where the file could not be opened.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from hearthd.common.parts import OnHealth, Part
from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.history import queries, schema
from hearthd.history.erase import forget
from hearthd.history.reader import HistoryReader
from hearthd.history.retention import Clocks, Retention, counted
from hearthd.history.schema import StoreError
from hearthd.history.talks import Talks
from hearthd.history.unwritten import Unwritten, laid_over, write
from hearthd.history.worker import Worker
from hearthd.service.message_ids import MessageId

log = logging.getLogger(__name__)

RETRY_SECONDS = 30.0
"""While the disk takes none, it is tried so often whether it does again."""
LOOK_SECONDS = 600.0
"""At rest it is looked so often whether something is to be done."""

TROUBLE = (sqlite3.Error, StoreError, OSError)
"""What a disk that is full, gone or read-only raises."""

T = TypeVar("T")


def new_turn_id() -> str:
    """A turn's id: 12 hexadecimal digits. With 8, two of 100,000 turns would rather meet than not."""
    return secrets.token_hex(6)


class Store:
    """The history, opened for the daemon. Every method may be called from any thread and returns at once.

    ``damaged`` names the file that was set aside at opening, if there was one. ``on_health`` is called in
    the writer's thread with True when writing begins to fail and with False when it works again.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        new_conversation_seconds: float = 600.0,
        retention_days: int = 0,
        on_health: OnHealth | None = None,
        unusable: tuple[Path, str] | None = None,
        clocks: Clocks | None = None,
    ) -> None:
        """Open ``path``; None keeps the turns in memory only, until the process ends.

        Turns older than ``retention_days`` (0: never) are forgotten once a day, see ``retention``. Raises
        StoreError when the file cannot be used; a damaged one is no such case. ``unusable``: the file in
        which the turns should be, and why it cannot be used: a fault from the first turn on, and as soon as
        it can be used they move there.
        """
        self._unusable = unusable
        self._path = path
        self._unwritten = Unwritten()
        self._due = 0
        """The number of what is to be written by now: what was told after an order to forget waits for it."""
        self._live: set[str] = set()
        self._on_health = on_health
        self._connection, self.damaged = schema.connect_or_replace(path)
        self._reader = HistoryReader(self._connection, path)
        self._retention = Retention(retention_days, clocks or Clocks())
        try:
            self._take_up()
        except sqlite3.DatabaseError as error:
            self._take_up_damaged(error)
        self._talks = Talks(
            new_conversation_seconds,
            lambda room: self._read(lambda db: queries.latest(db, room), ("", 0.0)),
            lambda: self._read(queries.times_forgotten, 0),
        )
        self._failing = False
        self._worker = Worker("history", self._look_after, self._rest)
        self._worker.submit(self._check)

    def conversation_id(self, at: float, room: str = "") -> str:
        """The conversation that a turn in ``room`` at ``at`` (seconds since the epoch) belongs to."""
        conversation, anew = self._talks.at(room, at)
        if anew:
            self._submit(lambda: self._write_summary(conversation, "", at))
        return conversation

    def new_conversation(self, room: str = "") -> None:
        """The next turn there begins a new conversation, without a past: its summary is empty."""
        self._talks.leave(room)

    def begin(self, record: TurnRecord) -> Future[None]:
        """Write a turn that has begun."""
        return self._post(record)

    def heard(self, record: TurnRecord) -> Future[None]:
        """Write a turn whose words are known."""
        return self._post(record)

    def answered(self, record: TurnRecord) -> Future[None]:
        """Write a turn whose reply is complete."""
        return self._post(record)

    def ended(self, record: TurnRecord) -> Future[None]:
        """Write a turn that has ended. When the future is done, it is on the disk for good."""
        talk = self._talks.of(record.room)
        talk.last_at = max(talk.last_at, record.started_at)
        future = self._post(record)
        self._worker.submit(self._look_after)
        return future

    def recent_turns(self, limit: int, conversation_id: str | None = None) -> list[TurnRecord]:
        """The latest ``limit`` turns with words in them, oldest first; of one conversation if given.

        Those that are not on the disk yet are among them.
        """
        told = self._unwritten.all()  # before the file is read: what is written in between is in both
        rows = self._read(lambda db: queries.recent_turns(db, limit, conversation_id), list[TurnRecord]())
        return laid_over(rows, told, conversation_id)[-limit:]

    def turns_between(self, since: float, until: float, limit: int, room: str = "") -> list[TurnRecord]:
        """The room's latest ``limit`` turns of a time that are over and have words in them, oldest first."""
        return self._read(lambda db: queries.turns_between(db, since, until, limit, room), [])

    def changed_elsewhere(self, room: str = "") -> bool:
        """Whether turns were forgotten, by ``hearthd history forget`` or here, since the room's last call."""
        talk = self._talks.of(room)
        before, talk.seen = talk.seen, self._read(queries.times_forgotten, talk.seen)
        return before != talk.seen

    def forget(self, where: str, *values: object) -> Future[int]:
        """Forget turns, see ``erase.forget``, unwritten ones too; the future tells how many."""
        told = self._unwritten.all()
        return self._worker.submit(lambda: self._forget(where, *values, told=told))

    def save_summary(self, conversation_id: str, text: str, until: float, room: str = "") -> Future[bool]:
        """Keep the summary of a conversation's turns up to the one that began at ``until``.

        The future says False if turns were forgotten since the room's last ``changed_elsewhere``: the
        summary may hold something of them, and is not kept.
        """
        seen = self._talks.of(room)
        return self._submit(lambda: self._save_summary(conversation_id, text, until, seen.seen))

    def summary(self, conversation_id: str) -> tuple[str, float] | None:
        """A conversation's summary and the beginning of the last turn in it.

        An empty one stands for a past that was left behind on request.
        """
        found = self._read(lambda db: queries.summary(db, conversation_id), None)
        return ("", 0.0) if found is None and self._talks.without_past(conversation_id) else found

    def conversation_before(self, conversation_ids: Sequence[str], room: str = "") -> str:
        """The room's latest conversation with words in it, these left out; "" if there is none."""
        return self._read(lambda db: queries.conversation_before(db, conversation_ids, room), "")

    async def flush(self) -> None:
        """Return when all that was posted so far is written (or could not be)."""
        await asyncio.wrap_future(self._submit(lambda: None))

    def close(self) -> None:
        """Write what was posted, and close the file."""
        self._worker.submit(lambda: self._look_after(last=True))
        self._worker.close()
        self._reader.close()
        self._connection.close()

    def _read(self, ask: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """What ``ask`` finds; if the file is damaged ``otherwise``, and it is seen to."""
        try:
            return self._reader.ask(ask)
        except sqlite3.Error as error:
            log.error("the history cannot be read: %s", error)
            if isinstance(error, sqlite3.DatabaseError) and schema.is_damage(error):
                self._submit(partial(self._replace_if_damaged, error))
            return otherwise

    # --- the writer's thread ---------------------------------------------------------------------

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        def locked() -> T:
            with self._reader.apart:
                return work()

        return self._worker.submit(locked)

    def _post(self, record: TurnRecord) -> Future[None]:
        number = self._unwritten.tell(record)
        return self._submit(lambda: self._save(number))

    def _save(self, number: int) -> None:
        self._due = number
        try:
            self._try_to_write()
        except TROUBLE as error:
            raise StoreError(f"the turn is not on the disk yet: {error}") from error

    def _try_to_write(self) -> None:
        """Write what is not written yet; whether it could be is told. Raises sqlite3.Error or StoreError."""
        try:
            try:
                self._write_unwritten()
            except sqlite3.DatabaseError as error:
                self._replace_if_damaged(error)
                self._write_unwritten()
        except TROUBLE as error:
            self._fault(error)
            raise
        self._fault(StoreError(self._unusable[1]) if self._unusable else None)

    def _rest(self) -> float:
        """How long it is waited at rest until the next ``_look_after``, in seconds."""
        return RETRY_SECONDS if self._unwritten or self._unusable else LOOK_SECONDS

    def _look_after(self, *, last: bool = False) -> None:
        """Between turns: write what could not be written, forget what is too old (not as the ``last`` thing).

        Never raises for the disk's sake: what does not work now is tried again.
        """
        try:
            if self._unusable is not None:
                self._move_to_disk(self._unusable[0])
            with self._reader.apart:
                if self._unwritten:
                    self._try_to_write()
                if last:
                    self._retention.save(self._connection)
            if self._retention.due() and not last:
                self._forget_old()
        except TROUBLE as error:
            log.debug("the history cannot be looked after: %s", error)

    def _move_to_disk(self, path: Path) -> None:
        """Take up the file that could not be used, with all that came since. Raises what is in TROUBLE.

        Opening it may take long, so that is done before the connection in use is locked.
        """
        opened, damaged = schema.connect_or_replace(path)
        try:
            _close_unfinished(opened)
            with self._reader.apart:
                schema.copy(self._connection, opened, counted(opened))
                self._retention.adopt(opened)
                memory, self._connection = self._connection, opened
                self._path, self.damaged, self._unusable = path, damaged, None
                self._reader.follow(opened, path)
        except BaseException:
            opened.close()
            raise
        memory.close()
        self._fault(None)
        self._check()

    def _check(self) -> None:
        """Look through the whole file, in the writer's thread and on a connection of its own."""
        if self._path is not None and not schema.is_sound(self._path):
            self._replace()

    def _replace_if_damaged(self, error: sqlite3.DatabaseError) -> None:
        """If ``error`` tells of damage: mend the index, or set the file aside; else raise it."""
        if self._path is None or not schema.is_damage(error):
            raise error
        try:
            schema.mend(self._connection)
            if schema.is_sound(self._path):
                log.warning("the history's index was damaged and is made anew")
                return
        except sqlite3.DatabaseError as worse:
            log.debug("the index cannot be made anew: %s", worse)
        self._replace()

    def _replace(self) -> None:
        """Set the file aside and begin a new one; in memory, for now, where the disk takes none."""
        path = self._path
        assert path is not None
        self._live.clear()
        with self._reader.paused():
            self._connection.close()
            try:
                self.damaged = schema.set_aside(path)
                self._connection = schema.connect(path)
            except TROUBLE as error:
                self._path, self._unusable = None, (path, str(error))
                self._connection = schema.connect(None)
            self._reader.follow(self._connection, self._path)
        self._retention.adopt(self._connection)

    def _write_unwritten(self) -> None:
        records = self._unwritten.all(self._due)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for record in records:
                live = record.turn_id in self._live
                write(self._connection, record, live=live, kept_from=self._retention.now())
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        for record in records:
            (self._live.discard if record.ended else self._live.add)(record.turn_id)
        self._unwritten.written(records)

    def _fault(self, error: Exception | None) -> None:
        if (error is not None) == self._failing:
            return
        self._failing = error is not None
        if error is not None:
            failed = {"part": "store", "message_id": MessageId.PART_FAILED}
            log.error("turns cannot be written (kept in memory for now): %s", error, extra=failed)
        else:
            recovered = {"part": "store", "message_id": MessageId.PART_RECOVERED}
            log.info("turns are written again", extra=recovered)
        if self._on_health is not None:
            self._on_health(Part.STORE, not self._failing, "")

    def _forget(
        self, where: str, *values: object, told: Sequence[TurnRecord] = (), keep_summaries: bool = False
    ) -> int:
        """On a connection of its own: rewriting the file takes seconds, and reading goes on meanwhile."""
        gone = self._unwritten.drop(told, where, *values)
        only_here = sum(record.turn_id not in self._live for record in gone)
        self._live.update(record.turn_id for record in gone if not record.ended)
        if self._path is None:
            with self._reader.apart:
                return only_here + forget(self._connection, where, *values, keep_summaries=keep_summaries)
        connection = schema.connect(self._path)
        try:
            return only_here + forget(connection, where, *values, keep_summaries=keep_summaries)
        finally:
            connection.close()

    def _forget_old(self) -> None:
        checked = self._retention.checked()  # which may take its time
        with self._reader.apart:
            oldest, count = self._retention.look(self._connection, checked)
            if self._path is not None:
                self._retention.forget_damaged(self._connection, self._path, oldest)
        if count:
            oldest_first = "id IN (SELECT id FROM turns WHERE kept_from < ? ORDER BY kept_from, id LIMIT ?)"
            gone = self._forget(oldest_first, oldest, count, keep_summaries=True)
            log.info("%d turns had been kept for long enough and are forgotten", gone)

    def _save_summary(self, conversation_id: str, text: str, until: float, seen: int) -> bool:
        if queries.times_forgotten(self._connection) != seen:
            return False
        self._write_summary(conversation_id, text, until)
        return True

    def _write_summary(self, conversation_id: str, text: str, until: float) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO summaries (conversation_id, text, until) VALUES (?, ?, ?)",
            (conversation_id, text, until),
        )

    # --- at opening ------------------------------------------------------------------------------

    def _take_up(self) -> None:
        """Turns that a kill cut off have ended, too; time is counted on."""
        _close_unfinished(self._connection)
        self._retention.adopt(self._connection)

    def _take_up_damaged(self, error: sqlite3.DatabaseError) -> None:
        try:
            self._replace_if_damaged(error)
            self._take_up()
        except sqlite3.Error as worse:  # in which case the file is neither damaged nor of use
            self._reader.close()
            self._connection.close()
            raise StoreError(f"{self._path}: {worse}: is the folder writable, the disk full?") from worse


def _close_unfinished(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE turns SET ended = ? WHERE ended IS NULL", (Ended.ERROR,))


def open_store(path: Path | None, **options: Any) -> Store:
    """A ``Store``; where the file cannot be used one in memory: people are answered all the same."""
    try:
        return Store(path, **options)
    except StoreError as error:
        return Store(None, unusable=None if path is None else (path, str(error)), **options)
