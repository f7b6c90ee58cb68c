"""The device that Home Assistant makes of the speaker: one retained payload for all entities.

Home Assistant rejects the whole device for one component without platform or unique id, and keeps a
component that is merely left out of an update; ``retiring`` is the payload that takes those away first.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import hearthd
from hearthd.config.settings import Settings
from hearthd.mqtt.commands import BARGE_IN_MODES, THRESHOLD_BOUNDS
from hearthd.mqtt.ha_options import Choices
from hearthd.mqtt.payloads import as_json
from hearthd.mqtt.topics import OFFLINE, ONLINE, Topics

Component = dict[str, Any]

STATES = ("idle", "listening", "processing", "responding", "starting", "muted", "error")
"""The first four are those of Home Assistant's own voice satellites."""
EVENTS = ("wake", "turn_end", "barge_in", "no_speech", "error")
HEALTH_SECONDS = 120
"""Health that has not been confirmed for so long is unknown."""
ORDER_SECONDS = 10
"""Home Assistant's orders expire: none of them makes sense later."""
MAX_TEXT = 255
"""Home Assistant's text entities and states hold no more characters."""
URL = "https://www.home-assistant.io/integrations/mqtt/"


def payload(settings: Settings, choices: Choices) -> dict[str, Any]:
    """The device payload, as it is published (as JSON) on ``Topics.discovery``."""
    topics = Topics.of(settings)
    return {
        "dev": {
            "ids": [topics.device],
            "name": f"hearthd {settings.node}",
            "mf": "hearthd",
            "mdl": "Smart speaker",
            "sw": hearthd.__version__,
        },
        "o": {"name": "hearthd", "sw": hearthd.__version__, "url": URL},
        "availability": [{"topic": topics.availability}],
        "payload_available": ONLINE,
        "payload_not_available": OFFLINE,
        "qos": 1,
        "cmps": {
            key: _identified(topics, key, component)
            for key, component in _components(settings, topics, choices).items()
        },
    }


def retiring(current: dict[str, Any]) -> dict[str, Any] | None:
    """``current`` with every component that it lacks reduced to its platform; None: it lacks none."""
    gone = {key: {"p": platform} for key, platform in PLATFORMS.items() if key not in current["cmps"]}
    return {**current, "cmps": {**current["cmps"], **gone}} if gone else None


def software() -> str:
    """Which version runs, and which one is installed and would run after a restart (JSON)."""
    installed = hearthd.__version__
    source = Path(hearthd.__file__)
    if source.exists():
        found = re.search(r'^__version__ = "([^"]+)"', source.read_text("utf-8"), re.MULTILINE)
        installed = found.group(1) if found else installed
    return as_json(
        {"installed_version": hearthd.__version__, "latest_version": installed, "title": "hearthd"}
    )


def _identified(topics: Topics, key: str, component: Component) -> Component:
    """With a unique id and, for an entity, an id in Home Assistant that never depends on area or name."""
    if component["p"] == "device_automation":
        return component
    slug = re.sub(r"_+", "_", f"{topics.device}_{key}".replace("-", "_"))
    # Beside the component, not shared: a Home Assistant that does not know the option yet would reject
    # the whole device for it at the top, and merely ignores it here.
    expiry = {"message_expiry_interval": ORDER_SECONDS} if "command_topic" in component else {}
    return {
        **component,
        **expiry,
        "unique_id": f"{topics.device}_{key}",
        "default_entity_id": f"{component['p']}.{slug}",
    }


def _components(settings: Settings, topics: Topics, choices: Choices) -> dict[str, Component]:
    components: dict[str, Component] = {
        "state": {
            "p": "sensor",
            "name": None,
            "icon": "mdi:account-voice",
            "device_class": "enum",
            "options": list(STATES),
            "state_topic": topics.value("state"),
            "json_attributes_topic": topics.turn,
        },
        "mute": {
            "p": "switch",
            "name": "Mute",
            "icon": "mdi:microphone-off",
            "state_topic": topics.value("muted"),
            "command_topic": topics.command("mute"),
        },
        "volume": _number(topics, "volume", "Volume", "mdi:volume-high")
        | {"min": 0, "max": 100, "step": 1, "mode": "slider", "unit_of_measurement": "%"},
        "wake_threshold": _number(topics, "wake_threshold", "Wake word threshold", "mdi:tune")
        | {
            "min": THRESHOLD_BOUNDS[0],
            "max": THRESHOLD_BOUNDS[1],
            "step": 0.01,
            "mode": "box",
            "entity_category": "config",
        },
        "wake_word": _select(topics, "wake_word", "Wake word", "mdi:chat-alert", choices.wake_words),
        "persona": _select(topics, "persona", "Persona", "mdi:drama-masks", choices.personas),
        "voice": _select(topics, "voice", "Voice", "mdi:account-music", choices.voices),
        "barge_in": _select(topics, "barge_in", "Barge-in", "mdi:account-alert", BARGE_IN_MODES),
        "stop": _button(topics, "stop", "Stop", "mdi:stop"),
        "listen": _button(topics, "listen", "Listen", "mdi:ear-hearing"),
        "new_conversation": _button(topics, "new_conversation", "New conversation", "mdi:chat-plus"),
        "restart": {
            "p": "button",
            "name": "Restart",
            "device_class": "restart",
            "entity_category": "config",
            "command_topic": topics.command("restart"),
        },
        "say": {
            "p": "text",
            "name": "Say",
            "icon": "mdi:bullhorn",
            "min": 1,
            "max": MAX_TEXT,
            "command_topic": topics.command("say"),
        },
        "announce": {"p": "notify", "name": "Announce", "command_topic": topics.command("announce")},
        "event": {
            "p": "event",
            "name": "Event",
            "icon": "mdi:bell-ring",
            "event_types": list(EVENTS),
            "state_topic": topics.event,
        },
        "latency": {
            "p": "sensor",
            "name": "Response latency",
            "device_class": "duration",
            "unit_of_measurement": "ms",
            "state_class": "measurement",
            "suggested_display_precision": 0,
            "entity_category": "diagnostic",
            "state_topic": topics.turn,
            "value_template": "{{ value_json.first_audible_ms }}",
        },
        "microphone_health": _health(topics, "microphone", "Microphone"),
        "speaker_health": _health(topics, "speaker", "Speaker"),
        "recogniser_health": _health(topics, "asr", "Speech recognition"),
        "model_health": _health(topics, "chat", "Language model"),
        "voice_health": _health(topics, "voice", "Speech synthesis"),
        "echo_health": _health(topics, "echo", "Echo cancellation"),
        "echo": {
            "p": "sensor",
            "name": "Echo reduction",
            "icon": "mdi:ear-hearing-off",
            "unit_of_measurement": "dB",
            "state_class": "measurement",
            "suggested_display_precision": 0,
            "entity_category": "diagnostic",
            "state_topic": topics.value("echo"),
            "value_template": "{{ value_json.reduction_db }}",
            "json_attributes_topic": topics.value("echo"),
        },
        "software": {
            "p": "update",
            "name": "Software",
            "entity_category": "diagnostic",
            "state_topic": topics.software,
            # A newer version on the disk is taken up by a restart.
            "command_topic": topics.command("restart"),
            "payload_install": "PRESS",
        },
        "woken": {
            "p": "device_automation",
            "automation_type": "trigger",
            "type": "wake_word_detected",
            "subtype": "wake_word",
            "topic": topics.event,
            "value_template": "{{ value_json.event_type }}",
            "payload": "wake",
        },
    }
    for key, options in (
        ("wake_word", choices.wake_words),
        ("persona", choices.personas),
        ("voice", choices.voices),
    ):
        if not options:
            del components[key]
    if settings.mqtt.publish_transcripts:
        components["heard"] = _text_sensor(topics, "heard", "Last heard", "mdi:format-quote-close")
        components["reply"] = _text_sensor(topics, "reply", "Last reply", "mdi:message-reply-text")
    return components


def _number(topics: Topics, key: str, name: str, icon: str) -> Component:
    return {
        "p": "number",
        "name": name,
        "icon": icon,
        "state_topic": topics.value(key),
        "command_topic": topics.command(key),
    }


def _select(topics: Topics, key: str, name: str, icon: str, options: tuple[str, ...]) -> Component:
    return {
        "p": "select",
        "name": name,
        "icon": icon,
        "entity_category": "config",
        "options": list(options),
        "state_topic": topics.value(key),
        "command_topic": topics.command(key),
    }


def _button(topics: Topics, key: str, name: str, icon: str) -> Component:
    return {"p": "button", "name": name, "icon": icon, "command_topic": topics.command(key)}


def _health(topics: Topics, part: str, name: str) -> Component:
    return {
        "p": "binary_sensor",
        "name": name,
        "device_class": "connectivity",
        "entity_category": "diagnostic",
        "expire_after": HEALTH_SECONDS,
        "state_topic": topics.health(part),
    }


def _text_sensor(topics: Topics, key: str, name: str, icon: str) -> Component:
    return {"p": "sensor", "name": name, "icon": icon, "state_topic": topics.value(key)}


def _platforms() -> dict[str, str]:
    everything = Settings.model_validate({"mqtt": {"host": "localhost", "publish_transcripts": True}})
    components = _components(everything, Topics.of(everything), Choices(("",), ("",), ("",)))
    return {key: component["p"] for key, component in components.items()}


PLATFORMS = _platforms()
"""Every component that a speaker can have, and its platform."""
