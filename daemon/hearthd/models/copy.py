"""Takes models over from another folder: the files that the manifest names, if they are what it says.

The folder may be somebody else's, and who copies may be root. So nothing but the bytes is taken, and those
only if their SHA-256 is right: no link is followed to a file, no mode kept, no other file looked at.
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path

from hearthd.models.fetch import PullError
from hearthd.models.manifest import ModelFile, manifest

_BLOCK = 1 << 20


def copy_from(folder: Path, root: Path) -> tuple[list[str], list[str]]:
    """Copy what ``root`` lacks and ``folder`` has; the models now complete, and files that were not right.

    Raises PullError if ``root`` cannot be written.
    """
    complete, wrong = [], []
    for model in manifest().values():
        missing = model.missing(root)
        for file in missing:
            source, target = folder / model.name / file.path, model.folder(root) / file.path
            try:
                if not _copy(source, target, file):
                    wrong.append(str(source))
            except FileNotFoundError:
                continue
        if missing and not model.missing(root):
            complete.append(model.name)
    return complete, wrong


def _copy(source: Path, target: Path, file: ModelFile) -> bool:
    """Whether ``source`` was the manifest's file. Raises FileNotFoundError if there is none."""
    try:
        handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError:  # a link, a folder without rights
        return False
    with open(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode) or os.fstat(handle).st_size != file.size:
            return False
        partial = target.with_name(target.name + ".partial")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.unlink(missing_ok=True)
            with partial.open("xb") as out:  # never through a link that somebody laid there
                digest = hashlib.sha256()
                while block := stream.read(_BLOCK):
                    digest.update(block)
                    out.write(block)
                out.flush()
                os.fsync(out.fileno())
            if digest.hexdigest() != file.sha256:
                return False
            partial.replace(target)
        except OSError as error:
            raise PullError(f"{target} cannot be written: {error.strerror or error}") from error
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
    return True
