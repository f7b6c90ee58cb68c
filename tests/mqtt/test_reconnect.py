"""A reload that names another broker: the speaker parts from the old one and is whole at the new one."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hearthd.app.mqtt_bridge import MqttBridge
from hearthd.config.running_settings import RunningSettings
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.dialogue.state import Phase, State
from hearthd.rooms.rings import RoomsBell
from tests.mqtt.conftest import CHOICES, elsewhere, settings
from tests.peers.mosquitto import Broker, Onlooker, needs_mosquitto, running

pytestmark = [pytest.mark.integration, pytest.mark.mosquitto, needs_mosquitto]
ROOT = "hearthd/kitchen"


def app(configuration: Settings, posted: list[e.Event]) -> Any:
    """As much of the speaker as the bridge needs."""
    return SimpleNamespace(
        settings=configuration,
        running=RunningSettings(configuration),
        voice=SimpleNamespace(name=""),
        shared=SimpleNamespace(timers=None, bell=RoomsBell(), tool_gate=None),
        state=State(phase=Phase.IDLE),
        now=lambda: 1.0,
        post=posted.append,
        post_from_thread=posted.append,
    )


async def test_another_broker_is_greeted_and_the_old_one_is_told_goodbye(
    broker: Broker, onlooker: Onlooker, tmp_path: Path
) -> None:
    posted: list[e.Event] = []
    speaker = app(settings(broker), posted)
    ours = MqttBridge(speaker, speaker.settings, CHOICES)
    ours.start()
    await elsewhere(onlooker.wait_for, f"{ROOT}/availability", "online")
    with running(Broker(tmp_path / "other")) as other:
        there = Onlooker(other)
        speaker.settings = settings(other)
        await ours.reconnect(speaker.settings, CHOICES)
        await elsewhere(onlooker.wait_for, f"{ROOT}/availability", "offline")
        await elsewhere(there.wait_for, f"{ROOT}/availability", "online")
        assert there.last(f"{ROOT}/state") == "idle"
        assert there.last(f"{ROOT}/volume") == "70"
        await ours.reconnect(Settings(), CHOICES)
        await elsewhere(there.wait_for, f"{ROOT}/availability", "offline")
        there.close()
    assert isinstance(posted[-1], e.PartRecovered), "a broker that nobody wants is no fault"
    await ours.stop()
