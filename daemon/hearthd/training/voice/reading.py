"""A reading of a script on the disk: good takes stay, whatever ends the program, and it goes on after them.

``recordings/NAME/`` of the state directory, which only its owner may enter: ``take-0001.wav`` and
``take-0001.txt`` (the words) for each sentence that was read well, ``reading.json`` with what was asked
for. A take appears whole, its words first: a kill at any instant costs the one that was not finished.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hearthd.common.audio import Pcm
from hearthd.common.whole_file import replacing
from hearthd.training.voice import sentences
from hearthd.voices import reference_clip, trained_files
from hearthd.voices.profiles import VoiceError

MOST_MINUTES = 30.0
MAX_BYTES = 10_000
"""Of ``reading.json``."""
_TAKE = re.compile(r"take-(\d{4})\.wav")
_HEADER = 44
"""Bytes of a WAV file before its samples."""


class Asked(BaseModel):
    """``reading.json``: what is being recorded."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    language: Literal["en", "zh"]
    minutes: Annotated[float, Field(ge=0, le=MOST_MINUTES)] = 0.0
    """Of speech; 0: one sentence to clone from."""


@dataclass(slots=True)
class ScriptReading:
    """What of a voice has been read so far. Opening it reads what earlier runs kept."""

    name: str
    asked: Asked
    folder: Path
    number: int = field(init=False)
    """Counts the sentences: the one that is to be read, from 1."""

    def __post_init__(self) -> None:
        self.number = max(self._numbers(), default=0) + 1

    @property
    def text(self) -> str:
        """The sentence to read."""
        if not self.asked.minutes:
            return sentences.CLONE[self.asked.language]
        script = sentences.SCRIPT[self.asked.language]
        return script[(self.number - 1) % len(script)]

    @property
    def takes(self) -> list[Path]:
        """The good takes, in order."""
        return [self._path(number) for number in sorted(self._numbers())]

    @property
    def words(self) -> str:
        """What the last good take says, by the text beside it: the script may have changed since.

        Raises VoiceError.
        """
        path = self.takes[-1].with_suffix(".txt")
        try:
            return path.read_text("utf-8")[:MAX_BYTES]
        except (OSError, UnicodeDecodeError) as error:
            raise VoiceError(f"{path}: {error}. Delete the take beside it, and record it anew") from None

    @property
    def seconds(self) -> float:
        """How much has been read well."""
        sizes = [path.stat().st_size - _HEADER for path in self.takes]
        return sum(max(0, size) for size in sizes) / 2 / reference_clip.RATE

    @property
    def done(self) -> bool:
        """Whether all that was asked for is there."""
        return self.seconds >= 60 * self.asked.minutes if self.asked.minutes else bool(self.takes)

    def keep(self, pcm: Pcm) -> Path:
        """Keep ``pcm`` as the good take of the sentence, and go on to the next. Raises VoiceError."""
        path = self._path(self.number)
        _write(path.with_suffix(".txt"), self.text.encode())
        _write(path, reference_clip.wav_bytes(pcm))
        self.number += 1
        return path

    def skip(self) -> None:
        """Go on without the sentence."""
        self.number += 1

    def discard(self) -> None:
        """Delete the last take: it is to be read anew. Raises VoiceError."""
        self.number = max(self._numbers(), default=1)
        for path in (self._path(self.number), self._path(self.number).with_suffix(".txt")):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise VoiceError(f"{path}: {error.strerror or error}") from None

    def forget(self) -> None:
        """Delete all of it: the voice that was made of it has its own clip."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self.folder / f"take-{number:04d}.wav"

    def _numbers(self) -> list[int]:
        found = (_TAKE.fullmatch(path.name) for path in self.folder.iterdir())
        return [int(match[1]) for match in found if match]


def begin(name: str, asked: Asked) -> ScriptReading:
    """Begin a reading, or go on with the one there is. Raises VoiceError if that is another one.

    More minutes than were asked for before are no other reading: what was read counts.
    """
    folder = trained_files.recordings_of(name)
    before = asked_before(name)
    other = before is not None and (before.language, before.minutes > 0) != (
        asked.language,
        asked.minutes > 0,
    )
    if before is not None and other and any(folder.glob("take-*.wav")):
        kind = f"{before.minutes:g} minutes" if before.minutes else "one sentence"
        raise VoiceError(
            f"{name} is being recorded already: {kind} in {before.language}. Go on without --language and"
            f" --minutes, or delete it: hearthd voices remove {name}"
        )
    try:
        for one in (folder.parent, folder):
            one.mkdir(exist_ok=True, mode=0o700)
            one.chmod(0o700)
        for path in folder.glob(".*.new"):  # what a kill left half written
            path.unlink(missing_ok=True)
        _write(folder / "reading.json", json.dumps(asked.model_dump()).encode())
        return ScriptReading(name, asked, folder)
    except OSError as error:
        raise VoiceError(f"{error.filename or folder}: {error.strerror or error}") from None


def asked_before(name: str) -> Asked | None:
    """What an earlier run recorded, if it was begun. Raises VoiceError."""
    path = trained_files.recordings_of(name) / "reading.json"
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise VoiceError(f"{path}: {error.strerror or error}") from None
    try:
        if len(raw) > MAX_BYTES:
            raise ValueError
        return Asked.model_validate_json(raw)
    except (ValidationError, ValueError):
        raise VoiceError(
            f"{path} is damaged. Delete this file to begin anew: good takes beside it stay"
        ) from None


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, and for nobody else to read. Raises VoiceError."""
    try:
        with replacing(path, durable=True) as new:
            new.chmod(0o600)
            new.write_bytes(data)
    except OSError as error:
        raise VoiceError(
            f"{path}: {error.strerror or error}. What was read well before is kept: the same command goes on"
        ) from None
