"""The device payload keeps Home Assistant's rules; ``test_ha_judge`` asks Home Assistant itself."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from hearthd.config.settings import Settings
from hearthd.mqtt import ha_discovery
from hearthd.mqtt.commands import COMMANDS
from hearthd.mqtt.ha_options import HaOptions
from hearthd.mqtt.payloads import as_json
from hearthd.mqtt.topics import Topics

pytestmark = pytest.mark.unit

CHOICES = HaOptions(("hey_jarvis", "alexa"), ("hearthd",), ("heart", "zf_xiaoxiao"))


def settings(node: str = "kitchen", **mqtt: Any) -> Settings:
    """A speaker's configuration."""
    return Settings.model_validate({"node": node, "mqtt": {"host": "localhost", **mqtt}})


WHOLE = ha_discovery.payload(settings(publish_transcripts=True), CHOICES)
BARE = ha_discovery.payload(settings(), HaOptions())


@pytest.mark.parametrize("payload", [WHOLE, BARE], ids=["whole", "bare"])
def test_the_payload_keeps_home_assistants_rules(payload: dict[str, Any]) -> None:
    components = payload["cmps"]
    entities = {k: c for k, c in components.items() if c["p"] != "device_automation"}
    unique = [c["unique_id"] for c in entities.values()]
    assert len(unique) == len(set(unique))
    ids = [c["default_entity_id"] for c in entities.values()]
    assert len(ids) == len(set(ids))
    assert payload["o"]["name"]
    assert payload["dev"]["ids"]
    assert all(c["p"] in set(ha_discovery.PLATFORMS.values()) for c in components.values())
    assert not any("retain" in c for c in components.values()), "a retained command would come again"
    for key, component in entities.items():
        assert len(component.get("options", ())) == len(set(component.get("options", ()))), key
        if "options" in component and component["p"] == "sensor":
            assert component["device_class"] == "enum"
        if component["p"] in ("sensor", "binary_sensor"):
            assert component.get("entity_category") != "config"
    assert components["say"]["max"] <= 255
    assert len(as_json(payload)) < 16_384


def test_every_command_has_an_entity_and_every_entity_only_topics_of_the_speaker() -> None:
    topics = Topics.of(settings())
    commanded = {c["command_topic"] for c in WHOLE["cmps"].values() if "command_topic" in c}
    no_entity = {"ask", "timer", "timer_cancel"}  # these take more than a field of Home Assistant's holds
    assert commanded == {topics.command(name) for name in {*COMMANDS} - no_entity}
    for component in WHOLE["cmps"].values():
        for key, topic in component.items():
            if key.endswith("topic"):
                assert topic.startswith("hearthd/kitchen/")


def test_commands_expire_before_home_assistant_could_repeat_them_late() -> None:
    for component in WHOLE["cmps"].values():
        assert ("message_expiry_interval" in component) == ("command_topic" in component)


def test_the_states_are_those_of_a_voice_satellite_and_four_more() -> None:
    assert WHOLE["cmps"]["state"]["options"] == [
        *("idle", "listening", "processing", "responding"),
        *("starting", "muted", "ringing", "error"),
    ]


def test_what_is_said_has_entities_only_if_wanted() -> None:
    assert {"heard", "reply"} <= set(WHOLE["cmps"])
    assert not {"heard", "reply"} & set(ha_discovery.payload(settings(), CHOICES)["cmps"])


def test_a_component_that_is_gone_is_first_reduced_to_its_platform() -> None:
    retiring = ha_discovery.retiring(BARE)
    assert retiring is not None
    gone = {key: c for key, c in retiring["cmps"].items() if key not in BARE["cmps"]}
    assert gone == {
        "wake_word": {"p": "select"},
        "persona": {"p": "select"},
        "voice": {"p": "select"},
        "heard": {"p": "sensor"},
        "reply": {"p": "sensor"},
    }
    assert ha_discovery.retiring(WHOLE) is None


@examples(deadline=None)
@given(node=st.from_regex(r"[a-z0-9_-]{1,32}", fullmatch=True))
def test_every_node_name_makes_valid_ids(node: str) -> None:
    configuration = settings(node)
    payload = ha_discovery.payload(configuration, CHOICES)
    assert re.fullmatch(r"[^/]+/device/[a-zA-Z0-9_-]+/config", Topics.of(configuration).discovery)
    for component in payload["cmps"].values():
        if "default_entity_id" in component:
            assert re.fullmatch(r"[a-z_]+\.(?!_)(?!.*__)[a-z0-9_]+(?<!_)", component["default_entity_id"])


def test_the_software_shown_is_the_one_that_runs_and_the_one_on_the_disk() -> None:
    shown = json.loads(ha_discovery.software())
    assert shown["installed_version"] == shown["latest_version"]
