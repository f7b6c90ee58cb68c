"""The training's own Python: torch and what goes with it, apart from what the speaker runs on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from hearthd.common.errors import EngineError
from hearthd.common.paths import state_dir

EXTRA = "train"
WHOLE = "complete"
"""Stands in an environment that was installed to its end."""
SIZES = {"cpu": "1.2 GB", "cuda": "5.5 GB"}
"""Of the environment, as measured: torch is three quarters of it."""


def python() -> Path | None:
    """The Python to train with; None if it is not installed. ``$HEARTHD_TRAIN_PYTHON`` names another."""
    named = os.environ.get("HEARTHD_TRAIN_PYTHON", "")
    if named:
        return Path(named)
    found = _folder() / "bin" / "python"
    return found if (_folder() / WHOLE).exists() and found.exists() else None


def size() -> str:
    """What an installation takes, to be said before."""
    if Path("/proc/driver/nvidia").exists():
        return SIZES["cuda"]
    return f"{SIZES['cpu']} with a build of torch for processors, else up to {SIZES['cuda']}"


def requirements() -> list[str]:
    """What is installed, as the package declares it."""
    declared = metadata.requires("hearthd") or []
    return [one.partition(";")[0].strip() for one in declared if re.search(rf"extra == .{EXTRA}.", one)]


def install(*, index: str = "") -> Path:
    """Make the environment; what pip says goes to the terminal. Raises EngineError. Returns its Python.

    ``index``: another package index beside the configured ones (one that has torch for processors).
    """
    folder = _folder()
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _run(
        [sys.executable, "-m", "venv", str(folder)],
        "an environment cannot be made (Debian: apt install python3-venv)",
    )
    more = ["--extra-index-url", index] if index else []
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    _run([*pip, *more, *requirements()], "pip could not install what a training needs: see above")
    (folder / WHOLE).touch()
    return folder / "bin" / "python"


def _folder() -> Path:
    return state_dir() / "training-environment"


def _run(command: list[str], failure: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    try:
        status = subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode
    except OSError as error:
        raise EngineError(f"{failure} ({error.strerror or error})") from None
    if status:
        raise EngineError(failure)
