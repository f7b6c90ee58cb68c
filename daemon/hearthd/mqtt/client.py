"""The speaker at the broker: shows what it does, hands on the commands that come in.

``MqttClient`` is all that the rest of the daemon knows of MQTT. Its methods may be called from any thread
and never wait: they change a table that the link's thread publishes from. Without a broker they cost nothing.
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
from hearthd.mqtt import ha_discovery, payloads
from hearthd.mqtt.command_intake import CommandIntake
from hearthd.mqtt.command_queue import CommandQueue
from hearthd.mqtt.commands import COMMANDS, MqttCommand, ReplyTo
from hearthd.mqtt.connection import ConnectionPlan
from hearthd.mqtt.entities import EVENTS, TRANSCRIPTS, VALUES
from hearthd.mqtt.ha_options import HaOptions
from hearthd.mqtt.link_status import CombinedStatus, LinkStatus
from hearthd.mqtt.publish_queue import Publication, PublishQueue
from hearthd.mqtt.reconnecting_link import KEEPALIVE, ReconnectingLink
from hearthd.mqtt.topics import OFFLINE, ONLINE, Topics

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 40.0
"""How often health is confirmed: two may be lost before Home Assistant calls it unknown."""
CLOSE_SECONDS = 3.0
FAST = ("stop", "mute")
"""Commands that have a connection of their own."""


class MqttClient:
    """The speaker's end of MQTT. ``start`` and ``stop`` on the asyncio loop, the rest from any thread.

    ``on_command`` is called on the loop for every command, ``on_link`` on every change of the link.
    """

    def __init__(
        self,
        settings: Settings,
        on_command: Callable[[MqttCommand], None],
        options: HaOptions,
        *,
        on_link: Callable[[LinkStatus], None] | None = None,
        keepalive: int = KEEPALIVE,
        via: str = "",
    ) -> None:
        """``via``: the node of the speaker that this is a room of, if it is one."""
        self._via = via
        self._settings, self._options = settings, options
        self._on_command, self._on_link = on_command, on_link
        self._keepalive = keepalive
        self._topics = Topics.of(settings)
        self._queue = PublishQueue()
        self._fast_queue = PublishQueue()
        self._links: list[ReconnectingLink] = []
        self._statuses = CombinedStatus(2, self._changed)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._intake: CommandIntake | None = None
        self._heartbeat: asyncio.TimerHandle | None = None
        self._lock = threading.Lock()
        self._queue.set(self._topics.value("state"), "starting")
        if not settings.mqtt.publish_transcripts:  # clears what an earlier configuration left at the broker
            for name in TRANSCRIPTS:
                self._queue.set(self._topics.value(name), "")

    @property
    def link(self) -> LinkStatus:
        """How the link to the broker is."""
        return self._statuses.now

    @property
    def shown(self) -> dict[str, str]:
        """What is shown: payload by topic, without the root."""
        root = f"{self._topics.root}/"
        return {topic.removeprefix(root): value for topic, value in self._queue.values().items()}

    def start(self) -> None:
        """Connect, in threads of its own, and keep connected. Does nothing if no broker is configured."""
        if not self._settings.mqtt.enabled or self._links:
            return
        self._loop = asyncio.get_running_loop()
        topics = self._topics
        self._intake = CommandIntake(
            topics,
            lambda: self._options,
            queue=CommandQueue(self._loop, self._deliver, self._refuse),
            send=self._send,
            complain=self._complain,
        )
        ordinary = ConnectionPlan(
            commands=(*(topics.command(name) for name in COMMANDS), topics.status),
            notices=(topics.availability, self._settings.mqtt.birth_topic),
            online=Publication(topics.availability, ONLINE, retain=True),
            offline=Publication(topics.availability, OFFLINE, retain=True),
            greeting=self._greeting,
        )
        fast = ConnectionPlan(commands=tuple(topics.command(name) for name in FAST))
        self._links = [
            ReconnectingLink(
                self._settings,
                plan,
                queue=queue,
                receive=receive,
                changed=partial(self._link_changed, number),
                settled=self._statuses.stable,
                keepalive=self._keepalive,
                suffix=suffix,
            )
            for number, (plan, queue, receive, suffix) in enumerate(
                (
                    (ordinary, self._queue, self._receive, ""),
                    (fast, self._fast_queue, self._receive_fast, "_fast"),
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
        self._set(self._topics.value(key), payloads.plain(value))

    def event(self, kind: str, turn_id: str | None, /, **fields: Any) -> None:
        """Tell whoever listens that something happened: one of ``entities.EVENTS``. Lost if nobody does."""
        if kind not in EVENTS:
            raise ValueError(f"no such event: {kind}")
        transcripts = self._settings.mqtt.publish_transcripts
        self._send(Publication(self._topics.event, payloads.event_json(kind, turn_id, fields, transcripts)))

    def timers(self, timers: Sequence[Mapping[str, Any]]) -> None:
        """Show the timers, alarms and reminders that are set, what is due next first."""
        self._set(self._topics.timers, payloads.timers_json(timers))

    def turn(self, record: TurnRecord) -> None:
        """Show the fields of a turn that has ended. Its event is ``event``'s business."""
        self._send(
            Publication(
                self._topics.turn, payloads.turn_json(record, self._settings.mqtt.publish_transcripts)
            )
        )

    def set_options(self, options: HaOptions) -> None:
        """Other wake words, personas or voices are installed now."""
        with self._lock:
            if options == self._options:
                return
            self._options = options
        self._queue.begin(self._greeting())
        self._wake()

    def acknowledge(self, command: MqttCommand, refused: str = "") -> None:
        """Tell whoever sent ``command`` that it is done, or why it is ``refused``. Once a command.

        Called for every command after ``on_command`` has returned; call it yourself to refuse.
        """
        with self._lock:
            if command.acknowledgement.given:
                return
            command.acknowledgement.given = True
        answer = {"ok": not refused, **({"reason": refused} if refused else {})}
        self._answer(command.acknowledgement.waiting, answer)
        if refused:
            self._complain(command.acknowledgement.command, refused)

    # what comes in --------------------------------------------------------------------------------

    def _receive(self, message: paho.MQTTMessage) -> None:
        """In the ordinary link's thread: a message that is none of the self-test's."""
        if self._intake is None or self._loop is None:
            return
        if message.topic == self._settings.mqtt.birth_topic:
            if message.payload == ONLINE.encode():
                self._links[0].greet_again()
        elif message.topic == self._topics.availability:
            # The will of a connection that died unseen, or the goodbye of a namesake: we are here.
            if message.payload == OFFLINE.encode():
                self._send(Publication(self._topics.availability, ONLINE, retain=True))
        elif message.topic == self._topics.status:
            if not message.retain:
                self._loop.call_soon_threadsafe(self._answer_status, self._intake.waiting(message))
        else:
            self._intake.take(message, fast=False)

    def _receive_fast(self, message: paho.MQTTMessage) -> None:
        """In the fast link's thread."""
        if self._intake is not None:
            self._intake.take(message, fast=True)

    def _deliver(self, command: MqttCommand) -> None:
        """On the loop."""
        try:
            self._on_command(command)
        except Exception:  # a command must not end the link to the broker
            log.exception("%s failed", type(command).__name__, extra={"stage": "mqtt"})
            self.acknowledge(command, refused="it failed; the journal says why")
        else:
            self.acknowledge(command)

    def _refuse(self, command: MqttCommand, why: str) -> None:
        """The queue could not deliver it."""
        with self._lock:
            command.acknowledgement.given = True
        self._answer(command.acknowledgement.waiting, {"ok": False, "reason": why})

    def _complain(self, name: str, why: str) -> None:
        """The command on the topic ``name`` is not carried out."""
        self.event("error", None, command=name, reason=why)
        value = "muted" if name == "mute" else name
        if value in VALUES:  # whoever showed the wrong value already takes it back
            self._queue.refresh([self._topics.value(value)])
            self._wake()

    def _answer(self, waiting: Iterable[ReplyTo], document: dict[str, Any]) -> None:
        if self._intake is not None:
            self._intake.answer(waiting, document)

    def _answer_status(self, waiting: list[ReplyTo]) -> None:
        """On the loop, so that an answer means that the speaker itself is alive."""
        shown = {
            key: value for key, value in self.shown.items() if key not in (*TRANSCRIPTS, "software", "timers")
        }
        self._answer(waiting, {"ok": True, "values": shown, "faults": list(self.link.faults)})

    # the link -------------------------------------------------------------------------------------

    def _greeting(self) -> list[Publication]:
        """The discovery payload; before it, if some components are gone, the one that takes them away."""
        self._queue.set(self._topics.software, ha_discovery.software())
        if not self._settings.mqtt.discovery:
            return []
        with self._lock:
            options = self._options
        current = ha_discovery.payload(self._settings, options, self._via)
        retiring = ha_discovery.retiring(current)
        devices = [current] if retiring is None else [retiring, current]
        topic = self._topics.discovery
        return [Publication(topic, payloads.as_json(device), retain=True) for device in devices]

    def _link_changed(self, number: int, status: LinkStatus) -> None:
        """In a link's thread."""
        if self._intake is not None:
            self._intake.reset()
        self._statuses.set(number, status)

    def _changed(self, status: LinkStatus) -> None:
        if self._on_link is not None and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._on_link, status)

    def _beat(self) -> None:
        """On the loop: as long as it turns, health is true."""
        self._queue.refresh([self._topics.health(part) for part in PUBLISHED])
        self._wake()
        if self._loop is not None:
            self._heartbeat = self._loop.call_later(HEARTBEAT_SECONDS, self._beat)

    def _set(self, topic: str, payload: str) -> None:
        self._queue.set(topic, payload)
        self._wake()

    def _send(self, message: Publication) -> None:
        self._queue.add(message)
        self._wake()

    def _wake(self) -> None:
        if self._links:
            self._links[0].wake()
