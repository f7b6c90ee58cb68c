"""One connection to the broker, and how it ends."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from hearthd.config.server_settings import MqttSettings
from hearthd.config.settings import Settings
from hearthd.mqtt import broker
from hearthd.mqtt.connection import Connection, ConnectionPlan
from hearthd.mqtt.link_status import LinkStatus
from hearthd.mqtt.publish_queue import Publication, PublishQueue
from hearthd.mqtt.reconnecting_link import MAX_FAULTS, ReconnectingLink

pytestmark = pytest.mark.integration

CONNACK = b"\x20\x03\x00\x00\x00"
"""MQTT 5: accepted."""
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER with which closing a socket resets the connection, as a killed broker's kernel does."""


class DyingBroker:
    """Lets one client in; ``die`` takes the connection away."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._client: socket.socket | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        self._client, _ = self._server.accept()
        self._client.recv(4096)
        self._client.sendall(CONNACK)

    def die(self) -> None:
        assert self._client is not None
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._client.close()
        self._server.close()


class Sabotaged(PublishQueue):
    """The broker dies while the speaker has something to say to it: at the ``number``-th message."""

    def __init__(self, dying: DyingBroker, number: int) -> None:
        super().__init__()
        self._dying = dying
        self._left = number

    def next(self) -> Publication | None:
        self._left -= 1
        if self._left == 0:
            self._dying.die()
        return super().next() if self._left else Publication("hearthd/test/event", "{}")


@contextmanager
def woken() -> Iterator[socket.socket]:
    hear, ring = socket.socketpair()
    with hear, ring:
        yield hear


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_broker_that_dies_while_it_is_written_to_ends_the_connection_without_an_error(number: int) -> None:
    dying = DyingBroker()
    mqtt = MqttSettings(host="127.0.0.1", port=dying.port)
    client = broker.make_client(Settings(mqtt=mqtt), "test")
    queue = Sabotaged(dying, number)
    for n in range(6):
        queue.set(f"hearthd/test/{n}", "x")
    owner = SimpleNamespace(
        opened=lambda: None, faulty=lambda _: None, stable=lambda: None, received=lambda _: None
    )
    plan = ConnectionPlan(commands=("hearthd/test/stop/set",))
    with woken() as wake:
        end = Connection(client, mqtt, plan, queue=queue, owner=owner, wake=wake).run(30, lambda: False)
    assert end.by_broker
    assert "ended the connection" in end.why


class Owner:
    """Keeps what a connection reports."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def faulty(self, fault: str) -> None:
        self.faults.append(fault)


def test_answers_that_the_broker_denies_are_one_fault_whatever_their_topics() -> None:
    """Whoever asks chooses the end of the topic: each was another fault, another log line, kept for ever."""
    owner = Owner()
    denied = SimpleNamespace(is_failure=True)
    answers = [Publication(f"hearthd/test/answer/{n}", "{}", correlation=b"") for n in range(1000)]
    own = Publication("hearthd/test/event", "{}")
    sent = {mid: SimpleNamespace(message=message) for mid, message in enumerate([*answers, own])}
    self = SimpleNamespace(_sent=sent, _owner=owner, _mqtt=MqttSettings(host="broker"), _test=None)
    for mid in range(1001):
        Connection._on_publish(self, None, None, mid, denied, None)  # type: ignore[arg-type]
    assert len(set(owner.faults)) == 2
    assert "write answers to commands" in owner.faults[0]
    assert "hearthd/test/event" in owner.faults[-1]


def test_the_faults_of_a_connection_are_bounded() -> None:
    told: list[LinkStatus] = []
    link = ReconnectingLink(
        Settings(mqtt=MqttSettings(host="broker")),
        ConnectionPlan(commands=()),
        queue=PublishQueue(),
        receive=lambda message: None,
        changed=told.append,
        settled=lambda: None,
    )
    for number in range(1000):
        link.faulty(f"fault {number}")
    assert len(told[-1].faults) == MAX_FAULTS
    link._woken.close()
    link._waker.close()
