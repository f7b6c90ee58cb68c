"""Between a room and MQTT: what happens there is shown, commands that come in are carried out.

An observer of the ``Room`` like any other: without a broker the speaker works as it does with one.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal

from hearthd.actions.timers.timers import TimerError
from hearthd.app.timers_bridge import TimersBridge
from hearthd.common.errors import EngineError
from hearthd.common.parts import ESSENTIAL, PUBLISHED, Part
from hearthd.config.live_settings import BY_NAME, LIVE_SETTINGS, Value
from hearthd.config.loader import ConfigError
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.dialogue.events import Ended
from hearthd.dialogue.refusal import refusal
from hearthd.dialogue.state import Phase, Shown, State
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.mqtt import commands, payloads
from hearthd.mqtt.client import MqttClient
from hearthd.mqtt.ha_options import HaOptions
from hearthd.mqtt.link_status import LinkStatus
from hearthd.rooms.room import Room
from hearthd.rooms.rooms import UnknownRoomError, find
from hearthd.voices.profiles import EMBEDDED

log = logging.getLogger(__name__)

EVENT_OF = {Ended.BARGE_IN: "barge_in", Ended.NO_SPEECH: "no_speech", Ended.ERROR: "error"}
"""The event that a turn's end is; every other end is ``turn_end``."""


class MqttBridge:
    """Connects one ``Room`` with one ``MqttClient``."""

    def __init__(self, room: Room, settings: Settings, options: HaOptions, via: str = "") -> None:
        """``via``: the node of the box whose room this is; empty: it is the box's own."""
        self._via = via
        self._room = room
        self._shown: State | None = None
        self._reconnecting = asyncio.Lock()
        self._shown_tools = ""
        """What is shown of whether the model is offered tools."""
        self._shown_values: dict[str, Value] = {}
        """What is shown of ``LIVE_SETTINGS``."""
        self.client = MqttClient(settings, self._on_command, options, on_link=self._linked, via=via)
        self._timers = TimersBridge(room, lambda: self.client)

    def start(self) -> None:
        """Show everything and connect."""
        for part in PUBLISHED:
            self.client.publish(f"health/{part}", True)
        self.state(self._room.state)
        self._timers.show()
        self.client.start()

    async def stop(self) -> None:
        """Say that the speaker is offline, and disconnect."""
        await self.client.stop()

    def offer(self, options: HaOptions) -> None:
        """Other wake words, personas or voices may be installed now."""
        self.client.set_options(options)

    async def reconnect(self, settings: Settings, options: HaOptions) -> None:
        """The broker, or how to speak with it, is another: part from the old one, show everything anew."""
        async with self._reconnecting:
            await self.client.stop()
            self.client = MqttClient(settings, self._on_command, options, on_link=self._linked, via=self._via)
            self._shown, self._shown_values, self._shown_tools = None, {}, ""
            self._room.post(e.PartRecovered(self._room.now(), Part.MQTT))
            self.start()

    # --- what the speaker does ------------------------------------------------------------------

    def state(self, state: State) -> None:
        """Show the state, mute and the health of the parts, as far as they changed."""
        before, self._shown = self._shown, state
        self._show_settings()
        self._show_tools()
        broken = state.phase is Phase.IDLE and state.faults & ESSENTIAL
        self.client.publish_state(Shown.ERROR if broken else state.shown)
        if before is None or before.muted != state.muted:
            self.client.publish("muted", state.muted)
            self._room.running.remember("muted", state.muted)
        for part in state.faults ^ (before.faults if before else frozenset()):
            if part in PUBLISHED:
                self.client.publish(f"health/{part}", part not in state.faults)

    def _show_settings(self) -> None:
        """Show what can be set as it is in force now, as far as it changed, whoever changed it."""
        settings = BY_NAME["voice"].write(self._room.settings, self._room.voice.name or EMBEDDED)
        for row in LIVE_SETTINGS:
            value = row.read(settings)
            if self._shown_values.get(row.name) != value:
                self._shown_values[row.name] = value
                self.client.publish(row.name, value)

    def _show_tools(self) -> None:
        """Show which model is offered tools, or why none is, as far as it changed."""
        gate = self._room.shared.tool_gate
        if gate is not None and gate.shown != self._shown_tools:
            self._shown_tools = gate.shown
            self.client.publish("tools", gate.shown)

    def wake(self, record: TurnRecord) -> None:
        """A wake word opened a turn."""
        self.client.event("wake", record.turn_id, wake_word=record.wake_word, wake_score=record.wake_score)

    def turn(self, record: TurnRecord) -> None:
        """A turn is over."""
        if record.heard:
            self.client.publish("heard", record.heard)
        if record.spoken:
            self.client.publish("reply", record.spoken)
        ended = record.ended or Ended.ERROR
        self.client.event(EVENT_OF.get(ended, "turn_end"), record.turn_id, ended=ended.value)
        for action in record.actions:
            self.client.event("action", record.turn_id, name=action.name, by=action.by, done=action.done)
        self.client.turn(record)

    def echo(self, measured: e.EchoMeasured) -> None:
        """The canceller was measured."""
        self.client.publish("echo", payloads.echo_json(measured))

    # --- commands -------------------------------------------------------------------------------

    def _on_command(self, command: commands.MqttCommand) -> None:
        try:
            self._carry_out(command)
        except (EngineError, ConfigError, TimerError, UnknownRoomError) as error:
            self.client.acknowledge(command, refused=str(error))

    def _carry_out(self, command: commands.MqttCommand) -> None:
        room, at = self._room, self._room.now()
        match command:
            case commands.Stop():
                room.post(e.StopRequested(at))
            case commands.Mute(on=on):
                room.post(e.MuteRequested(at, on))
            case commands.StartListening():
                self._post(command, e.ListenRequested(at, room.front_end.now))
            case commands.Say(text=text):
                self._post_to(command, e.SayRequested(at, text))
            case commands.Ask(text=text):
                self._post_to(command, e.AskRequested(at, text))
            case commands.Announce(text=text):
                self._post_to(command, e.AnnounceRequested(at, text))
            case commands.NewConversation():
                room.conversation.start_anew()
            case commands.SetValue(name=name, value=value):
                self._shown_values.pop(name, None)  # shown again even if it is the same
                room.set(name, value)
                if name == "persona" and (greeting := room.conversation.persona.greeting):
                    room.post(e.SayRequested(at, greeting))
            case commands.SetTimer() | commands.CancelTimer() | commands.Snooze():
                self._timers.carry_out(command)
            case commands.Restart():
                log.info("restart commanded over MQTT", extra={"stage": "mqtt"})
                os.kill(os.getpid(), signal.SIGTERM)

    def _post(self, command: commands.MqttCommand, event: e.Event) -> None:
        """Let the dialogue do it; where it does not, whoever sent the command is told why."""
        refused = refusal(self._room.state, event)
        self._room.post(event)
        if refused:
            self.client.acknowledge(command, refused=refused)

    def _post_to(self, command: commands.Say | commands.Ask | commands.Announce, event: e.Event) -> None:
        """The same in each room that the command names; without a name here. Raises UnknownRoomError.

        It is refused where no room can do it.
        """
        if not command.room:
            self._post(command, event)
            return
        rooms = find(self._room.shared.floor.rooms, command.room, self._via or self._room.settings.node)
        why = [refusal(room.state, event) for room in rooms]
        for room in rooms:
            room.post(event)
        if all(why):
            self.client.acknowledge(command, refused=why[0])

    def _linked(self, status: LinkStatus) -> None:
        """The broker is there, or not (a link's thread)."""
        at = self._room.now()
        event = e.PartRecovered(at, Part.MQTT) if status.ok else e.PartFailed(at, Part.MQTT)
        self._room.post_from_thread(event)
