"""Whether the clock on the wall can be believed, and a clock that always can: the time that has passed.

A machine without a battery clock boots in 1970 or at its last shutdown, one with an empty battery in any
year. So nothing that cannot be undone goes by ``time.time()`` alone.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

TIMESYNCD = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd makes it when a server has set the clock for the first time since the boot."""
ASK_SECONDS = 10.0
"""``timedatectl`` starts a service of systemd's before it answers."""


def passed() -> float:
    """Seconds since the boot, those of a suspend too; nobody can set this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def checked_time() -> float | None:
    """Seconds since the epoch if a time server vouches for them, else None. May take ``ASK_SECONDS``.

    The kernel knows (``adjtimex``), but may not be asked from within our unit (``ProtectClock=``), so
    systemd is: by timesyncd's mark, and for other clients (chrony, ntpd) by ``timedatectl``.
    """
    return time.time() if TIMESYNCD.exists() or _timedatectl_says_so() else None


def _timedatectl_says_so() -> bool:
    command = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=ASK_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.stdout.strip() == b"yes"
