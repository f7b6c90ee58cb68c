"""A file is written whole or not at all: what had its name before stays until the new one is complete."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """The name under which to write what becomes ``path`` when the block ends well. Raises OSError.

    A link stays one, and what is no file (a pipe, ``/dev/stdout``) is written to itself. ``durable``: a
    power cut leaves the old one or the new one.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        yield path
        return
    new = _begun(target, path)
    try:
        if target.exists():
            new.chmod(target.stat().st_mode & 0o777)
        yield new
        if durable:
            _to_disk(new)
        new.replace(target)
        if durable:
            _to_disk(target.parent)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def try_to_write(path: Path) -> None:
    """Raise the OSError that writing ``path`` would raise; nothing is changed."""
    target = path.resolve()
    if target.exists() and not target.is_file():
        if target.is_dir():
            raise IsADirectoryError(21, "Is a directory", str(path))
        return
    _begun(target, path).unlink()


def same_file(one: Path, other: Path) -> bool:
    """Whether both names are of one file, by links too."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def _begun(target: Path, called: Path) -> Path:
    """A new, empty file beside ``target``; an error names the path as it was given."""
    new = target.with_name(f".{target.name[:60]}.{secrets.token_hex(4)}.new")
    try:
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))  # as the umask has it
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(called)) from None
    return new


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
