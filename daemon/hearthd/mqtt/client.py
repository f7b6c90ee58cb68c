"""The house's side of the speaker: shows what it does, hands on what is ordered.

``Home`` is all that the rest of the daemon knows of MQTT. Its methods may be called from any thread and
never wait: they change a table that the link's thread publishes from. Without a broker they cost nothing.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import paho.mqtt.client as paho

from hearthd.common.parts import PUBLISHED
from hearthd.config.live_settings import Value
from hearthd.config.settings import Settings
from hearthd.dialogue.state import Shown
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.mqtt import ha_discovery
from hearthd.mqtt import payloads as values
from hearthd.mqtt.command_intake import Reception
from hearthd.mqtt.command_queue import Mailbox
from hearthd.mqtt.commands import COMMANDS, Answer, HomeCommand
from hearthd.mqtt.connection import ConnectionPlan
from hearthd.mqtt.entities import EVENTS, TRANSCRIPTS, VALUES
from hearthd.mqtt.ha_options import Choices
from hearthd.mqtt.link_status import LinkStatus, Statuses
from hearthd.mqtt.publish_queue import Outbox, Publication
from hearthd.mqtt.reconnecting_link import KEEPALIVE, Link
from hearthd.mqtt.topics import OFFLINE, ONLINE, Topics

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 40.0
"""How often health is confirmed: two may be lost before Home Assistant calls it unknown."""
CLOSE_SECONDS = 3.0
FAST = ("stop", "mute")
"""Orders that have a connection of their own."""


class Home:
    """The speaker in its house. ``start`` and ``stop`` on the asyncio loop, the rest from anywhere.

    ``on_command`` is called on the loop for every order, ``on_link`` on every change of the link.
    """

    def __init__(
        self,
        settings: Settings,
        on_command: Callable[[HomeCommand], None],
        choices: Choices,
        *,
        on_link: Callable[[LinkStatus], None] | None = None,
        keepalive: int = KEEPALIVE,
    ) -> None:
        self._settings, self._choices = settings, choices
        self._on_command, self._on_link = on_command, on_link
        self._keepalive = keepalive
        self._topics = Topics.of(settings)
        self._outbox = Outbox()
        self._fast_outbox = Outbox()
        self._links: list[Link] = []
        self._statuses = Statuses(2, self._changed)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reception: Reception | None = None
        self._heartbeat: asyncio.TimerHandle | None = None
        self._lock = threading.Lock()
        self._outbox.set(self._topics.value("state"), "starting")
        if not settings.mqtt.publish_transcripts:  # clears what an earlier configuration left at the broker
            for name in TRANSCRIPTS:
                self._outbox.set(self._topics.value(name), "")

    @property
    def link(self) -> LinkStatus:
        """How the link to the broker is."""
        return self._statuses.now

    @property
    def shown(self) -> dict[str, str]:
        """What is shown: payload by topic, without the root."""
        root = f"{self._topics.root}/"
        return {topic.removeprefix(root): value for topic, value in self._outbox.values().items()}

    def start(self) -> None:
        """Connect, in threads of its own, and keep connected. Does nothing if no broker is configured."""
        if not self._settings.mqtt.enabled or self._links:
            return
        self._loop = asyncio.get_running_loop()
        topics = self._topics
        self._reception = Reception(
            topics,
            lambda: self._choices,
            mailbox=Mailbox(self._loop, self._deliver, self._refuse),
            send=self._send,
            complain=self._complain,
        )
        ordinary = ConnectionPlan(
            orders=(*(topics.command(name) for name in COMMANDS), topics.status),
            notices=(topics.availability, self._settings.mqtt.birth_topic),
            online=Publication(topics.availability, ONLINE, retain=True),
            offline=Publication(topics.availability, OFFLINE, retain=True),
            greeting=self._greeting,
        )
        fast = ConnectionPlan(orders=tuple(topics.command(name) for name in FAST))
        self._links = [
            Link(
                self._settings,
                plan,
                outbox=outbox,
                receive=receive,
                changed=partial(self._link_changed, number),
                settled=self._statuses.stable,
                keepalive=self._keepalive,
                suffix=suffix,
            )
            for number, (plan, outbox, receive, suffix) in enumerate(
                (
                    (ordinary, self._outbox, self._receive, ""),
                    (fast, self._fast_outbox, self._receive_fast, "_fast"),
                )
            )
        ]
        for link in self._links:
            link.start()
        self._heartbeat = self._loop.call_later(HEARTBEAT_SECONDS, self._beat)

    async def stop(self) -> None:
        """Publish ``offline`` and disconnect. Returns within 3 s, whatever the broker does."""
        links, self._links = self._links, []
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        for link in links:
            link.close()
        await asyncio.gather(*(asyncio.to_thread(link.join, CLOSE_SECONDS) for link in links))

    # what the speaker shows -----------------------------------------------------------------------

    def publish_state(self, state: str) -> None:
        """Show what the speaker does. Raises ValueError if that is no ``Shown``."""
        self._set(self._topics.value("state"), Shown(state))

    def publish(self, key: str, value: Value) -> None:
        """Show a value: one of ``entities.VALUES``, or ``health/<part>``. Also if it has not changed."""
        if key.startswith("health/"):
            if key.removeprefix("health/") not in PUBLISHED:
                raise ValueError(f"no such part: {key}")
        elif key not in VALUES:
            raise ValueError(f"no such value: {key}")
        if key in TRANSCRIPTS and not self._settings.mqtt.publish_transcripts:
            return
        self._set(self._topics.value(key), values.plain(value))

    def event(self, kind: str, turn_id: str | None, /, **fields: Any) -> None:
        """Tell the house that something happened: one of ``entities.EVENTS``. Lost if nobody listens."""
        if kind not in EVENTS:
            raise ValueError(f"no such event: {kind}")
        transcripts = self._settings.mqtt.publish_transcripts
        self._send(Publication(self._topics.event, values.event_json(kind, turn_id, fields, transcripts)))

    def timers(self, timers: Sequence[Mapping[str, Any]]) -> None:
        """Show the timers, alarms and reminders that are set, what is due next first."""
        self._set(self._topics.timers, values.timers_json(timers))

    def turn(self, record: TurnRecord) -> None:
        """Show the fields of a turn that has ended. Its event is ``event``'s business."""
        self._send(
            Publication(self._topics.turn, values.turn_json(record, self._settings.mqtt.publish_transcripts))
        )

    def set_choices(self, choices: Choices) -> None:
        """Other wake words, personas or voices are installed now."""
        with self._lock:
            if choices == self._choices:
                return
            self._choices = choices
        self._outbox.begin(self._greeting())
        self._wake()

    def acknowledge(self, command: HomeCommand, refused: str = "") -> None:
        """Tell whoever ordered ``command`` that it is done, or why it is ``refused``. Once a command.

        Called for every command after ``on_command`` has returned; call it yourself to refuse.
        """
        with self._lock:
            if command.request.done:
                return
            command.request.done = True
        answer = {"ok": not refused, **({"reason": refused} if refused else {})}
        self._answer(command.request.answers, answer)
        if refused:
            self.event("error", None, command=type(command).__name__.lower(), reason=refused)

    # what the house orders ------------------------------------------------------------------------

    def _receive(self, message: paho.MQTTMessage) -> None:
        """In the ordinary link's thread: a message that is none of the self-test's."""
        if self._reception is None or self._loop is None:
            return
        if message.topic == self._settings.mqtt.birth_topic:
            if message.payload == ONLINE.encode():
                self._links[0].greet_again()
        elif message.topic == self._topics.availability:
            # The will of a connection that died unseen, or a twin's goodbye: we are here.
            if message.payload == OFFLINE.encode():
                self._send(Publication(self._topics.availability, ONLINE, retain=True))
        elif message.topic == self._topics.status:
            if not message.retain:
                self._loop.call_soon_threadsafe(self._answer_status, self._reception.answers(message))
        else:
            self._reception.order(message, fast=False)

    def _receive_fast(self, message: paho.MQTTMessage) -> None:
        """In the fast link's thread."""
        if self._reception is not None:
            self._reception.order(message, fast=True)

    def _deliver(self, command: HomeCommand) -> None:
        """On the loop."""
        try:
            self._on_command(command)
        except Exception:  # an order must not end the link to the house
            log.exception("%s failed", type(command).__name__, extra={"stage": "mqtt"})
            self.acknowledge(command, refused="it failed; the journal says why")
        else:
            self.acknowledge(command)

    def _refuse(self, command: HomeCommand, why: str) -> None:
        """The mailbox could not deliver it."""
        with self._lock:
            command.request.done = True
        self._answer(command.request.answers, {"ok": False, "reason": why})

    def _complain(self, name: str, why: str) -> None:
        self.event("error", None, command=name, reason=why)
        value = "muted" if name == "mute" else name
        if value in VALUES:  # whoever showed the wrong value already takes it back
            self._outbox.refresh([self._topics.value(value)])
            self._wake()

    def _answer(self, answers: Iterable[Answer], document: dict[str, Any]) -> None:
        if self._reception is not None:
            self._reception.answer(answers, document)

    def _answer_status(self, answers: list[Answer]) -> None:
        """On the loop, so that an answer means that the speaker itself is alive."""
        shown = {
            key: value for key, value in self.shown.items() if key not in (*TRANSCRIPTS, "software", "timers")
        }
        self._answer(answers, {"ok": True, "values": shown, "faults": list(self.link.faults)})

    # the link -------------------------------------------------------------------------------------

    def _greeting(self) -> list[Publication]:
        """The discovery payload; before it, if some components are gone, the one that takes them away."""
        self._outbox.set(self._topics.software, ha_discovery.software())
        if not self._settings.mqtt.discovery:
            return []
        with self._lock:
            choices = self._choices
        current = ha_discovery.payload(self._settings, choices)
        retiring = ha_discovery.retiring(current)
        payloads = [current] if retiring is None else [retiring, current]
        return [Publication(self._topics.discovery, values.as_json(p), retain=True) for p in payloads]

    def _link_changed(self, number: int, status: LinkStatus) -> None:
        """In a link's thread."""
        if self._reception is not None:
            self._reception.reset()
        self._statuses.set(number, status)

    def _changed(self, status: LinkStatus) -> None:
        if self._on_link is not None and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._on_link, status)

    def _beat(self) -> None:
        """On the loop: as long as it turns, health is true."""
        self._outbox.refresh([self._topics.health(part) for part in PUBLISHED])
        self._wake()
        if self._loop is not None:
            self._heartbeat = self._loop.call_later(HEARTBEAT_SECONDS, self._beat)

    def _set(self, topic: str, payload: str) -> None:
        self._outbox.set(topic, payload)
        self._wake()

    def _send(self, message: Publication) -> None:
        self._outbox.add(message)
        self._wake()

    def _wake(self) -> None:
        if self._links:
            self._links[0].wake()
