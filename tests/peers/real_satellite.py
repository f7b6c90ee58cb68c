"""The real wyoming-satellite as a process, with a microphone and a loudspeaker that are pipes.

It needs another ``wyoming`` than hearthd, so it lives in an environment of its own:

    python -m venv E && E/bin/pip install wyoming-satellite    (or a checkout of it; 1.4.1 is the last one)
    HEARTHD_TEST_SATELLITE=E/bin/python
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hearthd.common.audio import Pcm

MICROPHONE = """
import os, sys, time
began, sent, voice = time.monotonic(), 0, b""
while True:
    time.sleep(max(0.0, began + sent / 32000 - time.monotonic()))
    if not voice and os.path.exists(sys.argv[1]):
        voice = open(sys.argv[1], "rb").read()
        os.remove(sys.argv[1])
    block, voice = voice[:2048].ljust(2048, bytes(1)), voice[2048:]
    sys.stdout.buffer.write(block)
    sys.stdout.buffer.flush()
    sent += 2048
"""
LOUDSPEAKER = """
import json, os, sys, time
out = open(sys.argv[1], "a")
at = 0.0
while data := os.read(0, 65536):
    at = max(at, time.monotonic())
    some = (int.from_bytes(data[n : n + 2], "little", signed=True) for n in range(0, len(data) - 1, 64))
    loud = max(map(abs, some))
    at += len(data) / 44100
    out.write(json.dumps([time.monotonic(), at, loud]) + "\\n")
    out.flush()
"""


def python() -> str:
    """The satellite's own interpreter; skips the test where there is none."""
    found = os.environ.get("HEARTHD_TEST_SATELLITE", "")
    if not found:
        pytest.skip("needs HEARTHD_TEST_SATELLITE, see tests/peers/real_satellite.py")
    return found


class RealSatellite:
    """A satellite on ``port``. ``wake_uri``: it has a wake word of its own, from that service."""

    def __init__(self, folder: Path, port: int, wake_uri: str = "") -> None:
        self._folder, self._port, self._wake_uri = folder, port, wake_uri
        self._voice, self._heard = folder / "voice.raw", folder / "heard.jsonl"
        for name, text in (("microphone.py", MICROPHONE), ("loudspeaker.py", LOUDSPEAKER)):
            (folder / name).write_text(text)
        self._log = (folder / "satellite.log").open("ab")

    def start(self) -> None:
        ours = shlex.quote(sys.executable)
        folder = shlex.quote(str(self._folder))
        command = [python(), "-m", "wyoming_satellite", "--uri", f"tcp://127.0.0.1:{self._port}", "--debug"]
        command += ["--no-zeroconf"] if "--no-zeroconf" in self._help() else []
        command += ["--name", "test"]
        command += ["--mic-command", f"{ours} {folder}/microphone.py {folder}/voice.raw"]
        command += ["--snd-command", f"{ours} {folder}/loudspeaker.py {folder}/heard.jsonl"]
        command += ["--snd-command-rate", "22050"]
        if self._wake_uri:
            command += ["--wake-uri", self._wake_uri, "--wake-word-name", "ok_nabu"]
        self.process = subprocess.Popen(
            command, stdout=self._log, stderr=self._log, start_new_session=True, env=self._environment()
        )

    def _help(self) -> str:
        shown = subprocess.run(
            [python(), "-m", "wyoming_satellite", "--help"],
            capture_output=True,
            text=True,
            check=True,
            env=self._environment(),
        )
        return shown.stdout

    def _environment(self) -> dict[str, str]:
        """A checkout is found by HEARTHD_TEST_SATELLITE_PATH."""
        return {**os.environ, "PYTHONPATH": os.environ.get("HEARTHD_TEST_SATELLITE_PATH", "")}

    def kill(self) -> None:
        """kill -9, the programs of its microphone and its loudspeaker with it."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def says(self, pcm: Pcm) -> None:
        """Somebody speaks beside it."""
        whole = self._voice.with_suffix(".part")
        whole.write_bytes(pcm.astype("<i2").tobytes())
        whole.rename(self._voice)

    def sounds(self, since: float) -> list[tuple[float, float]]:
        """(came at, sounds until) of every loud piece that came after ``since`` (monotonic)."""
        if not self._heard.exists():
            return []
        pieces = [json.loads(line) for line in self._heard.read_text().splitlines() if line.endswith("]")]
        return [(came, until) for came, until, loud in pieces if came >= since and loud > 50]

    def log(self) -> str:
        return (self._folder / "satellite.log").read_text(errors="replace")


def free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def quiet(seconds: float) -> Pcm:
    return np.zeros(int(seconds * 16_000), np.int16)


def now() -> float:
    return time.monotonic()
