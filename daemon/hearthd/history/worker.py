"""One thread that does what it is told in order, and now and then looks whether something is to be done."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


class Worker:
    """``look`` is called when nothing was told for ``rest()`` seconds. Nothing that a job raises ends it."""

    def __init__(self, name: str, look: Callable[[], object], rest: Callable[[], float]) -> None:
        self._look, self._rest = look, rest
        self._queue: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)  # for failed starts
        self._thread.start()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Do ``work`` after all that was told before. From any thread."""
        future: Future[T] = Future()

        def job() -> None:
            try:
                result = work()
            except Exception as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        self._queue.put(job)
        return future

    def close(self) -> None:
        """Return when all that was told is done, and the thread has ended."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                job = self._queue.get(timeout=self._rest())
            except queue.Empty:
                self._look()
                continue
            if job is None:
                return
            job()
