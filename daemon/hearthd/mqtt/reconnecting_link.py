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
from hearthd.mqtt.broker import HomeError
from hearthd.mqtt.connection import STABLE_SECONDS, Connection, ConnectionPlan, End
from hearthd.mqtt.link_status import LinkStatus
from hearthd.mqtt.publish_queue import Outbox

log = logging.getLogger(__name__)

KEEPALIVE = 30
"""Seconds; a link that died without a word is noticed after 45."""
FIRST_DELAY, LAST_DELAY = 0.5, 10.0
"""Seconds between attempts: doubled each time, up to Home Assistant's own interval, and jittered."""
KICKS = 3
"""So many short connections in a row, each ended by the broker, are somebody with our client id."""


class Link:
    """Keeps one connection to the broker.

    ``receive``, ``changed`` and ``settled`` (it has stood for a while) are called in the link's thread.
    ``suffix`` makes the client id of a second link of the same speaker.
    """

    def __init__(
        self,
        settings: Settings,
        plan: ConnectionPlan,
        *,
        outbox: Outbox,
        receive: Callable[[paho.MQTTMessage], None],
        changed: Callable[[LinkStatus], None],
        settled: Callable[[], None],
        keepalive: int = KEEPALIVE,
        suffix: str = "",
    ) -> None:
        self._settings, self._plan, self._outbox = settings, plan, outbox
        self._receive, self._changed, self._settled = receive, changed, settled
        self._keepalive = keepalive
        self._identity = broker.client_id(settings) + suffix
        self._closing = threading.Event()
        self._connection: Connection | None = None
        self._kicks = 0
        self._backoff = Backoff(FIRST_DELAY, LAST_DELAY, jitter=0.5)
        self._status = LinkStatus(False)
        self._hear, self._ring = socket.socketpair()
        self._hear.setblocking(False)
        self._ring.setblocking(False)
        self._thread = threading.Thread(target=self._run, name=f"mqtt{suffix}", daemon=True)

    def start(self) -> None:
        """Begin to connect, and go on for ever."""
        self._thread.start()

    def wake(self) -> None:
        """There is something in the outbox. From any thread; never waits."""
        with contextlib.suppress(BlockingIOError, OSError):  # full: it is awake; closed: it has ended
            self._ring.send(b"\0")

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
            self._hear.close()
            self._ring.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                client = broker.make_client(self._settings, self._identity)
                self._connection = Connection(
                    client,
                    self._settings.mqtt,
                    self._plan,
                    outbox=self._outbox,
                    owner=self,
                    wake=self._hear,
                )
                end = self._connection.run(self._keepalive, self._closing.is_set)
            except HomeError as error:
                end = End(str(error))
            except Exception as error:
                log.exception("the link to the broker stumbled", extra={"stage": "mqtt"})
                end = End(f"the link stumbled: {type(error).__name__}")
            self._connection = None
            if self._closing.is_set():
                return
            self._ended(end)
            self._closing.wait(self._backoff.wait())

    def _ended(self, end: End) -> None:
        if end.age >= STABLE_SECONDS:
            self._backoff.reset()
        self._kicks = self._kicks + 1 if end.kicked and end.age < STABLE_SECONDS else 0
        why = end.why
        if self._kicks >= KICKS:
            why = (
                f"{broker.where(self._settings.mqtt)} keeps ending the connection: does another client use "
                f"the client id {self._identity!r}? Give each speaker its own node or mqtt.client_id"
            )
        self._set(LinkStatus(False, (why,)))

    # what the connection reports ------------------------------------------------------------------

    def opened(self) -> None:
        """Connected: whatever was wrong before is over, except for a rival that may come back."""
        self._set(LinkStatus(True, self._status.faults if self._kicks >= KICKS else ()))

    def faulty(self, fault: str) -> None:
        """Connected, but something is amiss."""
        if fault not in self._status.faults:
            self._set(LinkStatus(True, (*self._status.faults, fault)))

    def stable(self) -> None:
        """It holds: next time begin with short delays again. A rival has gone."""
        self._backoff.reset()
        if self._kicks:
            self._kicks = 0
            self._set(LinkStatus(True, tuple(f for f in self._status.faults if "client id" not in f)))
        self._settled()

    def received(self, message: paho.MQTTMessage) -> None:
        """Hand it on."""
        self._receive(message)

    def _set(self, status: LinkStatus) -> None:
        if status != self._status:
            self._status = status
            self._changed(status)
