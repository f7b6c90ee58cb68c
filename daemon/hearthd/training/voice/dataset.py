"""The data that a voice is trained with: an owner's recordings become pieces and their words.

Everything lies in ``training/NAME/`` of the state directory: ``slices/*.wav`` (32 kHz), what became of
each recording (``recordings.json``), and ``NAME.list``, a line ``path|speaker|language|words`` a piece,
as GPT-SoVITS reads it. A recording of one piece has its words from the text file of its name beside it, if
there is one (``voices record`` writes them); all others are listened to. Each file is written as soon as
there is something to write, so that an interrupted run goes on where it was. A line of the list that the
owner has corrected stays as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from hearthd.audio import wav
from hearthd.audio.resample import resample
from hearthd.common.audio import Pcm
from hearthd.common.paths import state_dir
from hearthd.engines.protocols import Transcript
from hearthd.engines.vad.vad import Silero
from hearthd.text.duration import text_language
from hearthd.training.voice import slicer
from hearthd.voices import reference_clip
from hearthd.voices.profiles import VoiceError, check_name

MAX_RECORDINGS = 5_000
MAX_FILE_BYTES = 32 * 1024 * 1024
"""Of our own files: some 100,000 pieces."""
MAX_WORDS_BYTES = 2_000
"""Of the words of one recording of 10 s."""
VAD_RATE = 16_000
VAD_BLOCK = VAD_RATE * 10
LANGUAGES = {"en", "zh"}
"""What our recogniser tells apart, under the names that the list uses too."""

Transcribe = Callable[[Pcm], Awaitable[Transcript]]
"""16 kHz audio to its words."""
Progress = Callable[[int, int], None]
"""Told how many are done, and of how many."""


class Recording(BaseModel):
    """What became of one recording."""

    model_config = ConfigDict(extra="forbid", strict=True)

    sha256: str
    slices: list[str] = []
    """Names of its pieces."""
    notes: list[str] = []
    """What was left out, and why."""
    text: str = ""
    """The words of its one piece, where a text file of its name beside it holds them."""


class _Book(BaseModel):
    """``recordings.json``."""

    model_config = ConfigDict(extra="forbid", strict=True)

    recordings: dict[str, Recording] = {}
    wordless: list[str] = []
    """Pieces in which no words were recognised."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list."""

    wav: Path
    language: str
    text: str


@dataclass(slots=True)
class DataSet:
    """The folder of one voice's training. Opening it reads what earlier runs left there."""

    name: str
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder = state_dir() / "training" / check_name(self.name)
        (self.folder / "slices").mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)

    @property
    def list_path(self) -> Path:
        """The list that the training scripts read."""
        return self.folder / f"{self.name}.list"

    # --- recordings to pieces ---------------------------------------------------------------------

    def slice(self, recordings: Path, progress: Progress) -> list[Recording]:
        """Cut every WAV file of the folder ``recordings``; those cut before are not cut again.

        The pieces of recordings that are no longer there (or have changed) are deleted. Raises VoiceError.
        """
        files = _recordings(recordings)
        book = self._book()
        gone = set(book.recordings) - {file.name for file in files}
        for name in gone:
            self._forget(book, name)
        for number, file in enumerate(files):
            progress(number, len(files))
            known = book.recordings.get(file.name)
            sha256 = _sha256(file)
            if known is not None and known.sha256 == sha256 and self._all_there(known):
                continue
            self._forget(book, file.name)
            book.recordings[file.name] = self._cut(file, sha256)
            self._write_book(book)
        self._write_book(book)
        progress(len(files), len(files))
        return [book.recordings[file.name] for file in files]

    def _cut(self, file: Path, sha256: str) -> Recording:
        """The pieces of one recording, judged as a reference clip is."""
        try:
            pcm = wav.load(file, slicer.RATE)
        except wav.AudioFileError as error:
            return Recording(sha256=sha256, notes=[str(error)])
        probabilities = _speech(resample(pcm, slicer.RATE, VAD_RATE))
        pieces = slicer.plan(slicer.spans(probabilities), probabilities)
        made = Recording(sha256=sha256)
        if not pieces:
            made.notes.append(f"{file.name}: less than {slicer.SHORTEST:g} s of speech in it")
        stem = f"{file.stem[:60]}-{sha256[:6]}".replace("|", "_").strip(" '\"")  # the list's own separator
        for piece in pieces:
            judgement = reference_clip.judge(slicer.cut(pcm, piece))
            where = f"{file.name} at {piece[0].start:.1f} s"
            if judgement.errors:
                made.notes.append(f"{where}: {'; '.join(judgement.errors)}")
                continue
            name = f"{stem}-{round(piece[0].start * 1000):08d}.wav"
            _write(self.folder / "slices" / name, reference_clip.wav_bytes(judgement.pcm))
            made.slices.append(name)
        if len(pieces) == len(made.slices) == 1:
            made.text = _words_beside(file)
        return made

    def _all_there(self, recording: Recording) -> bool:
        return all((self.folder / "slices" / name).is_file() for name in recording.slices)

    def _forget(self, book: _Book, name: str) -> None:
        recording = book.recordings.pop(name, None)
        for piece in recording.slices if recording else []:
            (self.folder / "slices" / Path(piece).name).unlink(missing_ok=True)
            if piece in book.wordless:
                book.wordless.remove(piece)

    # --- pieces to words --------------------------------------------------------------------------

    async def transcribe(self, transcribe: Transcribe, progress: Progress) -> list[Line]:
        """Write the list: a line for every piece with words in it. Raises VoiceError, EngineError.

        Pieces that are in the list keep their line.
        """
        book = self._book()
        pieces = [name for recording in book.recordings.values() for name in recording.slices]
        known = {line.wav.name: line for line in self.lines()}
        read = {one.slices[0]: one.text for one in book.recordings.values() if one.text and one.slices}
        lines: list[Line] = []
        for number, name in enumerate(pieces):
            progress(number, len(pieces))
            line = known.get(name)
            path = self.folder / "slices" / name
            if line is None and name in read:
                line = Line(path, text_language(read[name], "en"), read[name])
            if line is None and name not in book.wordless:
                found = await transcribe(wav.load(path, VAD_RATE))
                text = " ".join(found.text.replace("|", " ").split())
                if text and found.language in LANGUAGES:
                    line = Line(path, found.language, text)
                else:
                    book.wordless.append(name)
                    self._write_book(book)
            if line is not None:
                lines.append(line)
                if name not in known:  # what is still to come keeps the line it had
                    later = [known[piece] for piece in pieces[number + 1 :] if piece in known]
                    self._write_list([*lines, *later])
        self._write_list(lines)
        progress(len(pieces), len(pieces))
        return lines

    def lines(self) -> list[Line]:
        """The list as it is now; empty if there is none. Raises VoiceError for a line that is none."""
        if not self.list_path.exists():
            return []
        found = []
        for number, text in enumerate(_read(self.list_path).splitlines(), 1):
            parts = text.split("|")
            if not text.strip():
                continue
            if len(parts) != 4 or parts[2].lower() not in LANGUAGES or not parts[3].strip():
                raise VoiceError(
                    f"{self.list_path}:{number}: must be path|name|en or zh|words: mend the line or delete it"
                )
            found.append(Line(Path(parts[0]), parts[2].lower(), parts[3].strip()))
        return found

    def _write_list(self, lines: list[Line]) -> None:
        text = "".join(f"{line.wav}|{self.name}|{line.language}|{line.text}\n" for line in lines)
        _write(self.list_path, text.encode())

    def _book(self) -> _Book:
        path = self.folder / "recordings.json"
        if not path.exists():
            return _Book()
        try:
            return _Book.model_validate_json(_read(path))
        except ValidationError as error:
            raise VoiceError(
                f"{path}: {error.errors()[0]['msg']}; delete it to cut everything anew"
            ) from None

    def _write_book(self, book: _Book) -> None:
        _write(self.folder / "recordings.json", json.dumps(book.model_dump(), indent=1).encode())


def best_piece(lines: list[Line]) -> tuple[Line, Pcm]:
    """The piece to speak from, of those with words: the cleanest of 5 to 9 s, else the cleanest."""

    def quality(judgement: reference_clip.Judgement) -> tuple[bool, int, float]:
        return 5 <= judgement.seconds <= 9, -len(judgement.advice), judgement.noise_db

    judged = [(reference_clip.judge(wav.load(line.wav, reference_clip.RATE)), line) for line in lines]
    judgement, line = max(judged, key=lambda one: quality(one[0]))
    return line, judgement.pcm


def total_seconds(lines: list[Line]) -> float:
    """Seconds of all pieces: their files are 44 bytes and two for every sample."""
    return sum(max(0, line.wav.stat().st_size - 44) / 2 / reference_clip.RATE for line in lines)


def _words_beside(file: Path) -> str:
    """What stands in the text file of a recording's name, on one line; "" if there is none of use."""
    try:
        with file.with_suffix(".txt").open("rb") as stream:
            raw = stream.read(MAX_WORDS_BYTES + 1)
        text = " ".join(raw.decode().replace("|", " ").split())
    except (OSError, UnicodeDecodeError):
        return ""
    return text if len(raw) <= MAX_WORDS_BYTES and text_language(text, "") else ""


def _recordings(folder: Path) -> list[Path]:
    try:
        files = sorted(p for p in folder.iterdir() if p.suffix.lower() == ".wav" and p.is_file())
    except OSError as error:
        raise VoiceError(f"{folder}: {error.strerror or error}") from None
    if not files:
        raise VoiceError(f"{folder}: no WAV files in it")
    if len(files) > MAX_RECORDINGS:
        raise VoiceError(f"{folder}: more than {MAX_RECORDINGS} WAV files")
    return files


def _speech(pcm: Pcm) -> list[float]:
    vad = Silero()
    blocks = range(0, len(pcm), VAD_BLOCK)
    return [p for start in blocks for p in vad.process(np.ascontiguousarray(pcm[start : start + VAD_BLOCK]))]


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise VoiceError(f"{file}: {error.strerror or error}") from None


def _read(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
        if len(raw) > MAX_FILE_BYTES:
            raise VoiceError(f"{path}: larger than {MAX_FILE_BYTES} bytes")
        return raw.decode()
    except UnicodeDecodeError:
        raise VoiceError(f"{path}: not UTF-8 text") from None
    except OSError as error:
        raise VoiceError(f"{path}: {error.strerror or error}") from None


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: a run may be interrupted at any time."""
    partial = path.with_name(f".{path.name[:200]}.{os.getpid()}")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        raise VoiceError(f"{path}: {error.strerror or error}") from None
    finally:
        partial.unlink(missing_ok=True)
