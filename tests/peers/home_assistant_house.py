"""Runs in Home Assistant's environment: its core with its web server, its conversation and a small house.

argv: a folder to work in, a port, a language. Prints the token of a user who is no administrator as one line
of JSON, then answers each line on stdin (an entity's id) with its state.
"""

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from homeassistant import auth, bootstrap, config_entries, loader
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.components.light import ColorMode, LightEntity
from homeassistant.components.lock import LockEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry, entity_registry
from homeassistant.setup import async_setup_component

LAMPS = {
    "en": {"Ceiling lamp": "Kitchen", "Night lamp": "Bedroom"},
    "zh-Hans": {"吊灯": "厨房", "夜灯": "卧室"},
}
DOOR = {"en": "Front door", "zh-Hans": "大门"}


class Lamp(LightEntity):
    """A lamp that is on or off."""

    _attr_color_mode = ColorMode.ONOFF
    _attr_supported_color_modes = {ColorMode.ONOFF}  # noqa: RUF012
    _attr_is_on = False
    _attr_should_poll = False

    def __init__(self, name: str, number: int) -> None:
        self._attr_name, self._attr_unique_id = name, f"lamp{number}"
        self.entity_id = f"light.lamp{number}"

    async def async_turn_on(self, **_: Any) -> None:
        self._attr_is_on = True
        self.async_write_ha_state()

    async def async_turn_off(self, **_: Any) -> None:
        self._attr_is_on = False
        self.async_write_ha_state()


class Door(LockEntity):
    """A lock that is locked."""

    _attr_is_locked = True
    _attr_should_poll = False
    _attr_unique_id = "door"
    entity_id = "lock.door"

    def __init__(self, name: str) -> None:
        self._attr_name = name

    async def async_lock(self, **_: Any) -> None:
        self._attr_is_locked = True
        self.async_write_ha_state()

    async def async_unlock(self, **_: Any) -> None:
        self._attr_is_locked = False
        self.async_write_ha_state()


async def begin(folder: str, port: int, language: str) -> HomeAssistant:
    """Home Assistant, with a house that is called in ``language``."""
    hass = HomeAssistant(folder)
    hass.config.config_dir, hass.config.language, hass.config.skip_pip = folder, language, True
    loader.async_setup(hass)
    hass.config_entries = config_entries.ConfigEntries(hass, {})
    await bootstrap.async_load_base_functionality(hass)
    await hass.config_entries.async_initialize()
    hass.auth = await auth.auth_manager_from_config(hass, [{"type": "homeassistant"}], [])
    web = {"http": {"server_port": port, "server_host": ["127.0.0.1"]}}
    for name in ("http", "homeassistant", "api", "light", "lock", "conversation"):
        assert await async_setup_component(hass, name, web), name
    await hass.async_start()
    lamps = [Lamp(name, number) for number, name in enumerate(LAMPS[language])]
    await hass.data["light"].async_add_entities(lamps)
    await hass.data["lock"].async_add_entities([Door(DOOR[language])])
    rooms, entities = area_registry.async_get(hass), entity_registry.async_get(hass)
    for lamp, room in zip(lamps, LAMPS[language].values(), strict=True):
        entities.async_update_entity(lamp.entity_id, area_id=rooms.async_get_or_create(room).id)
        async_expose_entity(hass, "conversation", lamp.entity_id, True)
    async_expose_entity(hass, "conversation", "lock.door", True)
    return hass


async def token(hass: HomeAssistant) -> str:
    """A long-lived access token of a user who is no administrator."""
    user = await hass.auth.async_create_user("speaker", group_ids=["system-users"])
    refresh = await hass.auth.async_create_refresh_token(
        user,
        client_name="hearthd",
        token_type="long_lived_access_token",
        access_token_expiration=timedelta(days=1),
    )
    return hass.auth.async_create_access_token(refresh)


async def main() -> None:
    """Serve until stdin ends."""
    hass = await begin(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    print(json.dumps(await token(hass)), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        state = hass.states.get(line.strip())
        print(json.dumps(state.state if state else None), flush=True)
    await hass.async_stop(force=True)


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(exist_ok=True)
    (Path(sys.argv[1]) / "configuration.yaml").touch()
    asyncio.run(main())
