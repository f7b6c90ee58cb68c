"""What this speaker is called in Home Assistant."""

from __future__ import annotations

import re


def state_entity(node: str, room: str = "") -> str:
    """The entity of the speaker ``node`` in a room: its area is meant where nobody names a room.

    The id is the one that ``mqtt.ha_discovery`` gives it; it must not have been renamed there.
    """
    name = f"{node}-{room}" if room else node
    return f"sensor.{re.sub(r'_+', '_', f'hearthd_{name}_state'.replace('-', '_'))}"
