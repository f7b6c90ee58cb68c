"""What this speaker is called in Home Assistant."""

from __future__ import annotations

import re


def state_entity(node: str) -> str:
    """The entity of the speaker ``node``, or of one of its rooms: its area is meant where nobody names one.

    The id is the one that ``mqtt.ha_discovery`` gives it; it must not have been renamed there.
    """
    return f"sensor.{re.sub(r'_+', '_', f'hearthd_{node}_state'.replace('-', '_'))}"
