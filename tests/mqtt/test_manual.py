"""The manual names what is really there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hearthd.common.parts import PUBLISHED
from hearthd.config.server_settings import MqttSettings
from hearthd.dialogue.state import Shown
from hearthd.mqtt.commands import COMMANDS
from hearthd.mqtt.entities import EVENTS
from tests.mqtt.test_ha_discovery import WHOLE

pytestmark = pytest.mark.unit

MANUAL = (Path(__file__).parents[2] / "docs" / "home-assistant.md").read_text("utf-8")


def test_every_entity_of_the_manual_exists_and_the_other_way_round() -> None:
    named = set(re.findall(r"\b[a-z_]+\.hearthd_kitchen_[a-z_]+", MANUAL))
    table = MANUAL[MANUAL.index("## Entities") : MANUAL.index("## Four")]
    for line in table.splitlines():
        first = re.search(r"`([a-z_]+)\.hearthd_kitchen_[a-z_]+`", line)
        if first:
            cell = line.split("|")[1]
            named |= {
                f"{first.group(1)}.hearthd_kitchen_{rest}" for rest in re.findall(r"`_([a-z_]+)`", cell)
            }
    real = {c["default_entity_id"] for c in WHOLE["cmps"].values() if "default_entity_id" in c}
    assert named == real


def test_every_command_and_key_of_the_manual_exists() -> None:
    for name in COMMANDS:
        assert f"{name}/set" in MANUAL
    block = MANUAL[MANUAL.index("[mqtt]") : MANUAL.index("Under systemd")]
    for key in re.findall(r"^\s*([a-z_]+) = ", block, re.MULTILINE):
        assert key in MqttSettings.model_fields


def test_the_manual_shows_the_states_and_events_that_there_are() -> None:
    assert ", ".join(Shown) in MANUAL
    assert ", ".join(EVENTS) in MANUAL


def test_the_manual_names_every_part_whose_health_is_shown() -> None:
    listed = re.search(r"`health/<part>` \(([^)]*)\)", MANUAL)
    assert listed is not None
    assert tuple(re.split(r",\s+", listed.group(1))) == PUBLISHED
