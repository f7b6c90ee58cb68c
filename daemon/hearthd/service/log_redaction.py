"""What a log record may say, before any handler writes it.

Three rules. What people say stays out of the log unless the owner allows it: only our own messages are
trusted to keep to that, so a foreign library's message is cut to its first line and an exception's text
is shown only where it is the system's or ours. A password in an address is never shown. And a line that
repeats is written once, then counted once a minute.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable

from hearthd.common.printable import without_credentials
from hearthd.service.message_ids import MessageId

NOTICE = 25
"""Between info and warning: ready, stopping, configuration changed (syslog's notice)."""

WINDOW = 60.0
"""Seconds for which repeats of a line are only counted."""

MAX_KEPT = 256
"""Different lines remembered at a time; beyond that the oldest is let through again."""

OWN = "hearthd"


class Transcripts:
    """Whether the log may hold what people say (``log.transcripts``); one switch for the process."""

    allowed = False


def words(text: str) -> str:
    """``text`` in quotes if the log may hold it, else only its length."""
    return f'"{text}"' if Transcripts.allowed else f"{len(text)} characters"


def heard(log: logging.Logger, turn_id: str, seconds: float, text: str, latency_ms: float) -> None:
    """Log that ``seconds`` of speech were understood as ``text``, ``latency_ms`` after it ended."""
    extra = {"turn_id": turn_id, "stage": "asr", "latency_ms": latency_ms}
    log.info("heard %.1f s: %s (%.0f ms)", seconds, words(text), latency_ms, extra=extra)


def said(log: logging.Logger, turn_id: str, text: str, latency_ms: float, by: str = "") -> None:
    """Log that ``by`` answered ``text``, its first sound ``latency_ms`` after the person's last."""
    extra = {"turn_id": turn_id, "stage": "playback", "latency_ms": latency_ms}
    extra |= {"understood_by": by} if by else {}
    log.info("said %s (first sound after %.0f ms)", words(text), latency_ms, extra=extra)


def acted(log: logging.Logger, turn_id: str, name: str, told: str, latency_ms: float, *, done: bool) -> None:
    """Log that ``name`` was done, or was not; ``told`` is with what and what came of it."""
    extra = {"turn_id": turn_id, "stage": "action", "latency_ms": latency_ms, "action": name}
    what = "done" if done else "not done"
    log.info("%s: %s (%s, %.0f ms)", name, what, words(told), latency_ms, extra=extra)


def part_health(log: logging.Logger, part: str, works: bool, detail: str, *, stage: str) -> None:
    """Log that ``part`` works (again), or does not, and why."""
    message_id = MessageId.PART_RECOVERED if works else MessageId.PART_FAILED
    extra = {"part": part, "stage": stage, "message_id": message_id}
    log.log(logging.INFO if works else logging.WARNING, "%s: %s", part, detail, extra=extra)


def message_of(record: logging.LogRecord) -> str:
    """The record's line, its turn first. Never raises: a wrong format string is shown as it is."""
    try:
        message = record.getMessage()
    except Exception as error:  # the log call is wrong; the line must still appear
        message = f"{record.msg} (its arguments do not fit: {type(error).__name__})"
    if not Transcripts.allowed and not _ours(record.name):
        message = message.partition("\n")[0]
    message = without_credentials(message)
    turn = getattr(record, "turn_id", None)
    return message if turn is None else f"[{turn}] {message}"


def traceback_of(record: logging.LogRecord) -> str:
    """Where the record's exception came from; "" if it has none.

    The exceptions' own texts are left out (a parser's error quotes its input, and that may be what
    somebody said) unless they are the system's, ours, or transcripts are allowed.
    """
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return ""
    lines: list[str] = []
    _append(error, lines, seen=set())
    return "".join(lines).rstrip("\n")


def reason_of(error: BaseException) -> str:
    """The text of ``error`` if it may be shown: where it is the system's or ours; else its kind."""
    shown = Transcripts.allowed or isinstance(error, OSError) or _ours(type(error).__module__)
    return without_credentials(str(error) if shown else "") or type(error).__qualname__


def _ours(name: str) -> bool:
    return name.partition(".")[0] == OWN


def _append(error: BaseException, lines: list[str], seen: set[int]) -> None:
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen:
        _append(cause, lines, seen)
        lines.append("which led to:\n")
    lines.extend(traceback.format_tb(error.__traceback__))
    name, reason = type(error).__qualname__, reason_of(error)
    lines.append(f"{name}: {reason}\n" if reason != name else f"{name}\n")
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            if id(inner) not in seen:
                _append(inner, lines, seen)


class Repeats:
    """Lets the first of equal lines through and counts the rest, for ``WINDOW`` seconds.

    A line of a turn (``turn_id``) is never held back. The count is written with the first record,
    of any kind, that comes after the window: a speaker with nothing to say stays silent.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, int, str], tuple[float, int]] = {}

    def admit(self, record: logging.LogRecord) -> list[logging.LogRecord]:
        """What to write now that ``record`` has come: counts that are due, then perhaps itself."""
        due = self._expired()
        if getattr(record, "turn_id", None) is not None:
            return [*due, record]
        key = (record.name, record.levelno, message_of(record))
        if key in self._seen:
            since, count = self._seen[key]
            self._seen[key] = (since, count + 1)
            return due
        if len(self._seen) >= MAX_KEPT:
            self._seen.pop(next(iter(self._seen)))
        self._seen[key] = (self._clock(), 0)
        return [*due, record]

    def counts(self) -> list[logging.LogRecord]:
        """The counts not yet written, and forget them: for the end of the process."""
        left = [_count(key, count) for key, (_, count) in self._seen.items() if count]
        self._seen.clear()
        return left

    def _expired(self) -> list[logging.LogRecord]:
        now = self._clock()
        due = []
        for key, (since, count) in list(self._seen.items()):
            if now - since < WINDOW:
                break  # in order of time: the rest is younger
            del self._seen[key]
            if count:
                due.append(_count(key, count))
                self._seen[key] = (now, 0)
        return due


def _count(key: tuple[str, int, str], count: int) -> logging.LogRecord:
    name, level, message = key
    times = "once" if count == 1 else f"{count} times"
    return logging.LogRecord(name, level, "", 0, f"{message} ({times} more in the last minute)", None, None)
