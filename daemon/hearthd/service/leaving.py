"""The end of the process: in order if it can be, and soon in any case.

Python joins the thread of every executor before a process ends, and one in which a model is being loaded
ends when that is loaded: 20 s on a small machine. By then systemd has killed the service and calls it
failed. What a person said is safe by then: the history writes each turn as a whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeVar

from hearthd.service.log_redaction import reason_of

log = logging.getLogger(__name__)

SECONDS = 1.7
"""From the word to the end at the latest. The promise is 2 s; a busy machine may be late by the rest."""

T = TypeVar("T")


class Leaving:
    """Begun once; from then on the process has ``SECONDS`` to live."""

    def __init__(self, leave: Callable[[int], object] = os._exit, seconds: float = SECONDS) -> None:
        """``leave`` ends the process with an exit code, and waits for nothing."""
        self._leave = leave
        self._seconds = seconds
        self._begun = False

    def begin(self, status: int = 0) -> bool:
        """The process ends, with ``status`` if it has not by itself in time; False: it was begun before."""
        if self._begun:
            return False
        self._begun = True
        # Not the loop's own timer: what keeps the process may be the loop, or Python's own exit.
        timer = threading.Timer(self._seconds, self._leave, [status])
        timer.daemon = True
        timer.start()
        return True


def at_once(status: int) -> NoReturn:
    """End this process, all being done, whatever its threads still do. What was logged and printed is out."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
            stream.flush()
    os._exit(status)


async def to_the_end(work: Awaitable[T]) -> T:
    """Do ``work`` to its end, however often whoever waits for it is cancelled; the cancel comes after it.

    For what must not be broken off: a second Ctrl-C would lose the end of the turn in progress.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("it did not end in order: %s", reason_of(failure))
        raise cancelled
    return task.result()
