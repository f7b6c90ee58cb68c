"""What the clock on the wall shows, now and at any instant (seconds since the epoch), and back.

The C library reads the zone once: a service whose machine was moved to another (``timedatectl
set-timezone``, or a router's time that came late) would tell the old zone's time until its next start.

Two local times a year are no instants, or two: one that the clocks jump over is taken by the offset before
the jump, as RFC 5545 has it (02:30 is 03:30), and of one that comes twice the first counts.
"""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

log = logging.getLogger(__name__)

LOCALTIME = Path("/etc/localtime")
"""The machine's zone; what ``$TZ`` names, where it is set, cannot change under a running process."""

_Stamp = tuple[int, int, int]
_known: tuple[_Stamp, ZoneInfo | None] | None = None


def now() -> datetime:
    """The time of day here, with its zone. Costs a look at one file's dates: 6 µs in all."""
    zone = None if os.environ.get("TZ") else _zone()
    return datetime.now(zone) if zone is not None else datetime.now().astimezone()


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; "" is the one that ``/etc/localtime`` holds without telling its name.

    One that this machine does not know is taken for UTC.
    """
    try:
        if name:
            return ZoneInfo(name)
        with LOCALTIME.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        log.warning("the time zone %r is not known here (is tzdata installed?): UTC is used", name)
        return ZoneInfo("UTC")


def local_at(instant: float, zone: str) -> datetime:
    """What the clock in ``zone`` shows at ``instant``, without the zone."""
    return datetime.fromtimestamp(instant, zone_of(zone)).replace(tzinfo=None)


def instant_of(local: datetime, zone: str) -> float:
    """When the clock in ``zone`` shows ``local``; where that is twice, ``fold`` tells which is meant."""
    return local.replace(tzinfo=zone_of(zone)).astimezone(UTC).timestamp()


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
