"""What Home Assistant shows of the speaker: one table, one row an entity.

Topics are written without the speaker's root (``hearthd/<node>/``). What can be set and the parts'
health have their rows elsewhere (``config.live_settings``, ``common.parts``) and are joined in here. An
entity that only shows something is a row here, and somebody who publishes its value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hearthd.common.parts import PARTS, PUBLISHED, Part
from hearthd.config.live_settings import LIVE_SETTINGS, LiveSetting, Number, Options
from hearthd.dialogue.state import Shown

Component = dict[str, Any]

EVENTS = ("wake", "turn_end", "barge_in", "no_speech", "timer_finished", "action", "error")
"""What ``event`` tells of."""
HEALTH_SECONDS = 120
"""Health that has not been confirmed for so long is unknown."""
MAX_TEXT = 255
"""Home Assistant's text entities hold no more characters."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One row. ``component`` is what Home Assistant's discovery wants, but for ids and whole topics.

    A select without options offers what is installed, and is left out where there is nothing.
    """

    key: str
    component: Component
    transcript: bool = False
    """It shows what people or the speaker said: only where the owner wants that published."""


def _button(key: str, name: str, icon: str) -> Entity:
    return Entity(key, {"p": "button", "name": name, "icon": icon, "command_topic": f"{key}/set"})


def _transcript(key: str, name: str, icon: str) -> Entity:
    return Entity(key, {"p": "sensor", "name": name, "icon": icon, "state_topic": key}, transcript=True)


def _next(kind: str, name: str, icon: str) -> Entity:
    """When the next one of that kind is due; all of them are its attributes."""
    of_kind = f"value_json | selectattr('kind', 'eq', '{kind}')"
    due = "rejectattr('due', 'none') | map(attribute='due') | first | default('None')"
    component = {
        "p": "sensor",
        "name": name,
        "icon": icon,
        "device_class": "timestamp",
        "state_topic": "timers",
        "value_template": f"{{{{ {of_kind} | {due} }}}}",
        "json_attributes_topic": "timers",
        "json_attributes_template": f"{{{{ {{'{kind}s': {of_kind} | list}} | to_json }}}}",
    }
    return Entity(f"next_{kind}", component)


def _health(part: Part) -> Entity:
    component = {
        "p": "binary_sensor",
        "name": PARTS[part].title,
        "device_class": "connectivity",
        "entity_category": "diagnostic",
        "expire_after": HEALTH_SECONDS,
        "state_topic": f"health/{part}",
    }
    return Entity(PARTS[part].entity, component)


def _setting(row: LiveSetting) -> Entity:
    topics = {"state_topic": row.name, "command_topic": f"{row.name}/set"}
    match row.values:
        case Number(low, high, step):
            named = {"name": row.entity["name"], "icon": row.entity["icon"]}
            bounds = {"min": low, "max": high, "step": step}
            return Entity(row.name, {"p": "number", **named, **topics, **bounds, **row.entity})
        case Options(fixed):
            kind = {"entity_category": "config", "options": list(fixed)}
            return Entity(row.name, {"p": "select", **row.entity, **kind, **topics})
        case _:
            return Entity(row.name, {"p": "switch", **row.entity, **topics})


ENTITIES = (
    Entity(
        "state",
        {
            "p": "sensor",
            "name": None,
            "icon": "mdi:account-voice",
            "device_class": "enum",
            "options": list(Shown),
            "state_topic": "state",
            "json_attributes_topic": "turn",
        },
    ),
    Entity(
        "mute",
        {
            "p": "switch",
            "name": "Mute",
            "icon": "mdi:microphone-off",
            "state_topic": "muted",
            "command_topic": "mute/set",
        },
    ),
    *(_setting(row) for row in LIVE_SETTINGS),
    _button("stop", "Stop", "mdi:stop"),
    _button("snooze", "Snooze", "mdi:alarm-snooze"),
    _button("listen", "Listen", "mdi:ear-hearing"),
    _button("new_conversation", "New conversation", "mdi:chat-plus"),
    Entity(
        "restart",
        {
            "p": "button",
            "name": "Restart",
            "device_class": "restart",
            "entity_category": "config",
            "command_topic": "restart/set",
        },
    ),
    Entity(
        "say",
        {
            "p": "text",
            "name": "Say",
            "icon": "mdi:bullhorn",
            "min": 1,
            "max": MAX_TEXT,
            "command_topic": "say/set",
        },
    ),
    Entity("announce", {"p": "notify", "name": "Announce", "command_topic": "announce/set"}),
    Entity(
        "event",
        {
            "p": "event",
            "name": "Event",
            "icon": "mdi:bell-ring",
            "event_types": list(EVENTS),
            "state_topic": "event",
        },
    ),
    Entity(
        "latency",
        {
            "p": "sensor",
            "name": "Response latency",
            "device_class": "duration",
            "unit_of_measurement": "ms",
            "state_class": "measurement",
            "suggested_display_precision": 0,
            "entity_category": "diagnostic",
            "state_topic": "turn",
            "value_template": "{{ value_json.first_audible_ms }}",
        },
    ),
    _next("timer", "Next timer", "mdi:timer-outline"),
    _next("alarm", "Next alarm", "mdi:alarm"),
    _next("reminder", "Next reminder", "mdi:calendar-clock"),
    *(_health(part) for part in PUBLISHED),
    Entity(
        "echo",
        {
            "p": "sensor",
            "name": "Echo reduction",
            "icon": "mdi:ear-hearing-off",
            "unit_of_measurement": "dB",
            "state_class": "measurement",
            "suggested_display_precision": 0,
            "entity_category": "diagnostic",
            "state_topic": "echo",
            "value_template": "{{ value_json.reduction_db }}",
            "json_attributes_topic": "echo",
        },
    ),
    Entity(
        "tools",
        {
            "p": "sensor",
            "name": "Model with tools",
            "icon": "mdi:tools",
            "entity_category": "diagnostic",
            "state_topic": "tools",
        },
    ),
    Entity(
        "software",
        {
            "p": "update",
            "name": "Software",
            "entity_category": "diagnostic",
            "state_topic": "software",
            # A newer version on the disk is taken up by a restart.
            "command_topic": "restart/set",
            "payload_install": "PRESS",
        },
    ),
    Entity(
        "woken",
        {
            "p": "device_automation",
            "automation_type": "trigger",
            "type": "wake_word_detected",
            "subtype": "wake_word",
            "topic": "event",
            "value_template": "{{ value_json.event_type }}",
            "payload": "wake",
        },
    ),
    _transcript("heard", "Last heard", "mdi:format-quote-close"),
    _transcript("reply", "Last reply", "mdi:message-reply-text"),
)

_JSON = ("event", "turn", "software", "timers")
"""Topics that have a form of their own and are not published as plain values."""
VALUES = tuple(
    topic
    for topic in dict.fromkeys(entity.component.get("state_topic", "") for entity in ENTITIES)
    if topic and "/" not in topic and topic not in _JSON
)
"""What is shown, retained: each has a topic ``<root>/<value>``."""
TRANSCRIPTS = tuple(entity.component["state_topic"] for entity in ENTITIES if entity.transcript)
"""Values that hold what was said."""
