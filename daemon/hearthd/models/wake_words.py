"""Which wake words there are in the models' folder: by their files' names, without loading anything."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from hearthd.common.paths import models_dir
from hearthd.models.manifest import manifest

MODEL = "openwakeword"
"""The model of the manifest that holds them."""
NO_NAMES = ("timer", "weather")
"""Models that come with openWakeWord but recognise requests, not a name to call the speaker by."""
_SHARED = ("melspectrogram", "embedding_model", "silero_vad")
"""Networks in the same folder that are no words."""
_VERSIONED = re.compile(r"(.+)_v\d[\w.]*")


def folder() -> Path:
    """Where they lie."""
    return models_dir() / MODEL


def find(name: str, where: Path) -> Path | None:
    """The file of the wake word ``name`` in the folder ``where``, its newest version; None without one."""
    files = [path for path in where.glob("*.onnx") if _name_of(path.stem) == name]
    return max(files, key=lambda path: (path.stem == name, path.name), default=None)


def known(where: Path) -> list[str]:
    """The names to call the speaker by that are in the folder ``where``, sorted."""
    return _names(where.glob("*.onnx"))


def shipped() -> list[str]:
    """Those that ``hearthd models pull`` brings, sorted."""
    return _names(Path(file.path) for file in manifest()[MODEL].files)


def _names(paths: Iterable[Path]) -> list[str]:
    names = {_name_of(path.stem) for path in paths}
    return sorted(name for name in names if name and name not in NO_NAMES)


def _name_of(stem: str) -> str | None:
    if stem in _SHARED:
        return None
    versioned = _VERSIONED.fullmatch(stem)
    return versioned[1] if versioned else stem
