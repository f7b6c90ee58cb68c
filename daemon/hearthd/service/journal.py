"""Log records to the journal, without ever waiting for it.

systemd-python's handler blocks with the interpreter's lock held when journald stalls (measured:
every thread frozen for 6.6 s), so records go out here in journald's native protocol: one datagram
of ``KEY=value`` lines each, on a non-blocking socket. A datagram that finds no room is lost, and
the number of lost ones is the first thing written once there is room again. A record too large for
a datagram goes as a sealed memory file.

Fields: MESSAGE, PRIORITY, SYSLOG_IDENTIFIER, LOGGER, CODE_FILE, CODE_LINE, CODE_FUNC, and from
``extra``: TURN_ID, STAGE, LATENCY_MS, MESSAGE_ID, PART, ACTION, UNDERSTOOD_BY. Formatting arguments
are not sent: they would carry what people said past every redaction.
"""

from __future__ import annotations

import array
import errno
import fcntl
import logging
import os
import socket
import struct
import sys
import threading
import traceback
from types import TracebackType
from typing import TextIO

from hearthd.common.printable import printable
from hearthd.service.log_redaction import NOTICE, OWN, Repeats, Transcripts, message_of, traceback_of
from hearthd.service.message_ids import MessageId

SOCKET = "/run/systemd/journal/socket"

FIELDS = {
    "turn_id": "TURN_ID",
    "stage": "STAGE",
    "latency_ms": "LATENCY_MS",
    "message_id": "MESSAGE_ID",
    "part": "PART",
    "action": "ACTION",
    "understood_by": "UNDERSTOOD_BY",
}
"""What a log call may add through ``extra``, and the journal field it becomes."""

MAX_VALUE = 1 << 20
"""Bytes of one field; the rest is cut off."""

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "notice": NOTICE, "warning": logging.WARNING}
LEVELS["error"] = logging.ERROR


class QuietHandler(logging.Handler):
    """A handler that writes a repeated line once and then its count."""

    def __init__(self, repeats: Repeats | None = None) -> None:
        super().__init__()
        self._repeats = repeats or Repeats()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, unless it repeats one of the last minute."""
        for admitted in self._repeats.admit(record):
            self.write(admitted)

    def close(self) -> None:
        """Write the counts that are left."""
        self.acquire()
        try:
            for left in self._repeats.counts():
                self.write(left)
        finally:
            self.release()
        super().close()

    def write(self, record: logging.LogRecord) -> None:
        """Put one record where it belongs."""
        raise TypeError(f"{type(self).__name__} does not say where records go")


class JournalHandler(QuietHandler):
    """Sends records to journald's socket; never blocks."""

    def __init__(self, address: str = SOCKET, repeats: Repeats | None = None) -> None:
        super().__init__(repeats)
        self._address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        self.lost = 0
        """Records lost since the last one that arrived."""

    def write(self, record: logging.LogRecord) -> None:
        """Send the record, after the number of those lost before it."""
        if self.lost and self._send(_lost(self.lost)):
            self.lost = 0
        if self.lost or not self._send(_datagram(record)):
            self.lost += 1

    def close(self) -> None:
        """Close the socket."""
        super().close()
        self._socket.close()

    def _send(self, data: bytes) -> bool:
        try:
            self._socket.sendto(data, self._address)
        except OSError as error:
            if error.errno not in (errno.EMSGSIZE, errno.ENOBUFS):
                return False
            return self._send_large(data)
        return True

    def _send_large(self, data: bytes) -> bool:
        try:
            memory = os.memfd_create("hearthd-log", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
        except OSError:
            return False
        try:
            with open(memory, "wb", closefd=False) as file:
                file.write(data)
            seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
            fcntl.fcntl(memory, fcntl.F_ADD_SEALS, seals)
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [memory]))]
            self._socket.sendmsg([], rights, 0, self._address)
        except OSError:
            return False
        finally:
            os.close(memory)
        return True


class TerminalHandler(QuietHandler):
    """Readable lines on stderr: time, level where it matters, line, traceback. Colour on a terminal only."""

    COLOURS = ((logging.ERROR, "\033[31m"), (logging.WARNING, "\033[33m"), (NOTICE, "\033[1m"))

    def __init__(self, stream: TextIO | None = None, repeats: Repeats | None = None) -> None:
        super().__init__(repeats)
        self._stream = stream or sys.stderr
        self._colour = self._stream.isatty() and "NO_COLOR" not in os.environ
        self._time = logging.Formatter(datefmt="%H:%M:%S")

    def write(self, record: logging.LogRecord) -> None:
        """Print the record; a closed or full terminal is not our trouble."""
        level = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        line = f"{self._time.formatTime(record, '%H:%M:%S')} {level}{printable(message_of(record))}"
        if self._colour:
            start = next((code for least, code in self.COLOURS if record.levelno >= least), "")
            line = f"{start}{line}\033[0m" if start else line
        trace = traceback_of(record)
        try:
            self._stream.write(line + "\n" + (trace + "\n" if trace else ""))
            self._stream.flush()
        except (OSError, ValueError):
            self._stream = open(os.devnull, "w")  # noqa: SIM115 - for the rest of the process


def configure(level: str = "info", *, transcripts: bool = False) -> logging.Handler:
    """Send the process's log where it belongs, at ``level`` (a key of ``LEVELS``); return the handler.

    To the journal if stderr leads there, else to stderr. May be called again after a reload. Foreign
    libraries are heard from warnings up: httpx writes whole URLs at info, and the voice server's
    hold what is said.
    """
    logging.addLevelName(NOTICE, "NOTICE")
    logging.raiseExceptions = False
    Transcripts.allowed = transcripts
    root = logging.getLogger()
    ours = [h for h in root.handlers if isinstance(h, QuietHandler)]
    handler = ours[0] if ours else JournalHandler() if stderr_is_journal() else TerminalHandler()
    if not ours:
        root.addHandler(handler)
        logging.captureWarnings(True)
        sys.excepthook = _uncaught
        threading.excepthook = lambda a: _uncaught(
            a.exc_type,
            a.exc_value or a.exc_type(),
            a.exc_traceback,
            f" in thread {a.thread and a.thread.name}",
        )
    root.setLevel(logging.WARNING)
    logging.getLogger(OWN).setLevel(LEVELS[level])
    return handler


def stderr_is_journal() -> bool:
    """Whether stderr is the stream that systemd connected to the journal."""
    device, _, inode = os.environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        stderr = os.fstat(2)
    except OSError:
        return False
    return (device, inode) == (str(stderr.st_dev), str(stderr.st_ino))


def _uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None, where: str = ""
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    frames = traceback.extract_tb(trace)
    place = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    logging.getLogger(OWN).critical(
        "ended by %s%s%s; this is a fault of hearthd",
        kind.__qualname__,
        place,
        where,
        exc_info=(kind, error, trace),
    )


def _priority(level: int) -> int:
    """The syslog priority of a Python level."""
    steps = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (NOTICE, 5), (logging.INFO, 6))
    return next((priority for least, priority in steps if level >= least), 7)


def _datagram(record: logging.LogRecord) -> bytes:
    """The record in journald's native protocol."""
    fields: dict[str, object] = {
        "MESSAGE": message_of(record),
        "PRIORITY": _priority(record.levelno),
        "SYSLOG_IDENTIFIER": OWN,
        "LOGGER": record.name,
        "CODE_FILE": record.pathname,
        "CODE_LINE": record.lineno,
        "CODE_FUNC": record.funcName,
        "EXCEPTION_TEXT": traceback_of(record),
    }
    for attribute, field in FIELDS.items():
        value = getattr(record, attribute, None)
        fields[field] = round(value) if isinstance(value, float) else value
    return b"".join(_field(name, value) for name, value in fields.items() if value not in (None, ""))


def _field(name: str, value: object) -> bytes:
    """One field: ``NAME=value``, or name, length and bytes where the value has line breaks."""
    raw = str(value).encode("utf-8", "backslashreplace")[:MAX_VALUE]
    if b"\n" in raw:
        return name.encode() + b"\n" + struct.pack("<Q", len(raw)) + raw + b"\n"
    return name.encode() + b"=" + raw + b"\n"


def _lost(count: int) -> bytes:
    record = logging.LogRecord(
        __name__, logging.WARNING, __file__, 0, "%d lines lost: the journal was not reading", (count,), None
    )
    record.message_id = MessageId.RECORDS_LOST
    return _datagram(record)
