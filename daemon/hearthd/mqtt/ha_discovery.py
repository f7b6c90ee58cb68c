"""The device that Home Assistant makes of the speaker: one retained payload for all entities.

Home Assistant rejects the whole device for one component without platform or unique id, and keeps a
component that is merely left out of an update; ``retiring`` is the payload that takes those away first.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import hearthd
from hearthd.config.settings import Settings
from hearthd.mqtt.entities import ENTITIES, Component
from hearthd.mqtt.ha_options import HaOptions
from hearthd.mqtt.payloads import as_json
from hearthd.mqtt.topics import OFFLINE, ONLINE, Topics

COMMAND_SECONDS = 10
"""Home Assistant's commands expire: none of them makes sense later."""
URL = "https://www.home-assistant.io/integrations/mqtt/"
PLATFORMS = {entity.key: str(entity.component["p"]) for entity in ENTITIES}
"""Every component that a speaker can have, and its platform."""


def payload(settings: Settings, options: HaOptions, via: str = "") -> dict[str, Any]:
    """The device payload, as it is published (as JSON) on ``Topics.discovery``.

    ``via``: the node of the speaker that this is a room of, if it is one.
    """
    topics = Topics.of(settings)
    area = {"sa": settings.area} if settings.area else {}
    belongs = {"via_device": replace(topics, node=via).device} if via else {}
    return {
        "dev": {
            "ids": [topics.device],
            "name": f"hearthd {settings.node}",
            "mf": "hearthd",
            "mdl": "Smart speaker",
            "sw": hearthd.__version__,
            **area,
            **belongs,
        },
        "o": {"name": "hearthd", "sw": hearthd.__version__, "url": URL},
        "availability": [{"topic": topics.availability}],
        "payload_available": ONLINE,
        "payload_not_available": OFFLINE,
        "qos": 1,
        "cmps": {
            key: _identified(topics, key, component)
            for key, component in _components(settings, topics, options).items()
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
    expiry = {"message_expiry_interval": COMMAND_SECONDS} if "command_topic" in component else {}
    return {
        **component,
        **expiry,
        "unique_id": f"{topics.device}_{key}",
        "default_entity_id": f"{component['p']}.{slug}",
    }


def _components(settings: Settings, topics: Topics, options: HaOptions) -> dict[str, Component]:
    components: dict[str, Component] = {}
    for entity in ENTITIES:
        component = dict(entity.component)
        if entity.transcript and not settings.mqtt.publish_transcripts:
            continue
        if component["p"] == "select":
            component["options"] = component["options"] or list(options.of(entity.key))
            if not component["options"]:
                continue
        whole = {key: f"{topics.root}/{value}" for key, value in component.items() if key.endswith("topic")}
        components[entity.key] = component | whole
    return components
