"""``hearthd run`` as a real process, in the virtual room, for the tests that talk with it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from hearthd.common.paths import models_dir
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.history.browser import History
from hearthd.history.schema import FILE
from tests.room.room import MICROPHONE, SPEAKER, Room

PATIENCE = 120.0
"""Seconds after which something that must happen will not: a loaded machine is slow, not this slow."""


def wait_until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait for something another process does; AssertionError with ``what`` if it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it never happened: {what}"
        time.sleep(0.05)


class Living:
    """The daemon, started; leave the block to end it."""

    def __init__(self, room: Room, folder: Path, extra: str = "", head: str = "") -> None:
        """``extra`` are more tables of the configuration, ``head`` keys before the first table."""
        self.folder = folder
        self.room = room
        self._config = folder / "hearthd.toml"
        self._config.write_text(
            f'{head}[audio]\nmicrophone = "{MICROPHONE}"\nspeaker = "{SPEAKER}"\n'
            '[chat]\nengine = "embedded"\n[voice]\nengine = "embedded"\n' + extra
        )
        self._notified: list[str] = []
        self._forgotten = 0

    def __enter__(self) -> Living:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        address = str(self.folder / "notify")
        Path(address).unlink(missing_ok=True)  # of a life before this one
        self._socket.bind(address)
        (self.folder / "state").mkdir(exist_ok=True)
        environment = self.room.env | {
            "HEARTHD_MODELS": str(models_dir()),
            "STATE_DIRECTORY": str(self.folder / "state"),
            "NOTIFY_SOCKET": address,
            "PYTHONUNBUFFERED": "1",
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
        }
        self._log = (self.folder / "log").open("wb")
        command = [sys.executable, "-m", "hearthd.cli.main", "run", "--config", str(self._config)]
        self.process = subprocess.Popen(command, env=environment, stderr=self._log, stdout=self._log)
        try:
            wait_until(lambda: self.notified("READY=1") or self.process.poll() is not None, "READY=1")
            assert self.process.poll() is None, f"it ended at once, with {self.process.returncode}"
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()
        self._socket.close()
        print(self.log())  # pytest shows it where the test fails

    def log(self) -> str:
        """All that it logged."""
        return (self.folder / "log").read_text(errors="replace")

    def notified(self, word: str) -> bool:
        """Whether it told systemd something that holds ``word``."""
        while True:
            try:
                self._notified.append(self._socket.recv(65536).decode())
            except BlockingIOError:
                break
        return any(word in message for message in self._notified)

    def status(self) -> str:
        """The last STATUS= line."""
        self.notified("")
        lines = [
            line for message in self._notified for line in message.splitlines() if line.startswith("STATUS=")
        ]
        return lines[-1].removeprefix("STATUS=") if lines else ""

    def forget_turns(self) -> None:
        """Count from here on."""
        self._forgotten += len(self.turns())

    def turns(self) -> list[TurnRecord]:
        """The turns that have ended since the start (or ``forget_turns``), the first one first."""
        database = self.folder / "state" / FILE
        if not database.exists():
            return []
        with History(database) as history:
            ended = sorted((t for t in history.latest(100) if t.ended), key=lambda t: t.started_at)
            return ended[self._forgotten :]

    def after_turns(self, count: int) -> list[TurnRecord]:
        """Wait for ``count`` ended turns."""
        wait_until(lambda: len(self.turns()) >= count, f"{count} turns ended")
        return self.turns()
