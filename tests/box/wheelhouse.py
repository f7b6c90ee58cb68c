"""A folder with every Python package of the lock, for installing in a box, which has no network."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCKS = (ROOT / "requirements-build.lock", ROOT / "requirements.lock")


def wheelhouse(python: str) -> Path:
    """The packages for ``python``, downloaded once and kept in the user's cache.

    Raises OSError with pip's own words if they cannot be had.
    """
    tag = subprocess.run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    key = hashlib.sha256(b"".join(lock.read_bytes() for lock in LOCKS)).hexdigest()[:12]
    folder = Path.home() / ".cache" / "hearthd" / "wheelhouse" / f"{tag}-{key}"
    if (folder / ".complete").exists():
        return folder
    with tempfile.TemporaryDirectory(prefix="hearthd-wheelhouse-") as scratch:
        _run(python, "-m", "venv", scratch)
        pip = [f"{scratch}/bin/python", "-m", "pip", "--disable-pip-version-check", "-q"]
        common = ["--require-hashes", "--no-deps", "--no-build-isolation", "--ignore-requires-python"]
        _run(*pip, "install", *common, "-r", str(LOCKS[0]))
        for lock in LOCKS:
            _run(*pip, "download", *common, "-d", str(folder), "-r", str(lock))
    (folder / ".complete").touch()
    return folder


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(done.stderr.strip()[-500:] or f"{command} failed")


if __name__ == "__main__":
    print(wheelhouse(sys.argv[1] if len(sys.argv) > 1 else "/usr/bin/python3"))
