"""Tells systemd how the service is doing: ready, reloading, stopping, its status, its heartbeat.

systemd-python speaks the protocol, but its ``notify`` blocks with the interpreter's lock held while
systemd does not read (measured: the 11th message froze every thread until the other side read). So
each message is sent only when the socket has room for it; a beat that had none is dropped, and a status
goes with the next beat.
"""

from __future__ import annotations

import asyncio
import logging
import os
import select
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from systemd.daemon import notify

from hearthd.common.printable import without_credentials

log = logging.getLogger(__name__)

EXTENSION = 30.0
"""Seconds by which a start, stop or reload that is still under way is prolonged at a time."""

MAX_STATUS = 400
"""Characters of a status: ``systemctl status`` shows one line."""


class Notifier:
    """The line to systemd; outside systemd (no ``$NOTIFY_SOCKET``) every call does nothing."""

    def __init__(self) -> None:
        self._socket = _connect(os.environ.get("NOTIFY_SOCKET", ""))
        self._status = ""
        self._unsent = ""
        microseconds = os.environ.get("WATCHDOG_USEC", "")
        ours = os.environ.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        self.watchdog_seconds = int(microseconds) / 1e6 if ours and microseconds.isdecimal() else 0.0
        """Seconds within which systemd wants a beat; 0: it wants none."""

    def ready(self, status: str) -> None:
        """The speaker listens (or says in ``status`` what it waits for), or a reload is done."""
        self._status, self._unsent = _one_line(status), ""
        self._send(f"READY=1\nSTATUS={self._status}")

    def status(self, status: str) -> None:
        """Show ``status`` (a line for a person) in ``systemctl status``; sent only when it changed."""
        line = _one_line(status)
        sent = line == self._status or self._send(f"STATUS={line}")
        self._status, self._unsent = (line, "") if sent else (self._status, line)

    def reloading(self) -> None:
        """A reload begins; ``ready`` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The shutdown begins."""
        self._send("STOPPING=1\nSTATUS=stopping")

    def beat(self) -> None:
        """The service is alive; a status that found no room goes with it."""
        self._send("WATCHDOG=1")
        if self._unsent:
            self.status(self._unsent)

    @asynccontextmanager
    async def extending(self) -> AsyncIterator[None]:
        """While inside, systemd's start or stop timeout does not run out, as long as the loop runs."""

        async def extend() -> None:
            while True:
                self._send(f"EXTEND_TIMEOUT_USEC={int(EXTENSION * 1e6)}")
                await asyncio.sleep(EXTENSION / 3)

        task = asyncio.create_task(extend(), name="extend-timeout")
        try:
            yield
        finally:
            task.cancel()

    async def watch(self, progress: Callable[[], int]) -> None:
        """Beat for ever, but only while the loop runs and ``progress`` moves.

        ``progress`` returns a count that the front end raises each time round, device or no device.
        If it stands still for longer than the watchdog allows, systemd restarts the service.
        """
        if not self.watchdog_seconds:
            return
        stands = False
        last = -1
        while True:
            now = progress()
            if now != last:
                self.beat()
                stands = False
            elif not stands:
                stands = True
                log.error("the audio front end stands still; without progress systemd restarts the service")
            last = now
            await asyncio.sleep(self.watchdog_seconds / 4)

    def _send(self, message: str) -> bool:
        """Send if that cannot block; True if it was sent."""
        if self._socket is None:
            return False
        poll = select.poll()
        poll.register(self._socket, select.POLLOUT)
        if not any(events & select.POLLOUT for _, events in poll.poll(0)):
            return False
        return bool(notify(message))


def _connect(address: str) -> socket.socket | None:
    """A socket to ask whether systemd's has room; None where nobody listens."""
    if not address:
        return None
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        probe.connect("\0" + address[1:] if address.startswith("@") else address)
    except OSError as error:
        probe.close()
        log.warning("systemd's notify socket cannot be used: %s", error.strerror or error)
        return None
    return probe


def _one_line(text: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in without_credentials(text))
    return " ".join(printable.split())[:MAX_STATUS]
