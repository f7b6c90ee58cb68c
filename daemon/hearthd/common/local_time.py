"""The local time, by the zone that the machine has now.

The C library reads the zone once: a service whose machine was moved to another (``timedatectl
set-timezone``, or a router's time that came late) would tell the old zone's time until its next start.
"""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

log = logging.getLogger(__name__)

LOCALTIME = Path("/etc/localtime")
"""The machine's zone; what ``$TZ`` names, where it is set, cannot change under a running process."""

_Stamp = tuple[int, int, int]
_known: tuple[_Stamp, ZoneInfo | None] | None = None


def now() -> datetime:
    """The time of day here, with its zone. Costs a look at one file's dates: 6 µs in all."""
    zone = None if os.environ.get("TZ") else _zone()
    return datetime.now(zone) if zone is not None else datetime.now().astimezone()


def _zone() -> ZoneInfo | None:
    """The zone of ``LOCALTIME``; None where that cannot be read, and the C library decides (mostly UTC)."""
    global _known  # noqa: PLW0603 - one zone a machine, read again only when it was exchanged
    try:
        there = LOCALTIME.stat()
    except OSError:
        return None
    stamp = (there.st_dev, there.st_ino, there.st_mtime_ns)
    if _known is None or _known[0] != stamp:
        _known = (stamp, _read())
    return _known[1]


def _read() -> ZoneInfo | None:
    try:
        with LOCALTIME.open("rb") as file:
            return ZoneInfo.from_file(file)
    except Exception as error:  # zoneinfo raises whatever its parsing stumbles over
        log.warning("%s is no time zone: %s", LOCALTIME, error)
        return None
