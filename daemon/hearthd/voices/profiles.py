"""The owner's cloned voices: one folder each under ``voices/`` of the state directory.

A folder holds the reference clip and ``voice.toml``: the clip's words, its language, and how the voice
server shall speak with it. Weights trained for the voice are named by their path on the server. The
clip's file name changes with its content, because the server remembers clips by path alone.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hearthd.common import toml_file
from hearthd.common.errors import EngineError
from hearthd.common.paths import state_dir
from hearthd.common.whole_file import replacing

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
EMBEDDED = "embedded"
"""What the voice that needs no server is called where a voice is named; no cloned one may be."""
FILE = "voice.toml"
ADDING, REMOVING = ".adding-", ".removing-"
"""How folders begin that are not voices yet, or no longer."""
WAIT_SECONDS = 5.0
"""For another command that changes the voices: it takes milliseconds."""
_OURS = re.compile(r"clip(?:-[0-9a-f]{12})?\.wav|\..*\.new")
"""Clips as ``reference_clip.file_name`` calls them, and files that are being written."""
MAX_FILE_BYTES = 64_000
PromptLanguage = Literal["en", "zh", "ja", "ko", "yue"]
Version = Literal["", "v1", "v2", "v2Pro", "v2ProPlus", "v3", "v4"]
Text = Annotated[str, Field(max_length=1_000)]
ServerPath = Annotated[str, Field(max_length=4_096)]


class VoiceError(EngineError):
    """A voice's folder cannot be used or made; the message says why and what mends it."""


class StoredVoice(BaseModel):
    """One voice, as ``voice.toml`` has it; ``name`` and ``clip`` come from where the folder is."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str
    clip: Path
    """The reference clip, 3 to 10 s."""
    text: Text
    """Its words, exactly. Without them the clone is poorer, and v3 and v4 refuse."""
    language: PromptLanguage
    """The language of those words."""
    server_clip: ServerPath = ""
    """The clip's path on the server, where that is another machine or may not read the clip."""
    extra_clips: Annotated[list[ServerPath], Field(max_length=16)] = []
    """Paths on the server of more clips of the same person, to blend their timbre."""
    gpt_weights: ServerPath = ""
    sovits_weights: ServerPath = ""
    """Paths on the server of the weights trained for the voice; "" leaves those that are loaded."""
    version: Version = ""
    """The model's version, which fixes the rate of its audio; "" accepts what the server has."""
    streaming_mode: Annotated[int, Field(ge=1, le=3)] = 3
    """3 sounds soonest, 1 speaks best (a line at a time); 2 repeats 40 to 80 ms at its joins."""
    speed: Annotated[float, Field(ge=0.5, le=2)] = 1.0
    """Other than 1.0 a line is sent whole: the server's streams don't join at another speed."""
    seed: Annotated[int, Field(ge=-1, le=2**32 - 1)] = -1
    temperature: Annotated[float, Field(gt=0, le=2)] = 1.0
    top_k: Annotated[int, Field(ge=1, le=100)] = 15
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    repetition_penalty: Annotated[float, Field(ge=1, le=3)] = 1.35
    sample_steps: Annotated[int, Field(ge=4, le=128)] = 32
    """Only v3 and v4 use it: fewer is sooner."""


def voices_dir() -> Path:
    """Where the voices live; not made here."""
    return state_dir() / "voices"


def check_name(name: str) -> str:
    """``name``, if a voice may be called so (it becomes a folder). Raises VoiceError."""
    if not NAME.fullmatch(name) or name == EMBEDDED:
        raise VoiceError(f"{name[:40]!r} cannot be a voice's name: at most 32 letters, digits, - and _")
    return name


def names() -> list[str]:
    """The names of all voices, sorted. What a kill left half done is cleared away before."""
    folder = voices_dir()
    if not folder.is_dir():
        return []
    with _alone(folder, 0.0) as alone:
        if alone:
            _clear_away(folder)
    return sorted(
        entry.name for entry in folder.iterdir() if NAME.fullmatch(entry.name) and (entry / FILE).is_file()
    )


def load(name: str) -> StoredVoice:
    """The voice called ``name``. Raises VoiceError."""
    folder = voices_dir() / check_name(name)
    file = folder / FILE
    if not file.is_file():
        known = ", ".join(names()) or "none yet"
        raise VoiceError(
            f"there is no voice {name!r} (known: {known}); add one: hearthd voices add {name} CLIP"
        )
    try:
        _, values = toml_file.read(file, MAX_FILE_BYTES, "a voice's file")
    except toml_file.TomlError as error:
        raise VoiceError(str(error)) from None
    clip = values.pop("clip", None)
    if not isinstance(clip, str) or Path(clip).name != clip or not _is_file(folder / clip):
        raise VoiceError(f"{file}: clip must name a WAV file in the same folder")
    try:
        return StoredVoice.model_validate({**values, "name": name, "clip": folder / clip})
    except ValidationError as error:
        first = error.errors()[0]
        key = toml_file.shown(".".join(str(part) for part in first["loc"]))
        raise VoiceError(f"{file}: {key}: {first['msg']}") from None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than a file's can be
        return False


def store(name: str, clip: bytes, clip_name: str, values: dict[str, Any], *, replace: bool = False) -> Path:
    """Make the folder of a voice from its clip (a WAV file's bytes) and the keys of its file.

    A new folder appears whole or not at all. In one that is replaced the new clip comes first, then in one
    step the file that names it, and the old clip goes last: a kill at any instant leaves the old voice or
    the new one. Raises VoiceError if there is one and ``replace`` is false.
    """
    target = voices_dir() / check_name(name)
    target.parent.mkdir(mode=0o755, exist_ok=True)
    if target.exists() and not replace:
        raise VoiceError(f"there is a voice {name!r} already; remove it first: hearthd voices remove {name}")
    text = "".join(f"{key} = {_toml(value)}\n" for key, value in {"clip": clip_name, **values}.items())
    with _alone(target.parent, WAIT_SECONDS) as alone:
        if not alone:
            raise VoiceError("another `hearthd voices` is at work: wait until it has ended")
        try:
            if target.is_dir() and not target.is_symlink():
                _write(target, clip, clip_name, text)
                _forget_clips(target)
                return target
            making = Path(tempfile.mkdtemp(prefix=ADDING, dir=target.parent))
            making.chmod(0o755)  # the voice server may run as somebody else
            _write(making, clip, clip_name, text)
            making.rename(target)
        except OSError as error:
            raise VoiceError(f"{target}: {error.strerror or error}") from None
        finally:
            _clear_away(target.parent)
    return target


def remove(name: str) -> None:
    """Delete a voice's folder. Raises VoiceError if there is none."""
    target = voices_dir() / check_name(name)
    if not target.is_dir() or target.is_symlink():
        raise VoiceError(f"there is no voice {name!r} (known: {', '.join(names()) or 'none yet'})")
    with _alone(target.parent, WAIT_SECONDS) as alone:
        if not alone:
            raise VoiceError("another `hearthd voices` is at work: wait until it has ended")
        try:
            target.rename(Path(tempfile.mkdtemp(prefix=REMOVING, dir=target.parent)) / name)
        except OSError as error:
            raise VoiceError(f"{target}: {error.strerror or error}") from None
        finally:
            _clear_away(target.parent)


@contextmanager
def _alone(folder: Path, seconds: float) -> Iterator[bool]:
    """Whether nobody else changes the voices while the block runs. A kill ends that, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield _locked(descriptor, seconds)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= end:
                return False
            time.sleep(0.05)
        else:
            return True


def _write(folder: Path, clip: bytes, clip_name: str, text: str) -> None:
    with replacing(folder / clip_name, durable=True) as new:
        new.write_bytes(clip)
    with replacing(folder / FILE, durable=True) as new:
        new.write_text(text, encoding="utf-8")


def _clear_away(folder: Path) -> None:
    """What a kill in the middle of ``store`` or ``remove`` left behind: a removed clip must not lie on."""
    for entry in folder.iterdir():
        if entry.name.startswith((ADDING, REMOVING)):
            shutil.rmtree(entry, ignore_errors=True)
        elif NAME.fullmatch(entry.name) and entry.is_dir():
            _forget_clips(entry)


def _forget_clips(folder: Path) -> None:
    """Delete the clips of ours that the voice's file does not name, and files that were never finished.

    Only beside a voice that is whole: a mistake in its file, which is the owner's to mend, costs no clip.
    """
    try:
        voice = load(folder.name)
    except (VoiceError, OSError):
        return
    named = {Path(path).name for path in (str(voice.clip), voice.server_clip, *voice.extra_clips)}
    for path in folder.iterdir():
        if path.name not in named and _OURS.fullmatch(path.name):
            with suppress(OSError):
                path.unlink()


def _toml(value: object) -> str:
    """A string, number, boolean or list of strings as TOML writes it."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return repr(value)
