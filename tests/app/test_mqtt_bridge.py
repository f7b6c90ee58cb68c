"""What is ordered from the house: done, or refused with a reason."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hearthd.app.mqtt_bridge import House
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.dialogue.state import Phase, State
from hearthd.mqtt import commands
from hearthd.mqtt.ha_options import Choices
from hearthd.rooms.rings import HouseBell

pytestmark = pytest.mark.unit


class Speaker:
    """As much of a room as its house needs, in one state."""

    def __init__(self, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
        self.posted: list[e.Event] = []
        self.answers: list[str] = []
        room: Any = SimpleNamespace(
            settings=Settings(),
            voice="",
            shared=SimpleNamespace(timers=None, bell=HouseBell()),
            state=state,
            now=lambda: 1.0,
            post=self.posted.append,
            post_from_thread=self.posted.append,
            front_end=SimpleNamespace(now=7),
        )
        self.house = House(room, room.settings, Choices())
        monkeypatch.setattr(
            self.house.home, "acknowledge", lambda command, refused="": self.answers.append(refused)
        )

    def order(self, command: commands.HomeCommand) -> list[str]:
        """The answers that whoever ordered it got, but for the plain "done"."""
        self.house._ordered(command)
        return self.answers


ORDERS = [commands.Say("x"), commands.Ask("x"), commands.Listen()]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: type(order).__name__)
def test_an_order_while_it_starts_is_refused_and_says_so(
    order: commands.HomeCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    [answer] = Speaker(State(), monkeypatch).order(order)
    assert "starting" in answer


@pytest.mark.parametrize("order", [*ORDERS, commands.Announce("x")], ids=lambda order: type(order).__name__)
def test_an_order_that_is_carried_out_is_not_refused(
    order: commands.HomeCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker = Speaker(State(phase=Phase.IDLE), monkeypatch)
    assert speaker.order(order) == []
    assert len(speaker.posted) == 1


def test_listening_that_was_ordered_while_muted_sounds_its_chime_and_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    speaker = Speaker(State(phase=Phase.MUTED, muted=True), monkeypatch)
    [answer] = speaker.order(commands.Listen())
    assert "muted" in answer
    assert speaker.posted == [e.ListenRequested(1.0, 7)]
