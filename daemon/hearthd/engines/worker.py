"""A child process that works for the daemon: both ends of it.

An engine that crashes in C, leaks, or must be stopped in the middle gets a process of its own. Its
standard input is its life line: when it closes, the parent is gone and so is the child.

``Popen`` and not asyncio's subprocess: cancelling that one while it starts the process hangs (3.11).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

LLAMA_ENVIRONMENT = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "500"}
"""Of llama.cpp. Threads that spin for long cost a busy two-core machine ten times the speed; threads that do
not spin at all are put to sleep and woken some hundred times a token. SmolLM2 135M, two threads, ms a token,
with 0, 500 (some microseconds; GNU's OpenMP), 2,000, 5,000 and 10,000 turns: 40 to 48, 15 to 16, –, 15, –
at a load of 2 to 4 (one thread alone: 20); 48, 54, 54, –, 414 at a load of 8. The first clause of twelve
answers, with 500 beside 0: 436 and 559 ms at a load of 5, 638 and 475 at one of 10."""


class WorkerProcess:
    """The parent's end: started by the constructor (raises OSError), ended by ``end``."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        reads: bool = False,
        reads_errors: bool = False,
        errors_to: IO[bytes] | None = None,
        pass_fds: Sequence[int] = (),
        folder: Path | None = None,
    ) -> None:
        """``reads``: what it prints is read, and with ``reads_errors`` its errors, too.

        What is not read goes nowhere, or the errors ``errors_to`` a file: libraries print what is said.
        ``folder`` is removed with the process.
        """
        self._folder = folder
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if reads else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if reads_errors else errors_to or subprocess.DEVNULL,
            env=os.environ | dict(environment or {}),
            pass_fds=tuple(pass_fds),
        )
        self.pid = self._process.pid

    @property
    def alive(self) -> bool:
        """It has not ended."""
        return self._process.poll() is None

    @property
    def input(self) -> IO[bytes]:
        """Its standard input."""
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def output(self) -> IO[bytes]:
        """Its standard output, if that is read."""
        assert self._process.stdout is not None
        return self._process.stdout

    def wait(self, seconds: float) -> bool:
        """Wait for its end; whether it came. Blocks."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End it at once; its memory is free when this returns. Its output can still be read."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """End it and remove what it leaves: pipes and folder."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # text that it never read
                    pipe.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def private_folder() -> Path:
    """A new folder for a worker's socket that nobody else may enter."""
    return Path(tempfile.mkdtemp(prefix="hearthd-"))  # mode 0700


def leave_signals_to_the_parent() -> None:
    """In the child: only the life line and SIGKILL end it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
