"""Where commands come in: each message is read, sorted, and handed on or refused.

Everything here runs in the links' threads; the ``CommandQueue`` hands over to the asyncio loop.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import paho.mqtt.client as paho

from hearthd.mqtt import commands
from hearthd.mqtt.command_queue import CommandQueue, TokenBucket
from hearthd.mqtt.commands import (
    Acknowledgement,
    Announce,
    Ask,
    BadCommandError,
    MqttCommand,
    Mute,
    ReplyTo,
    Say,
    StartListening,
    Stop,
)
from hearthd.mqtt.ha_options import HaOptions
from hearthd.mqtt.payloads import as_json
from hearthd.mqtt.priority_lane import PriorityLane
from hearthd.mqtt.publish_queue import Publication
from hearthd.mqtt.topics import Topics

log = logging.getLogger(__name__)

COMPLAINTS_PER_SECOND, COMPLAINTS_AT_ONCE = 1.0, 10.0
"""Bad commands on a topic that are answered with an event; a flood of them is not echoed."""
LOG_SECONDS = 10.0
"""Between two log lines about bad commands on the same topic."""
MAX_ANSWER_TOPIC = 200


class CommandIntake:
    """Reads commands into ``queue``. ``complain`` is told the name of a bad one, and what is wrong."""

    def __init__(
        self,
        topics: Topics,
        options: Callable[[], HaOptions],
        *,
        queue: CommandQueue,
        send: Callable[[Publication], None],
        complain: Callable[[str, str], None],
    ) -> None:
        self._topics, self._options = topics, options
        self._queue, self._send, self._complain = queue, send, complain
        self._lock = threading.Lock()
        self._stops, self._mutes = PriorityLane(), PriorityLane()
        self._complaints: dict[str, _Complaints] = {}

    def reset(self) -> None:
        """A connection broke."""
        with self._lock:
            self._stops.reset()
            self._mutes.reset()

    def take(self, message: paho.MQTTMessage, *, fast: bool) -> None:
        """A message on a command's topic, from the fast connection or the ordinary one."""
        name = self._topics.command_of(message.topic)
        if name is None or message.retain or not message.payload:
            return
        acknowledgement = Acknowledgement(name, self.waiting(message))
        try:
            command = commands.parse(name, bytes(message.payload), self._options(), acknowledgement)
        except BadCommandError as error:
            if not fast:  # its copy will come
                self._judge(name, str(error))
                self.answer(acknowledgement.waiting, {"ok": False, "reason": f"{name}: {error}"})
            return
        with self._lock:
            wanted, overruled_by = self._sort(command, fast=fast)
        if overruled_by:
            self.answer(
                acknowledgement.waiting, {"ok": False, "reason": f"overruled by a later {overruled_by}"}
            )
        elif wanted:
            self._queue.put(name, command)

    def _sort(self, command: MqttCommand, *, fast: bool) -> tuple[bool, str]:
        """Whether it is to be carried out, and if not, which later command overrules it."""
        if fast:
            match command:
                case Stop():
                    return self._stops.fast(), ""
                case Mute(on=True):
                    return self._mutes.fast(), ""
            return False, ""
        stopped, muted = self._stops.passing(), self._mutes.passing()
        match command:
            case Stop():
                return self._stops.ordinary(), ""
            case Mute(on=True):
                return self._mutes.ordinary(), ""
            case Mute() if muted:
                return False, "mute"
            case Say() | Ask() | Announce() | StartListening() if stopped:
                return False, "stop"
        return True, ""

    def waiting(self, message: paho.MQTTMessage) -> list[ReplyTo]:
        """Where the sender waits. Only on topics of our own: nobody shall make us publish elsewhere."""
        topic = getattr(message.properties, "ResponseTopic", "")
        own = topic.startswith(self._topics.answers) and len(topic) <= MAX_ANSWER_TOPIC
        if not own or "+" in topic or "#" in topic:
            return []
        return [ReplyTo(topic, getattr(message.properties, "CorrelationData", b""))]

    def answer(self, waiting: Iterable[ReplyTo], document: dict[str, Any]) -> None:
        """Tell everybody who waits."""
        text = as_json(document)
        for client in waiting:
            self._send(Publication(client.topic, text, correlation=client.correlation))

    def _judge(self, name: str, why: str) -> None:
        """A bad command changes nothing: one throttled log line, and an event."""
        complaints = self._complaints.setdefault(name, _Complaints())
        now = time.monotonic()
        if now - complaints.logged_at >= LOG_SECONDS:
            more = f" (and {complaints.unsaid} before)" if complaints.unsaid else ""
            log.warning("ignored a command to %s: %s%s", name, why, more, extra={"stage": "mqtt"})
            complaints.logged_at, complaints.unsaid = now, 0
        else:
            complaints.unsaid += 1
        if complaints.events.take(now):
            self._complain(name, why)


class _Complaints:
    """How much has been said about bad commands on one topic."""

    def __init__(self) -> None:
        self.events = TokenBucket(COMPLAINTS_PER_SECOND, COMPLAINTS_AT_ONCE)
        self.logged_at = float("-inf")
        self.unsaid = 0
