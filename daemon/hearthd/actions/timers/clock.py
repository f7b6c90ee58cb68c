"""The machine's clocks as timers need them: the one on the wall, the one that nobody sets, and the zone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from pathlib import Path
from typing import Protocol

from hearthd.common import wall_clock
from hearthd.common.local_time import LOCALTIME

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
TIMEZONE = Path("/etc/timezone")


class Clock(Protocol):
    """What a timer asks of the machine."""

    boot_id: str
    """Another one after each start of the machine; "" if it cannot be told."""

    def wall(self) -> float:
        """Seconds since the epoch, as far as the clock is right."""
        ...

    def boot(self) -> float:
        """Seconds since the machine started, suspended ones too."""
        ...

    def zone(self) -> str:
        """The name of the zone in which people live here ("": that of ``/etc/localtime``)."""
        ...

    async def synchronized(self) -> bool:
        """Whether somebody has set the clock since the machine started."""
        ...


class SystemClock:
    """The real one."""

    def __init__(self) -> None:
        self.boot_id = _read(BOOT_ID)

    def wall(self) -> float:
        """See ``Clock``."""
        return time.time()

    def boot(self) -> float:
        """See ``Clock``."""
        return wall_clock.passed()

    def zone(self) -> str:
        """See ``Clock``. Read anew each time: the owner may correct it while the speaker runs."""
        if os.environ.get("TZ", "").strip(":"):
            return os.environ["TZ"].strip(":")
        with contextlib.suppress(OSError):
            _, found, name = os.readlink(LOCALTIME).partition("zoneinfo/")
            if found:
                return name.removeprefix("posix/")
        return _read(TIMEZONE) if LOCALTIME.exists() else "UTC"

    async def synchronized(self) -> bool:
        """See ``Clock``."""
        return await asyncio.to_thread(wall_clock.checked_time) is not None


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(100).decode("ascii", "replace").strip()
    except OSError:
        return ""
