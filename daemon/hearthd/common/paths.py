"""Where hearthd keeps its things: state (what must survive), models (what can be fetched again)."""

from __future__ import annotations

import os
from pathlib import Path


def state_dir() -> Path:
    """``$STATE_DIRECTORY`` (systemd sets it) or ``~/.local/state/hearthd``; made if missing, private."""
    first = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    path = Path(first) if first else Path.home() / ".local" / "state" / "hearthd"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def models_dir() -> Path:
    """``$HEARTHD_MODELS`` or ``~/.cache/hearthd/models``; not made here."""
    named = os.environ.get("HEARTHD_MODELS", "")
    return Path(named) if named else Path.home() / ".cache" / "hearthd" / "models"
