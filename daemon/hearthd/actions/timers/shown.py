"""What is set, as it is shown over MQTT and on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hearthd.actions.timers.alert import Alert, Kind
from hearthd.actions.timers.schedule import named
from hearthd.common.local_time import zone_of


def shown(alert: Alert, *, left: float, ringing: bool, words: bool = True) -> dict[str, Any]:
    """``alert`` as JSON has it. ``left``: seconds until it rings; ``words``: people's own words may be shown.

    ``due`` is a local time with its offset; null while it is paused, when ``remaining`` alone tells.
    """
    due = None
    if alert.due is not None:
        zone = zone_of(alert.zone) if alert.zone else None
        due = datetime.fromtimestamp(alert.due, UTC).astimezone(zone).isoformat(timespec="seconds")
    return {
        "id": alert.id,
        "kind": alert.kind.value,
        "name": alert.name if words or not alert.spoken else "",
        "due": due,
        "remaining": round(left),
        "ringing": ringing,
        "repeats": named(alert.repeats),
        "seconds": round(alert.seconds) if alert.kind is Kind.TIMER else None,
    }
