"""What belongs to a voice beside its folder: its recordings, the pieces of its training, its weights.

All lie in our state directory (``recordings/NAME/``, ``training/NAME/``, ``weights/``). Weights that the
owner keeps elsewhere are named in the voice's file, but are the owner's.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hearthd.common.paths import state_dir
from hearthd.voices import profiles

_TRAINED = r"-[0-9a-f]{8}(?:-e\d+\.ckpt|_e\d+_s\d+\.pth)"
"""How a training calls its weights, after the voice's name (``training.voice.steps``)."""


@dataclass(frozen=True, slots=True)
class Belongings:
    """What there is of a voice's training."""

    weights: tuple[Path, ...]
    """Files of weights of this voice alone, earlier trainings' too."""
    training: Path | None
    """The folder with the pieces of its recordings and all that was made of them."""
    recordings: Path | None = None
    """The folder with what was recorded for it here."""

    def __bool__(self) -> bool:
        return bool(self.weights or self.folders)

    @property
    def folders(self) -> list[Path]:
        """Those that there are."""
        return [folder for folder in (self.training, self.recordings) if folder is not None]

    @property
    def size(self) -> int:
        """Bytes of all of it on the disk."""
        files = [*self.weights, *(path for folder in self.folders for path in _files(folder))]
        return sum(path.lstat().st_size for path in files)

    def delete(self) -> None:
        """Delete all of it. Raises VoiceError."""
        try:
            for path in self.weights:
                path.unlink(missing_ok=True)
            for folder in self.folders:
                shutil.rmtree(folder)
        except OSError as error:
            raise profiles.VoiceError(f"{error.filename}: {error.strerror or error}") from None


def of(name: str) -> Belongings:
    """What belongs to the voice ``name``, whether or not there is (still) such a voice."""
    folder = state_dir() / "weights"
    mine = re.compile(re.escape(profiles.check_name(name)) + _TRAINED)
    others = {path for other in profiles.names() if other != name for path in _named(other)}
    found = {path for path in folder.glob("*") if mine.fullmatch(path.name)} if folder.is_dir() else set()
    found |= {path for path in _named(name) if path.parent == folder and path.is_file()}
    training, recordings = state_dir() / "training" / name, recordings_of(name)
    return Belongings(
        tuple(sorted(found - others)),
        training if training.is_dir() else None,
        recordings if recordings.is_dir() else None,
    )


def recordings_of(name: str) -> Path:
    """Where a voice's recordings lie, if there are any. Raises VoiceError for what is no name."""
    return state_dir() / "recordings" / profiles.check_name(name)


def in_training() -> list[str]:
    """Names with the pieces for a training but no voice yet."""
    return _begun("training")


def in_recording() -> list[str]:
    """Names with recordings of which no voice was made yet, nor pieces for a training."""
    return [name for name in _begun("recordings") if name not in in_training()]


def _begun(kind: str) -> list[str]:
    folder = state_dir() / kind
    known = set(profiles.names())
    entries = folder.iterdir() if folder.is_dir() else iter(())
    return sorted(
        entry.name for entry in entries if profiles.NAME.fullmatch(entry.name) and entry.name not in known
    )


def _named(name: str) -> list[Path]:
    """The weights that a voice's file names; none where it cannot be read."""
    try:
        voice = profiles.load(name)
    except profiles.VoiceError:
        return []
    return [Path(path) for path in (voice.gpt_weights, voice.sovits_weights) if path]


def _files(folder: Path) -> Iterator[Path]:
    for where, _, names in os.walk(folder):
        yield from (Path(where) / name for name in names)
