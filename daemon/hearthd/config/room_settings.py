"""The settings of one room: those of the box, and over them what the room's table names."""

from __future__ import annotations

from typing import Any

from hearthd.common.toml_file import shown
from hearthd.config.live_settings import BY_NAME
from hearthd.config.settings import ALL, RoomSettings, Settings

WYOMING_PORT = 10700
"""By habit a wyoming-satellite's."""
ESPHOME_PORT = 6053
"""An ESPHome device's, always."""


def settings_of(settings: Settings, room: RoomSettings) -> Settings:
    """What ``room`` goes by. Its node is ``<node>-<name>``; it has no rooms of its own."""
    audio: dict[str, Any] = {"microphone": room.microphone, "speaker": room.speaker, "volume": room.volume}
    changed: dict[str, Any] = {
        "node": f"{settings.node}-{room.name}",
        "area": room.area,
        "group": room.group or settings.group,
        "rooms": [],
        "audio": settings.audio.model_copy(update=audio),
        "persona": room.persona or settings.persona,
    }
    if settings.mqtt.client_id:
        client_id = f"{settings.mqtt.client_id}_{room.name}"
        changed["mqtt"] = settings.mqtt.model_copy(update={"client_id": client_id})
    if room.language:
        changed["asr"] = settings.asr.model_copy(update={"languages": [room.language]})
    if room.voice:
        changed["voice"] = settings.voice.model_copy(update={"name": room.voice})
    made = settings.model_copy(update=changed)
    ours = room.wake_word and room.kind != "esphome"  # such a device has its own
    return BY_NAME["wake_word"].write(made, room.wake_word) if ours else made


def address_of(room: RoomSettings) -> tuple[str, int]:
    """Host and port of a satellite."""
    host, colon, port = room.address.rpartition(":")
    if not colon or port.endswith("]"):
        return room.address.strip("[]"), ESPHOME_PORT if room.kind == "esphome" else WYOMING_PORT
    return host.strip("[]"), int(port)


def named(settings: Settings, name: str) -> list[Settings]:
    """The settings of the rooms that ``name`` means: a room, a group, "all"; empty: the box.

    Raises ValueError, with the names that there are, if it means nothing.
    """
    if name in ("", settings.node):
        return [settings]
    rooms = [settings, *(settings_of(settings, room) for room in settings.rooms)]
    if name == ALL:
        return rooms
    own = [one for one, room in zip(rooms[1:], settings.rooms, strict=True) if room.name == name]
    if found := own or [one for one in rooms if one.group == name]:
        return found
    known = dict.fromkeys([*(room.name for room in settings.rooms), *(one.group for one in rooms), ALL])
    there = ", ".join(one for one in known if one)
    raise ValueError(f'no room or group is called "{shown(name)}" (there are: {there})')
