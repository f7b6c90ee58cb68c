"""Where messages from the house come in: each is sorted, judged, and handed on or refused.

Everything here runs in the links' threads, except ``Mailbox`` deliveries.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import paho.mqtt.client as paho

from hearthd.mqtt import commands
from hearthd.mqtt.command_queue import Bucket, Mailbox
from hearthd.mqtt.commands import (
    Announce,
    Answer,
    Ask,
    BadOrderError,
    HomeCommand,
    Listen,
    Mute,
    Request,
    Say,
    Stop,
)
from hearthd.mqtt.ha_options import Choices
from hearthd.mqtt.payloads import as_json
from hearthd.mqtt.priority_lane import Lane
from hearthd.mqtt.publish_queue import Publication
from hearthd.mqtt.topics import Topics

log = logging.getLogger(__name__)

COMPLAINTS_PER_SECOND, COMPLAINTS_AT_ONCE = 1.0, 10.0
"""Bad orders on a topic that are answered with an event; a flood of them is not echoed."""
LOG_SECONDS = 10.0
"""Between two log lines about bad orders on the same topic."""
MAX_ANSWER_TOPIC = 200


class Reception:
    """Judges orders. ``complain`` is called with the command's name and the reason of a bad one."""

    def __init__(
        self,
        topics: Topics,
        choices: Callable[[], Choices],
        *,
        mailbox: Mailbox,
        send: Callable[[Publication], None],
        complain: Callable[[str, str], None],
    ) -> None:
        self._topics, self._choices = topics, choices
        self._mailbox, self._send, self._complain = mailbox, send, complain
        self._lock = threading.Lock()
        self._stops, self._mutes = Lane(), Lane()
        self._complaints: dict[str, _Complaints] = {}

    def reset(self) -> None:
        """A connection broke."""
        with self._lock:
            self._stops.reset()
            self._mutes.reset()

    def order(self, message: paho.MQTTMessage, *, fast: bool) -> None:
        """A message on an order's topic, from the fast connection or the ordinary one."""
        name = self._topics.commanded(message.topic)
        if name is None or message.retain or not message.payload:
            return
        request = Request(self.answers(message))
        try:
            command = commands.parse(name, bytes(message.payload), self._choices(), request)
        except BadOrderError as error:
            if not fast:  # its copy will come
                self._judge(name, str(error))
                self.answer(request.answers, {"ok": False, "reason": f"{name}: {error}"})
            return
        with self._lock:
            wanted, overruled_by = self._sort(command, fast=fast)
        if overruled_by:
            self.answer(request.answers, {"ok": False, "reason": f"overruled by a later {overruled_by}"})
        elif wanted:
            self._mailbox.put(name, command)

    def _sort(self, command: HomeCommand, *, fast: bool) -> tuple[bool, str]:
        """Whether it is to be carried out, and if not, which later order overrules it."""
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
            case Say() | Ask() | Announce() | Listen() if stopped:
                return False, "stop"
        return True, ""

    def answers(self, message: paho.MQTTMessage) -> list[Answer]:
        """Where the sender waits. Only on topics of our own: nobody shall make us publish elsewhere."""
        topic = getattr(message.properties, "ResponseTopic", "")
        own = topic.startswith(self._topics.answers) and len(topic) <= MAX_ANSWER_TOPIC
        if not own or "+" in topic or "#" in topic:
            return []
        return [Answer(topic, getattr(message.properties, "CorrelationData", b""))]

    def answer(self, answers: Iterable[Answer], document: dict[str, Any]) -> None:
        """Tell everybody who waits."""
        for answer in answers:
            self._send(Publication(answer.topic, as_json(document), correlation=answer.correlation))

    def _judge(self, name: str, why: str) -> None:
        """A bad order changes nothing: one throttled log line, and an event."""
        complaints = self._complaints.setdefault(name, _Complaints())
        now = time.monotonic()
        if now - complaints.logged_at >= LOG_SECONDS:
            more = f" (and {complaints.unsaid} before)" if complaints.unsaid else ""
            log.warning("ignored an order to %s: %s%s", name, why, more, extra={"stage": "mqtt"})
            complaints.logged_at, complaints.unsaid = now, 0
        else:
            complaints.unsaid += 1
        if complaints.events.take(now):
            self._complain(name, why)


class _Complaints:
    """How much has been said about bad orders on one topic."""

    def __init__(self) -> None:
        self.events = Bucket(COMPLAINTS_PER_SECOND, COMPLAINTS_AT_ONCE)
        self.logged_at = float("-inf")
        self.unsaid = 0
