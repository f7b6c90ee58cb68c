"""Whether the life before this one ended in order: a crash, a kill or a power cut leaves its mark behind."""

from __future__ import annotations

import logging
from pathlib import Path

log = logging.getLogger(__name__)


class Life:
    """The life that begins now, marked by a file at ``path``. ``after_crash``: the last one left it there."""

    def __init__(self, path: Path) -> None:
        """Never raises: on a disk that takes nothing the next life will not know, that is all."""
        self._path = path
        self.after_crash = path.exists()
        try:
            path.touch()
        except OSError as error:
            log.debug("%s cannot be made: %s", path, error)

    def end(self) -> None:
        """It ends in order."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            log.debug("%s cannot be removed: %s", self._path, error)
