"""Where the network thread leaves commands for the asyncio side.

Commands coalesce: of several for the same topic only the last is delivered, so a flood costs the loop a
few calls instead of thousands. Only announcements and timers are all delivered, as many as may wait.
``stop`` and ``mute ON`` go in a lane of their own that is neither dropped nor slowed. A stop also forgets
what was said or asked before it and has not begun yet.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from hearthd.dialogue.state import MAX_ANNOUNCEMENTS
from hearthd.mqtt.commands import (
    MAX_WAITING,
    Announce,
    Ask,
    CancelTimer,
    MqttCommand,
    Mute,
    Say,
    SetTimer,
    StartListening,
    Stop,
)

PER_SECOND = 10.0
"""Commands of one topic delivered a second; a slider that is dragged needs no more."""
BURST = 5.0
STALE_SECONDS = 10.0
"""A command that could not be delivered for so long would come as a surprise."""

EACH = (Announce, SetTimer, CancelTimer)
"""Orders of which each is another: all are delivered."""
MAX_TIMERS = 64
"""Orders to set or to cancel timers that may wait: as many as are delivered before they are stale."""

Key = tuple[str, int]


@dataclass(slots=True)
class _Entry:
    command: MqttCommand
    at: float


class TokenBucket:
    """A token bucket: ``burst`` at once, then ``rate`` a second."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._at = burst, 0.0

    def wait(self, now: float) -> float:
        """Seconds until a token is there; 0: one is there now."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return 0.0 if self._tokens >= 1 else (1 - self._tokens) / self._rate

    def take(self, now: float) -> bool:
        """Take a token if one is there."""
        if self.wait(now) > 0:
            return False
        self._tokens -= 1
        return True


class CommandQueue:
    """Delivers commands to ``deliver`` on ``loop``; ``refuse`` hears of every one that is not delivered."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[MqttCommand], None],
        refuse: Callable[[MqttCommand, str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loop = loop
        self._deliver = deliver
        self._refuse = refuse
        self._clock = clock
        self._lock = threading.Lock()
        self._urgent: dict[str, MqttCommand] = {}
        self._waiting: dict[Key, _Entry] = {}
        self._buckets: dict[str, TokenBucket] = {}
        self._scheduled = False
        self._timer: asyncio.TimerHandle | None = None
        self._number = 0

    def put(self, name: str, command: MqttCommand) -> None:
        """Leave a command of the topic ``name``. From any thread; never waits."""
        refused: list[tuple[MqttCommand, str]] = []
        with self._lock:
            if isinstance(command, Stop) or (isinstance(command, Mute) and command.on):
                self._put_urgent(name, command, refused)
                deliverable = True
            else:
                self._put_waiting(name, command, refused)
                deliverable = self._timer is None or self._bucket(name).wait(self._clock()) == 0
            schedule = deliverable and not self._scheduled
            self._scheduled = self._scheduled or deliverable
        for dropped, why in refused:
            self._refuse(dropped, why)
        if schedule:
            with contextlib.suppress(RuntimeError):  # the loop has ended: so has the speaker
                self._loop.call_soon_threadsafe(self._drain)

    def _put_urgent(self, name: str, command: MqttCommand, refused: list[tuple[MqttCommand, str]]) -> None:
        if (earlier := self._urgent.get(name)) is not None:
            _merge(command, earlier)
        self._urgent[name] = command
        overruled: tuple[type[MqttCommand], ...] = (Say, Ask, Announce, StartListening)
        if isinstance(command, Mute):
            overruled = (Mute, StartListening)
        for key, entry in list(self._waiting.items()):
            if isinstance(entry.command, overruled):
                del self._waiting[key]
                refused.append((entry.command, f"overruled by a later {name}"))

    def _put_waiting(self, name: str, command: MqttCommand, refused: list[tuple[MqttCommand, str]]) -> None:
        key: Key = (name, 0)
        if isinstance(command, EACH):
            most = MAX_ANNOUNCEMENTS if isinstance(command, Announce) else MAX_TIMERS
            if sum(1 for waiting, _ in self._waiting if waiting == name) >= most:
                refused.append((command, f"{most} orders to {name} are waiting already"))
                return
            self._number += 1
            key = (name, self._number)
        earlier = self._waiting.pop(key, None)
        if earlier is not None:
            if earlier.command == command:
                _merge(command, earlier.command)
            else:
                refused.append((earlier.command, f"overruled by a later {name}"))
        self._waiting[key] = _Entry(command, self._clock())

    def _bucket(self, name: str) -> TokenBucket:
        return self._buckets.setdefault(name, TokenBucket(PER_SECOND, BURST))

    def _again(self) -> None:
        with self._lock:
            self._timer = None
        self._drain()

    def _drain(self) -> None:
        """On the loop: deliver what may be delivered, come back for the rest."""
        now = self._clock()
        due: list[MqttCommand] = []
        stale: list[MqttCommand] = []
        later: float | None = None
        with self._lock:
            due.extend(self._urgent.values())
            self._urgent.clear()
            for key, entry in list(self._waiting.items()):
                bucket = self._bucket(key[0])
                if now - entry.at > STALE_SECONDS:
                    stale.append(self._waiting.pop(key).command)
                elif bucket.take(now):
                    due.append(self._waiting.pop(key).command)
                else:
                    wait = bucket.wait(now)
                    later = wait if later is None else min(later, wait)
            self._scheduled = False
            if later is not None and self._timer is None:
                self._timer = self._loop.call_later(later, self._again)
        for command in due:
            self._deliver(command)
        for command in stale:
            self._refuse(command, "came too late")


def _merge(command: MqttCommand, earlier: MqttCommand) -> None:
    """The same command again: whoever waits for the earlier one's acknowledgement gets the later one's."""
    waiting = [*earlier.acknowledgement.waiting, *command.acknowledgement.waiting]
    command.acknowledgement.waiting[:] = waiting[:MAX_WAITING]
