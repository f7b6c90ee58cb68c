"""Runs in Home Assistant's environment: device payloads (JSON) in, its complaints (JSON) out."""

import asyncio
import importlib
import json
import sys
import tempfile
from typing import Any

import voluptuous
from homeassistant.components.mqtt import device_trigger, discovery
from homeassistant.components.mqtt.const import SUPPORTED_COMPONENTS
from homeassistant.core import HomeAssistant


def judge(hass: Any, payload: dict[str, Any]) -> list[str]:
    """What Home Assistant does with a device payload, up to the point where it makes the entities."""
    parsed = discovery._parse_device_payload(hass, json.dumps(payload), "device", None)
    if not parsed:
        return ["the whole device is rejected"]
    complaints = []
    for key, component in parsed["components"].items():
        platform = component.pop("platform")
        if platform not in SUPPORTED_COMPONENTS:
            complaints.append(f"{key}: no such platform: {platform}")
        if not component:
            continue  # to be removed
        config = discovery.MQTTDiscoveryPayload(component)
        config["device"] = parsed["device"]
        config["origin"] = parsed["origin"]
        discovery._merge_common_device_options(config, parsed)
        if platform == "device_automation":
            schema = device_trigger.TRIGGER_DISCOVERY_SCHEMA
        else:
            schema = importlib.import_module(f"homeassistant.components.mqtt.{platform}").DISCOVERY_SCHEMA
        try:
            schema(config)
        except voluptuous.Invalid as error:
            complaints.append(f"{key}: {error}")
    return complaints


async def main() -> None:
    """Judge what comes on stdin."""
    with tempfile.TemporaryDirectory() as folder:
        hass = HomeAssistant(folder)
        print(json.dumps([judge(hass, payload) for payload in json.load(sys.stdin)]))
        await hass.async_stop(force=True)


asyncio.run(main())
