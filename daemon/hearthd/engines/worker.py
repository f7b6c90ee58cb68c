"""What every child process does that works for the daemon."""

from __future__ import annotations

import signal


def leave_signals_to_the_parent() -> None:
    """Only the life line and SIGKILL end this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
