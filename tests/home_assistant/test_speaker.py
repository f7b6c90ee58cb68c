"""The entity by which Home Assistant finds the room is the one that it was told of."""

from __future__ import annotations

import pytest

from hearthd.config.room_settings import settings_of
from hearthd.config.settings import RoomSettings, Settings
from hearthd.home_assistant.speaker import state_entity
from hearthd.mqtt import ha_discovery
from hearthd.mqtt.ha_options import HaOptions

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("node", ["kitchen", "living-room", "box_2", "a--b__c"])
@pytest.mark.parametrize("room", ["", "bath_1"])
def test_each_room_is_found_by_its_own_entity(node: str, room: str) -> None:
    settings = Settings(node=node)
    if room:
        settings = settings_of(settings, RoomSettings(name=room, microphone="x", speaker="y"))
    shown = ha_discovery.payload(settings, HaOptions())["cmps"]["state"]["default_entity_id"]
    assert state_entity(settings.node) == shown
