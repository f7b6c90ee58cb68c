"""One connection to the broker, from CONNECT to its end, driven by the thread that calls ``run``.

The thread owns the paho client alone: it reads, writes and publishes, so no lock of paho's is ever
waited for elsewhere. A connection is never taken up again: the next one has a client of its own, and
nothing that paho still had queued is sent late.
"""

from __future__ import annotations

import logging
import random
import selectors
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from hearthd.config.server_settings import MqttSettings
from hearthd.mqtt import broker
from hearthd.mqtt.acl_self_test import SECONDS as SELF_TEST_SECONDS
from hearthd.mqtt.acl_self_test import AclSelfTest
from hearthd.mqtt.publish_queue import EXPIRY_SECONDS, Publication, PublishQueue

log = logging.getLogger(__name__)

PROBE = "hearthd-probe"
"""The user property that marks the self-test's messages."""
ANSWER_SECONDS = 10.0
"""A broker that leaves a CONNECT or a PUBLISH unanswered for so long is gone, whatever TCP says."""
STABLE_SECONDS = 10.0
"""A connection that stood so long was not ended by somebody who took its client id."""
MAX_INFLIGHT = 16
READ_BATCH = 32
FLOOD_REST_SECONDS = 0.002
"""After so many messages without a pause the thread rests, so that a flood leaves the processor to the
voice; what the broker then cannot get rid of it throws away, and a stop has a connection of its own."""
BIRTH_DELAY = (0.2, 3.0)
"""Home Assistant greets all its devices at once: they need not all answer at once."""
GOODBYE_SECONDS = 1.0


class ConnectionOwner(Protocol):
    """Who hears of the connection. All methods are called in its thread and must not wait."""

    def opened(self) -> None:
        """The broker let us in and took our subscriptions; everything is being published."""

    def faulty(self, fault: str) -> None:
        """The connection stands, but something on it does not work."""

    def stable(self) -> None:
        """It has stood for a while."""

    def received(self, message: paho.MQTTMessage) -> None:
        """A message came in."""


@dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """What to do on every connection."""

    commands: tuple[str, ...]
    """Topics of commands: retained messages are not replayed, and marked when live."""
    notices: tuple[str, ...] = ()
    """Other topics to read; what was retained there before the connection is of no interest."""
    online: Publication | None = None
    offline: Publication | None = None
    """The will, and the goodbye."""
    greeting: Callable[[], Iterable[Publication]] = tuple
    """What to send before all values: the discovery payload."""


@dataclass(slots=True)
class ConnectionEnd:
    """Why a connection ended. ``by_broker``: the broker ended it while it stood."""

    why: str
    by_broker: bool = False
    age: float = 0.0


@dataclass(slots=True)
class _Deadlines:
    answer: float
    test: float | None = None
    greet: float | None = None
    stable: float | None = None
    goodbye: float | None = None


@dataclass(slots=True)
class _Sent:
    message: Publication
    at: float = field(default_factory=time.monotonic)


class Connection:
    """One connection. ``run`` blocks for its whole life."""

    def __init__(
        self,
        client: paho.Client,
        mqtt: MqttSettings,
        plan: ConnectionPlan,
        *,
        queue: PublishQueue,
        owner: ConnectionOwner,
        wake: socket.socket,
    ) -> None:
        self._client, self._mqtt, self._plan = client, mqtt, plan
        self._queue, self._owner, self._wake = queue, owner, wake
        self._sent: dict[int, _Sent] = {}
        self._subscriptions = (*plan.commands, *plan.notices)
        self._test = AclSelfTest(plan.commands)
        self._open = False
        self._opened_at = 0.0
        self._received = 0
        self._end = ConnectionEnd(f"{broker.where(mqtt)} does not answer")
        self._at = _Deadlines(answer=time.monotonic() + ANSWER_SECONDS)
        if plan.offline is not None:
            client.will_set(plan.offline.topic, plan.offline.payload, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message

    def greet_again(self) -> None:
        """Publish everything once more, soon: Home Assistant has started. Only from a callback."""
        if self._open and self._at.greet is None:
            self._at.greet = time.monotonic() + random.uniform(*BIRTH_DELAY)

    def run(self, keepalive: int, closing: Callable[[], bool]) -> ConnectionEnd:
        """Connect, and serve until the connection ends or ``closing()``. Raises BrokerError."""
        broker.connect(self._client, self._mqtt, keepalive)
        sock: Any = self._client.socket()
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._wake, selectors.EVENT_READ)
                selector.register(sock, selectors.EVENT_READ)
                while self._client.socket() is not None:
                    if closing() and not self._say_goodbye():
                        break
                    self._pump()
                    if self._client.socket() is None:  # the broker had gone, and a publish found that out
                        break
                    self._wait(selector, sock, keepalive / 4)
                    if self._client.socket() is not None:
                        self._client.loop_misc()
                    if not self._on_time():
                        break
        finally:
            self._queue.close()
            sock.close()
        self._end.age = time.monotonic() - self._opened_at if self._open else 0.0
        return self._end

    def _wait(self, selector: selectors.BaseSelector, sock: Any, longest: float) -> None:
        """Until there is something to do; read and write what there is."""
        now = time.monotonic()
        first_sent = next(iter(self._sent.values()), None)
        deadlines = [
            at
            for at in (
                self._at.test,
                self._at.greet,
                self._at.stable,
                self._at.goodbye,
                None if self._open else self._at.answer,
                first_sent.at + ANSWER_SECONDS if first_sent else None,
            )
            if at is not None
        ]
        timeout = min([longest, *(max(0.0, at - now) for at in deadlines)])
        if getattr(sock, "pending", lambda: 0)():  # decrypted bytes that select knows nothing of
            timeout = 0.0
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._client.want_write() else 0)
        selector.modify(sock, events)
        ready = {key.fileobj: mask for key, mask in selector.select(timeout)}
        if self._wake in ready:
            self._wake.recv(4096)
        if ready.get(sock, 0) & selectors.EVENT_READ or timeout == 0.0:
            for _ in range(READ_BATCH):
                before = self._received
                if self._client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS or before == self._received:
                    break
            else:
                time.sleep(FLOOD_REST_SECONDS)
        if self._client.socket() is not None and self._client.want_write():
            self._client.loop_write()

    def _on_time(self) -> bool:
        """Do what is due; False: the broker is too late with an answer."""
        now = time.monotonic()
        if self._at.goodbye is not None:
            return now < self._at.goodbye
        if not self._open:
            return now < self._at.answer or self._client.socket() is None
        if self._at.test is not None and (now >= self._at.test or self._test.finished):
            self._at.test = None
            for fault in self._test.faults(broker.where(self._mqtt)):
                self._owner.faulty(fault)
        if self._at.greet is not None and now >= self._at.greet:
            self._greet()
        if self._at.stable is not None and now >= self._at.stable:
            self._at.stable = None
            self._owner.stable()
        first_sent = next(iter(self._sent.values()), None)
        return first_sent is None or now < first_sent.at + ANSWER_SECONDS

    def _greet(self) -> None:
        self._at.greet = None
        self._queue.announce(self._plan.greeting(), self._plan.online)

    def _pump(self) -> None:
        """Hand paho what waits, as long as the broker keeps up."""
        while self._open and len(self._sent) < MAX_INFLIGHT:
            message = self._queue.next()
            if message is None:
                return
            self._publish(message)

    def _publish(self, message: Publication) -> None:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if not message.retain:
            properties.MessageExpiryInterval = EXPIRY_SECONDS
        if message.correlation is not None:
            properties.CorrelationData = message.correlation
        if message.probe:
            properties.UserProperty = (PROBE, self._test.token)
        info = self._client.publish(message.topic, message.payload, 1, message.retain, properties)
        if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._sent[info.mid] = _Sent(message)

    def _say_goodbye(self) -> bool:
        """Publish ``offline`` and part in order; False once that is done."""
        if self._open and self._at.goodbye is None and self._plan.offline is not None:
            self._at.goodbye = time.monotonic() + GOODBYE_SECONDS
            self._queue.close()
            self._sent.clear()
            self._publish(self._plan.offline)
        if self._sent and self._at.goodbye is not None:
            return True
        self._client.disconnect()
        return False

    # paho's callbacks: called from loop_read in this same thread ------------------------------------

    def _on_connect(self, _client: Any, _userdata: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self._end = ConnectionEnd(broker.refusal(self._mqtt, code.value, str(code)))
            return
        self._open, self._opened_at = True, time.monotonic()
        self._at.test = self._opened_at + SELF_TEST_SECONDS
        self._at.stable = self._opened_at + STABLE_SECONDS
        self._end = ConnectionEnd(f"{broker.where(self._mqtt)} fell silent")
        # QoS 0: at QoS 1 the broker hands out a few commands at a time and keeps the rest in a queue.
        command = SubscribeOptions(qos=0, retainAsPublished=True, retainHandling=2)
        notice = SubscribeOptions(qos=1, retainHandling=2)
        commands = [(topic, command) for topic in self._plan.commands]
        self._client.subscribe(commands + [(topic, notice) for topic in self._plan.notices])
        self._greet()
        for message in self._test.messages():
            self._queue.add(message)

    def _on_disconnect(self, _client: Any, _userdata: Any, flags: Any, code: Any, _properties: Any) -> None:
        if self._open:
            name = f" ({code})" if flags.is_disconnect_packet_from_server else ""
            self._end = ConnectionEnd(
                f"{broker.where(self._mqtt)} ended the connection{name}", by_broker=True
            )

    def _on_subscribe(self, _client: Any, _userdata: Any, _mid: int, codes: Any, _properties: Any) -> None:
        self._owner.opened()
        for topic, code in zip(self._subscriptions, codes, strict=False):
            if code.is_failure:
                self._test.arrived(topic, self._test.token)
                self._owner.faulty(
                    f"{broker.where(self._mqtt)} does not let the speaker read {topic} ({code})"
                )

    def _on_publish(self, _client: Any, _userdata: Any, mid: int, code: Any, _properties: Any) -> None:
        sent = self._sent.pop(mid, None)
        if sent is None or not code.is_failure:
            return
        if sent.message.probe:
            self._test.denied(sent.message.topic)
        else:
            # An answer's topic ends as its asker chose: each would be another fault, without end.
            answer = sent.message.correlation is not None
            what = "answers to commands" if answer else sent.message.topic
            self._owner.faulty(f"{broker.where(self._mqtt)} does not let the speaker write {what} ({code})")

    def _on_message(self, _client: Any, _userdata: Any, message: paho.MQTTMessage) -> None:
        self._received += 1
        try:
            marks = dict(getattr(message.properties, "UserProperty", ()))
            if PROBE in marks and not message.payload:
                self._test.arrived(message.topic, marks[PROBE])
            else:
                self._owner.received(message)
        except Exception:  # one bad message must not end the connection
            log.exception("a message on %s could not be handled", message.topic, extra={"stage": "mqtt"})
