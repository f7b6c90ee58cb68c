"""Every room on MQTT: one device, one client and one bridge each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hearthd.app.mqtt_bridge import MqttBridge
from hearthd.mqtt.ha_options import installed
from hearthd.rooms.room import Room


class MqttBridges:
    """Shows the rooms, the first of which is the box's; does nothing if no broker is configured."""

    def __init__(self, rooms: Sequence[Room]) -> None:
        """Nothing is connected yet."""
        self._rooms = rooms
        box = rooms[0].settings.node
        self.bridges = [
            MqttBridge(room, room.settings, installed(room.settings), via=box if room.name else "")
            for room in rooms
        ]
        for room, bridge in zip(rooms, self.bridges, strict=True):
            room.observers.append(bridge)

    def start(self) -> None:
        """Show everything and connect."""
        for bridge in self.bridges:
            bridge.start()

    async def stop(self) -> None:
        """Say that the rooms are offline, and disconnect."""
        await asyncio.gather(*(bridge.stop() for bridge in self.bridges))

    def offer(self) -> None:
        """Other wake words, personas or voices may be installed now."""
        for room, bridge in zip(self._rooms, self.bridges, strict=True):
            bridge.offer(installed(room.settings))

    async def reconnect(self) -> None:
        """The broker, or how to speak with it, is another."""
        for room, bridge in zip(self._rooms, self.bridges, strict=True):
            await bridge.reconnect(room.settings, installed(room.settings))
