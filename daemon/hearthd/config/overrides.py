"""What people have set while the speaker ran, kept over a restart (``live_settings.REMEMBERED``).

A small JSON file beside the configuration's own values: the owner's file is never rewritten. It is
replaced in one step, so a power cut leaves the old one or the new one; a damaged one costs only the
values that cannot be read. Writing happens in a thread, and only the newest values are written.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hearthd.config.live_settings import REMEMBERED, Value

log = logging.getLogger(__name__)

MAX_BYTES = 65_536


class Overrides:
    """The file at ``path``. ``values`` is what was set, by name, the last one last; ``set`` never waits."""

    def __init__(self, path: Path | None) -> None:
        """Reads the file. A missing one is empty; of a damaged one what can be read counts. None: no file."""
        self._path = path
        self._lock = threading.Lock()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="overrides")
        self.values: Mapping[str, Value] = {} if path is None else _read(path)

    @property
    def muted(self) -> bool:
        """The microphone was not being read."""
        return bool(self.values.get("muted", False))

    def set(self, name: str, value: object) -> None:
        """``value`` holds for ``name``. Raises ValueError if it cannot be that. From any thread."""
        if name not in REMEMBERED:
            raise ValueError(f"nothing called {name} is remembered")
        try:
            checked = REMEMBERED[name].check(value)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
        self._change(name, checked)

    def forget(self, name: str) -> None:
        """The configuration's own value holds for ``name`` again. From any thread."""
        self._change(name, None)

    def _change(self, name: str, value: Value | None) -> None:
        with self._lock:
            if self.values.get(name) == value and (value is None or name == [*self.values][-1]):
                return
            others = {known: kept for known, kept in self.values.items() if known != name}
            self.values = others if value is None else {**others, name: value}
            if self._path is not None:
                self._writer.submit(self._write, self._path, self.values)

    def close(self) -> None:
        """Wait until everything is written."""
        self._writer.shutdown()

    def _write(self, path: Path, values: Mapping[str, Value]) -> None:
        if values is not self.values:
            return  # a newer one is behind this in the queue
        temporary = path.with_name(f".{path.name}.new")
        try:
            with temporary.open("w", encoding="utf-8") as file:
                json.dump(values, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            log.warning("%s cannot be written (%s): a restart will forget it", path, error.strerror)


def _read(path: Path) -> dict[str, Value]:
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(MAX_BYTES))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        log.warning("%s cannot be read (%s): the configuration's values hold", path, type(error).__name__)
        return {}
    return _salvage(values if isinstance(values, dict) else {}, path)


def _salvage(values: dict[str, object], path: Path) -> dict[str, Value]:
    """Every value that is good."""
    good: dict[str, Value] = {}
    damaged: list[str] = []
    for name, value in values.items():
        if value is None or name not in REMEMBERED:
            continue
        try:
            good[name] = REMEMBERED[name].check(value)
        except ValueError:
            damaged.append(name)
    if damaged:
        log.warning("%s: %s is damaged and ignored", path, ", ".join(damaged))
    return good
