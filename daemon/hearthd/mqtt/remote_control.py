"""The other end of the speaker's topics: how the command line reaches a running daemon.

It uses the daemon's own configuration, so the same broker, user and rights. A command carries an MQTT
5 response topic; the daemon answers there once the command has reached it.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from hearthd.config.settings import Settings
from hearthd.mqtt import broker
from hearthd.mqtt.broker import BrokerError
from hearthd.mqtt.topics import Topics

PATIENCE_SECONDS = 5.0
"""A daemon that runs answers in milliseconds."""
EXPIRY_SECONDS = 5
"""Nobody waits for a command's effect after that, so the broker shall not deliver it."""
MAX_ANSWER_BYTES = 65_536


class RemoteControl:
    """A client for one question. Blocks; for the command line only."""

    def __init__(self, settings: Settings, client: paho.Client) -> None:
        self._settings, self._client = settings, client
        self._topics = Topics.of(settings)
        self._answer_topic = self._topics.answers + secrets.token_hex(8)
        self._correlation = secrets.token_bytes(8)
        self._ready = threading.Event()
        self._refused = ""
        self._answered = threading.Event()
        self._answer: dict[str, Any] = {}
        self._denied = ""
        client.on_connect = self._on_connect
        client.on_subscribe = lambda *_: self._ready.set()
        client.on_publish = self._on_publish
        client.on_message = self._on_message

    def send(self, name: str, payload: str) -> None:
        """Send a command, and wait until the daemon has it. Raises BrokerError with the reason if not."""
        answer = self._ask(self._topics.command(name), payload)
        if not answer.get("ok"):
            raise BrokerError(f"{self._settings.node} refuses: {answer.get('reason', 'no reason given')}")

    def status(self) -> dict[str, Any]:
        """``values`` by topic below the root, and the link's ``faults``. Raises BrokerError."""
        return self._ask(self._topics.status, "?")

    def clear_discovery(self) -> None:
        """Take the device out of Home Assistant. Raises BrokerError."""
        self.check()
        self._publish(self._topics.discovery, "", retain=True)

    def _ask(self, topic: str, payload: str) -> dict[str, Any]:
        self.check()
        self._publish(topic, payload)
        if not self._answered.wait(PATIENCE_SECONDS):
            raise BrokerError(
                f"no answer from the speaker {self._settings.node!r} within {PATIENCE_SECONDS:g} s: is "
                f"hearthd running, with the same [mqtt] and node? (systemctl status hearthd)"
            )
        return self._answer

    def check(self) -> None:
        """Wait until the broker has let us in. Raises BrokerError with the reason if it does not."""
        if not self._ready.wait(PATIENCE_SECONDS):
            raise BrokerError(self._refused or f"{broker.where(self._settings.mqtt)} does not answer")
        if self._refused:
            raise BrokerError(self._refused)

    def _publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if not retain:
            properties.MessageExpiryInterval = EXPIRY_SECONDS
            properties.ResponseTopic = self._answer_topic
            properties.CorrelationData = self._correlation
        self._published = threading.Event()
        self._client.publish(topic, payload, 1, retain, properties)
        if not self._published.wait(PATIENCE_SECONDS):
            raise BrokerError(f"{broker.where(self._settings.mqtt)} does not answer")
        if self._denied:
            raise BrokerError(
                f"{broker.where(self._settings.mqtt)} does not let us write {topic} ({self._denied})"
            )

    def _on_connect(self, _client: Any, _userdata: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self._refused = broker.refusal(self._settings.mqtt, code.value, str(code))
            self._ready.set()
        else:
            self._client.subscribe(self._answer_topic, options=SubscribeOptions(qos=1, retainHandling=2))

    def _on_publish(self, _client: Any, _userdata: Any, _mid: int, code: Any, _properties: Any) -> None:
        self._denied = str(code) if code.is_failure else ""
        self._published.set()

    def _on_message(self, _client: Any, _userdata: Any, message: paho.MQTTMessage) -> None:
        ours = getattr(message.properties, "CorrelationData", b"") == self._correlation
        if not ours or len(message.payload) > MAX_ANSWER_BYTES:
            return
        try:
            answer = json.loads(message.payload)
        except ValueError:
            return
        if isinstance(answer, dict):
            self._answer = answer
            self._answered.set()


@contextmanager
def reach(settings: Settings) -> Iterator[RemoteControl]:
    """Connect to the configured broker. Raises BrokerError, with the mend, if there is none."""
    if not settings.mqtt.enabled:
        raise BrokerError(
            "a running speaker is reached through its broker, and none is configured: "
            'set host = "..." under [mqtt] in the configuration, and restart hearthd'
        )
    client = broker.make_client(settings, f"hearthd_cli_{secrets.token_hex(6)}")
    client.suppress_exceptions = True
    remote = RemoteControl(settings, client)
    broker.connect(client, settings.mqtt, keepalive=30)
    client.loop_start()
    try:
        yield remote
    finally:
        client.disconnect()
        client.loop_stop()
