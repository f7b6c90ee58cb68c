"""The speaker in its house: what it does is shown over MQTT, what is ordered there is done.

An observer of the ``Room`` like any other: without a broker the speaker works as it does with one.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable

from hearthd.common.errors import EngineError
from hearthd.config import personas
from hearthd.config.loader import ConfigError
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.dialogue.events import Ended
from hearthd.dialogue.refusal import refusal
from hearthd.dialogue.state import Phase, State
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.mqtt import commands, payloads
from hearthd.mqtt.client import Home
from hearthd.mqtt.ha_options import Choices
from hearthd.mqtt.link_status import LinkStatus
from hearthd.mqtt.topics import PARTS
from hearthd.rooms.room import Room
from hearthd.voices.profiles import EMBEDDED

log = logging.getLogger(__name__)

ESSENTIAL = frozenset({"microphone", "asr", "chat", "voice"})
"""Parts without which no question is answered: the idle speaker shows ``error`` while one is broken."""

EVENT_OF = {Ended.BARGE_IN: "barge_in", Ended.NO_SPEECH: "no_speech", Ended.ERROR: "error"}
"""The event that a turn's end is; every other end is ``turn_end``."""


class House:
    """Connects one ``Room`` with one ``Home``."""

    def __init__(
        self, room: Room, settings: Settings, choices: Choices, remember: Callable[[str, object], None]
    ) -> None:
        """``remember(name, value)`` keeps what was ordered over a restart."""
        self._room = room
        self._remember = remember
        self._shown: State | None = None
        self._reconnecting = asyncio.Lock()
        self._who = ("", "")
        """The persona and the voice that are shown."""
        self.home = Home(settings, self._ordered, choices, on_link=self._linked)

    def start(self) -> None:
        """Show everything and connect."""
        self.show_settings()
        self.home.publish("voice", self._room.voice or EMBEDDED)
        for part in PARTS:
            self.home.publish(f"health/{part}", True)
        self.state(self._room.state)
        self.home.start()

    def show_settings(self) -> None:
        """Show what can be set from the house as it is in force now."""
        settings = self._room.settings
        self.home.publish("volume", settings.audio.volume)
        self.home.publish("wake_word", settings.wake.words[0].name)
        self.home.publish("wake_threshold", settings.wake.words[0].threshold)
        self.home.publish("barge_in", settings.barge_in.mode)

    async def stop(self) -> None:
        """Say that the speaker is offline, and disconnect."""
        await self.home.stop()

    async def reconnect(self, settings: Settings, choices: Choices) -> None:
        """The broker, or how to speak with it, is another: part from the old one, show everything anew."""
        async with self._reconnecting:
            await self.home.stop()
            self.home = Home(settings, self._ordered, choices, on_link=self._linked)
            self._shown, self._who = None, ("", "")
            self._room.post(e.PartRecovered(self._room.now(), "mqtt"))
            self.start()

    # --- what the speaker does ------------------------------------------------------------------

    def state(self, state: State) -> None:
        """Show the state, mute and the health of the parts, as far as they changed."""
        before, self._shown = self._shown, state
        self._show_who()
        broken = state.phase is Phase.IDLE and state.faults & ESSENTIAL
        self.home.publish_state("error" if broken else state.published)
        if before is None or before.muted != state.muted:
            self.home.publish("muted", state.muted)
            self._remember("muted", state.muted)
        for part in state.faults ^ (before.faults if before else frozenset()):
            if part in PARTS:
                self.home.publish(f"health/{part}", part not in state.faults)

    def _show_who(self) -> None:
        """Show the persona and its voice, and remember the persona, whoever chose it."""
        before, self._who = self._who, (self._room.settings.persona, self._room.voice)
        if before[0] != self._who[0]:
            self.home.publish("persona", self._who[0])
            self._remember("persona", self._who[0])
        if before[1] != self._who[1]:
            self.home.publish("voice", self._who[1] or EMBEDDED)

    def wake(self, record: TurnRecord) -> None:
        """A wake word opened a turn."""
        self.home.event("wake", record.turn_id, wake_word=record.wake_word, wake_score=record.wake_score)

    def turn(self, record: TurnRecord) -> None:
        """A turn is over."""
        if record.heard:
            self.home.publish("heard", record.heard)
        if record.spoken:
            self.home.publish("reply", record.spoken)
        ended = record.ended or Ended.ERROR
        self.home.event(EVENT_OF.get(ended, "turn_end"), record.turn_id, ended=ended.value)
        self.home.turn(record)

    def echo(self, measured: e.EchoMeasured) -> None:
        """The ears were measured."""
        self.home.publish("echo", payloads.echo_json(measured))

    # --- what is ordered ------------------------------------------------------------------------

    def _ordered(self, command: commands.HomeCommand) -> None:
        try:
            self._carry_out(command)
        except (EngineError, ConfigError) as error:
            self.home.acknowledge(command, refused=str(error))

    def _carry_out(self, command: commands.HomeCommand) -> None:
        room, at = self._room, self._room.now()
        match command:
            case commands.Stop():
                room.post(e.StopRequested(at))
            case commands.Mute(on=on):
                room.post(e.MuteRequested(at, on))
            case commands.Listen():
                self._order(command, e.ListenRequested(at, room.front_end.now))
            case commands.Say(text=text):
                self._order(command, e.SayRequested(at, text))
            case commands.Ask(text=text):
                self._order(command, e.AskRequested(at, text))
            case commands.Announce(text=text):
                self._order(command, e.AnnounceRequested(at, text))
            case commands.NewConversation():
                room.conversation.start_anew()
            case commands.Volume(level=level):
                self._adjust("volume", level, audio={"volume": level})
            case commands.Threshold(value=value):
                words = [word.model_copy(update={"threshold": value}) for word in room.settings.wake.words]
                self._adjust("wake_threshold", value, wake={"words": words})
            case commands.SelectWakeWord(name=name):
                known = {word.name: word for word in room.settings.wake.words}
                first = known.pop(
                    name, room.settings.wake.words[0].model_copy(update={"name": name, "model": ""})
                )
                self._adjust("wake_word", name, wake={"words": [first]})
            case commands.SelectPersona(name=name):
                persona = personas.load(name)
                room.use_persona(persona)
                if persona.greeting:
                    room.post(e.SayRequested(at, persona.greeting))
            case commands.SelectVoice(name=name):
                room.use_voice(name)
                self._remember("voice", name)
                self._show_who()
            case commands.SelectBargeIn(mode=mode):
                self._adjust("barge_in", mode, barge_in={"mode": mode})
            case commands.Restart():
                log.info("restart ordered over MQTT", extra={"stage": "mqtt"})
                os.kill(os.getpid(), signal.SIGTERM)

    def _order(self, command: commands.HomeCommand, event: e.Event) -> None:
        """Let the dialogue do it; where it does not, whoever ordered it is told why."""
        refused = refusal(self._room.state, event)
        self._room.post(event)
        if refused:
            self.home.acknowledge(command, refused=refused)

    def _adjust(self, key: str, value: int | float | str, **sections: dict[str, object]) -> None:
        """Change keys of the running configuration, remember and show the new value."""
        settings = self._room.settings
        changed = {
            section: getattr(settings, section).model_copy(update=keys) for section, keys in sections.items()
        }
        self._room.reconfigure(settings.model_copy(update=changed))
        self._remember(key, value)
        self.home.publish(key, value)

    def _linked(self, status: LinkStatus) -> None:
        """The broker is there, or not (a link's thread)."""
        at = self._room.now()
        event = e.PartRecovered(at, "mqtt") if status.ok else e.PartFailed(at, "mqtt")
        self._room.post_from_thread(event)
