"""The link to the broker: connect, serve, on an error say so once, wait a little, connect again.

It runs in a thread of its own, so that keepalive and reconnection go on whatever the asyncio side is
busy with, and so that nothing there ever waits for a broker.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable

import paho.mqtt.client as paho

from hearthd.common.backoff import Backoff
from hearthd.config.settings import Settings
from hearthd.mqtt import broker
from hearthd.mqtt.broker import BrokerError
from hearthd.mqtt.connection import STABLE_SECONDS, Connection, ConnectionEnd, ConnectionPlan
from hearthd.mqtt.link_status import LinkStatus
from hearthd.mqtt.publish_queue import PublishQueue

log = logging.getLogger(__name__)

KEEPALIVE = 30
"""Seconds; a link that died without a word is noticed after 45."""
FIRST_DELAY, LAST_DELAY = 0.5, 10.0
"""Seconds between attempts: doubled each time, up to Home Assistant's own interval, and jittered."""
MAX_FAULTS = 20
"""More of one connection are not kept: a broker that denies everything denies this many."""
MAX_SHORT_LIVED = 3
"""So many in a row, each ended by the broker, are somebody else with our client id."""


class ReconnectingLink:
    """Keeps one connection to the broker.

    ``receive``, ``changed`` and ``settled`` (it has stood for a while) are called in the link's thread.
    ``suffix`` makes the client id of a second link of the same speaker.
    """

    def __init__(
        self,
        settings: Settings,
        plan: ConnectionPlan,
        *,
        queue: PublishQueue,
        receive: Callable[[paho.MQTTMessage], None],
        changed: Callable[[LinkStatus], None],
        settled: Callable[[], None],
        keepalive: int = KEEPALIVE,
        suffix: str = "",
    ) -> None:
        self._settings, self._plan, self._queue = settings, plan, queue
        self._receive, self._changed, self._settled = receive, changed, settled
        self._keepalive = keepalive
        self._identity = broker.client_id(settings) + suffix
        self._closing = threading.Event()
        self._connection: Connection | None = None
        self._short_lived = 0
        self._backoff = Backoff(FIRST_DELAY, LAST_DELAY, jitter=0.5)
        self._status = LinkStatus(False)
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._thread = threading.Thread(target=self._run, name=f"mqtt{suffix}", daemon=True)

    def start(self) -> None:
        """Begin to connect, and go on for ever."""
        self._thread.start()

    def wake(self) -> None:
        """There is something in the queue. From any thread; never waits."""
        with contextlib.suppress(BlockingIOError, OSError):  # full: it is awake; closed: it has ended
            self._waker.send(b"\0")

    def greet_again(self) -> None:
        """Publish everything once more, soon. Only from ``receive``."""
        if self._connection is not None:
            self._connection.greet_again()

    def close(self) -> None:
        """Begin to part: publish ``offline``, disconnect. ``join`` waits for it."""
        self._closing.set()
        self.wake()

    def join(self, seconds: float) -> None:
        """Wait until the thread has ended, at most ``seconds``: it may hang in a name server."""
        self._thread.join(seconds)
        if not self._thread.is_alive():
            self._woken.close()
            self._waker.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                client = broker.make_client(self._settings, self._identity)
                self._connection = Connection(
                    client,
                    self._settings.mqtt,
                    self._plan,
                    queue=self._queue,
                    owner=self,
                    wake=self._woken,
                )
                end = self._connection.run(self._keepalive, self._closing.is_set)
            except BrokerError as error:
                end = ConnectionEnd(str(error))
            except Exception as error:
                log.exception("the link to the broker stumbled", extra={"stage": "mqtt"})
                end = ConnectionEnd(f"the link stumbled: {type(error).__name__}")
            self._connection = None
            if self._closing.is_set():
                return
            self._ended(end)
            self._closing.wait(self._backoff.wait())

    def _ended(self, end: ConnectionEnd) -> None:
        if end.age >= STABLE_SECONDS:
            self._backoff.reset()
        self._short_lived = self._short_lived + 1 if end.by_broker and end.age < STABLE_SECONDS else 0
        why = end.why
        if self._short_lived >= MAX_SHORT_LIVED:
            why = (
                f"{broker.where(self._settings.mqtt)} keeps ending the connection: does another client use "
                f"the client id {self._identity!r}? Give each speaker its own node or mqtt.client_id"
            )
        self._set(LinkStatus(False, (why,)))

    # what the connection reports ------------------------------------------------------------------

    def opened(self) -> None:
        """Connected: whatever was wrong before is over, except for a rival that may come back."""
        self._set(LinkStatus(True, self._status.faults if self._short_lived >= MAX_SHORT_LIVED else ()))

    def faulty(self, fault: str) -> None:
        """Connected, but something is amiss."""
        if fault not in self._status.faults and len(self._status.faults) < MAX_FAULTS:
            self._set(LinkStatus(True, (*self._status.faults, fault)))

    def stable(self) -> None:
        """It holds: next time begin with short delays again. A rival has gone."""
        self._backoff.reset()
        if self._short_lived:
            self._short_lived = 0
            self._set(LinkStatus(True, tuple(f for f in self._status.faults if "client id" not in f)))
        self._settled()

    def received(self, message: paho.MQTTMessage) -> None:
        """Hand it on."""
        self._receive(message)

    def _set(self, status: LinkStatus) -> None:
        if status != self._status:
            self._status = status
            self._changed(status)
