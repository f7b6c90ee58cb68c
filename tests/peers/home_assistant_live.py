"""Runs in Home Assistant's environment: its core with the MQTT integration, and nothing else.

argv: a folder to work in, and the broker's port. Lines of JSON on stdin: ``{"call": [domain, service,
data]}`` calls a service, ``{"wait": [id, state]}`` waits until the entity of that unique id has that state
(null: until it is gone). Each is answered with one line of JSON. What Home Assistant complains of is on
stderr.
"""

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any

from homeassistant import bootstrap, config_entries, loader
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry
from homeassistant.setup import async_setup_component


async def begin(folder: str, port: int) -> HomeAssistant:
    """Home Assistant, connected to the broker."""
    hass = HomeAssistant(folder)
    hass.config.config_dir = folder
    loader.async_setup(hass)
    hass.config_entries = config_entries.ConfigEntries(hass, {})
    await bootstrap.async_load_base_functionality(hass)
    await hass.config_entries.async_initialize()
    entry = config_entries.ConfigEntry(
        data={"broker": "127.0.0.1", "port": port, "protocol": "5"},
        discovery_keys={},  # type: ignore[arg-type]
        domain="mqtt",
        minor_version=2,
        options={},
        source="user",
        subentries_data=(),
        title="broker",
        unique_id=None,
        version=1,
    )
    hass.config.skip_pip = True
    for unneeded in ("http", "file_upload", "repairs"):  # the web server, and what only it needs
        hass.config.components.add(unneeded)
    await async_setup_component(hass, "mqtt", {})
    await hass.config_entries.async_add(entry)
    await hass.async_start()
    return hass


async def answer(hass: HomeAssistant, line: dict[str, Any]) -> Any:
    """Do what a line asks for."""
    if "call" in line:
        domain, service, data = line["call"]
        await hass.services.async_call(domain, service, data, blocking=True)
        return True
    unique_id, wanted = line["wait"]
    while entity_state(hass, unique_id) != wanted:  # noqa: ASYNC110  (its state machine has no event for us)
        await asyncio.sleep(0.05)
    return True


def entity_state(hass: HomeAssistant, unique_id: str) -> str | None:
    """The state of the entity, None if there is no such one."""
    for entry in entity_registry.async_get(hass).entities.values():
        if entry.unique_id == unique_id and (state := hass.states.get(entry.entity_id)):
            return state.state
    return None


async def main() -> None:
    """Serve stdin."""
    logging.basicConfig(level=logging.WARNING)
    hass = await begin(sys.argv[1], int(sys.argv[2]))
    print(json.dumps("ready"), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            result = await asyncio.wait_for(answer(hass, json.loads(line)), 30)
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(result, default=str), flush=True)
    await hass.async_stop(force=True)


Path(sys.argv[1]).mkdir(exist_ok=True)
(Path(sys.argv[1]) / "configuration.yaml").touch()
asyncio.run(main())
