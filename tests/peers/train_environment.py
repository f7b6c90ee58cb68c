"""A Python with torch, transformers and peft, as a training has: ``python -m tests.peers.train_environment``.

Made once, under the user's cache; the tests that need it are skipped without it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

TORCH = "torch==2.13.0+cpu"
"""The CPU build by name: the plain one is several GB of CUDA on Linux."""
REQUIREMENTS = (TORCH, "transformers==5.24.0", "peft==0.21.2", "gguf==0.19.0")


def python() -> Path:
    """Its Python, there or not."""
    key = hashlib.sha256("\n".join(REQUIREMENTS).encode()).hexdigest()[:8]
    version = f"py{sys.version_info.major}.{sys.version_info.minor}"
    return Path.home() / ".cache" / "hearthd" / "train-test" / f"{version}-{key}" / "bin" / "python"


def missing() -> str:
    """Why there is none; "" if there is."""
    return "" if (python().parents[1] / "complete").exists() else "there is no environment to train in"


def install() -> None:
    """Make it unless it is there. Raises CalledProcessError."""
    venv = python().parents[1]
    venv.parent.mkdir(parents=True, exist_ok=True)
    with venv.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not missing():
            return
        shutil.rmtree(venv, ignore_errors=True)
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        pip = [str(python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([sys.executable, "-m", "venv", str(venv)], env=environment, check=True)
        subprocess.run([*pip, "--only-binary", "torch", *REQUIREMENTS], env=environment, check=True)
        (venv / "complete").touch()


if __name__ == "__main__":
    try:
        install()
    except (OSError, subprocess.CalledProcessError) as reason:
        print(f"no environment to train in: {reason}", file=sys.stderr)
        raise SystemExit(1) from None
    print(python())
