"""A command that comes in is carried out, or refused with a reason."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hearthd.app.mqtt_bridge import MqttBridge
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.dialogue.state import Phase, State
from hearthd.mqtt import commands
from hearthd.mqtt.ha_options import HaOptions
from hearthd.rooms.rings import RoomsBell

pytestmark = pytest.mark.unit


class Speaker:
    """As much of a room as the bridge needs, in one state."""

    def __init__(self, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
        self.posted: list[e.Event] = []
        self.answers: list[str] = []
        room: Any = SimpleNamespace(
            settings=Settings(),
            voice=SimpleNamespace(name=""),
            shared=SimpleNamespace(timers=None, bell=RoomsBell()),
            state=state,
            now=lambda: 1.0,
            post=self.posted.append,
            post_from_thread=self.posted.append,
            front_end=SimpleNamespace(now=7),
        )
        self.bridge = MqttBridge(room, room.settings, HaOptions())
        monkeypatch.setattr(
            self.bridge.client, "acknowledge", lambda command, refused="": self.answers.append(refused)
        )

    def command(self, command: commands.MqttCommand) -> list[str]:
        """The answers that whoever sent it got, but for the plain "done"."""
        self.bridge._on_command(command)
        return self.answers


COMMANDS = [commands.Say("x"), commands.Ask("x"), commands.StartListening()]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_a_command_while_it_starts_is_refused_and_says_so(
    command: commands.MqttCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    [answer] = Speaker(State(), monkeypatch).command(command)
    assert "starting" in answer


@pytest.mark.parametrize(
    "command", [*COMMANDS, commands.Announce("x")], ids=lambda command: type(command).__name__
)
def test_a_command_that_is_carried_out_is_not_refused(
    command: commands.MqttCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker = Speaker(State(phase=Phase.IDLE), monkeypatch)
    assert speaker.command(command) == []
    assert len(speaker.posted) == 1


def test_listening_that_was_commanded_while_muted_sounds_its_chime_and_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    speaker = Speaker(State(phase=Phase.MUTED, muted=True), monkeypatch)
    [answer] = speaker.command(commands.StartListening())
    assert "muted" in answer
    assert speaker.posted == [e.ListenRequested(1.0, 7)]
