"""What was set from the house and survives a restart: mute, volume, wake word, persona, voice, barge-in.

A small JSON file beside the configuration's own values: the owner's file is never rewritten. It is
replaced in one step, so a power cut leaves the old one or the new one; a damaged one costs only the
values that cannot be read. Writing happens in a thread, and only the newest values are written.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hearthd.dialogue.state import BargeInMode

log = logging.getLogger(__name__)

MAX_BYTES = 65_536
Name = Annotated[str, Field(min_length=1, max_length=255)]


class Kept(BaseModel):
    """The values; None: the configuration's own holds."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    muted: bool = False
    volume: Annotated[int, Field(ge=0, le=100)] | None = None
    wake_word: Name | None = None
    wake_threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    persona: Name | None = None
    voice: Name | None = None
    barge_in: BargeInMode | None = None


class Remembered:
    """The file at ``path``. ``kept`` is what is in force; ``set`` changes it and never waits."""

    def __init__(self, path: Path) -> None:
        """Reads the file. A missing one is empty; of a damaged one what can be read is kept."""
        self._path = path
        self._lock = threading.Lock()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="remembered")
        self.kept = _read(path)

    def set(self, name: str, value: object) -> None:
        """Keep ``value`` for the field ``name``. Raises ValueError if it cannot be that. From any thread."""
        if name not in Kept.model_fields:
            raise ValueError(f"nothing called {name} is remembered")
        with self._lock:
            kept = Kept.model_validate({**self.kept.model_dump(), name: value})
            if kept == self.kept:
                return
            self.kept = kept
            self._writer.submit(self._write, kept)

    def close(self) -> None:
        """Wait until everything is written."""
        self._writer.shutdown()

    def _write(self, kept: Kept) -> None:
        if kept is not self.kept:
            return  # a newer one is behind this in the queue
        temporary = self._path.with_name(f".{self._path.name}.new")
        try:
            with temporary.open("w", encoding="utf-8") as file:
                json.dump(kept.model_dump(exclude_none=True), file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
        except OSError as error:
            log.warning("%s cannot be written (%s): a restart will forget it", self._path, error.strerror)


def _read(path: Path) -> Kept:
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(MAX_BYTES))
    except FileNotFoundError:
        return Kept()
    except (OSError, ValueError, RecursionError) as error:
        log.warning("%s cannot be read (%s): the configuration's values hold", path, type(error).__name__)
        return Kept()
    return _salvage(values if isinstance(values, dict) else {}, path)


def _salvage(values: dict[str, Any], path: Path) -> Kept:
    """Every field that is good."""
    try:
        return Kept.model_validate(values)
    except ValidationError as error:
        bad = {str(item["loc"][0]) for item in error.errors()}
        log.warning("%s: %s is damaged and ignored", path, ", ".join(sorted(bad)))
        return Kept.model_validate({key: value for key, value in values.items() if key not in bad})
