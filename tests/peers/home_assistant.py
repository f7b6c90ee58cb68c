"""Home Assistant's own code as a judge: installed once from PyPI in an environment of its own.

Home Assistant pins its dependencies and needs a Python of its own choice, so it is asked in another
process. It is kept outside the checkout, in ``~/.cache/hearthd/tests``; the first use downloads 60 MB.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path.home() / ".cache" / "hearthd" / "tests" / "homeassistant"
PAHO = "paho-mqtt==2.1.0"
"""What Home Assistant's MQTT integration asks for."""
INSTALL_SECONDS = 600
LIVE = Path(__file__).with_name("home_assistant_live.py")
HOUSE = Path(__file__).with_name("home_assistant_house.py")
JUDGE = Path(__file__).with_name("home_assistant_judge.py")


def python() -> Path:
    """A Python that has Home Assistant. Skips the test, with the reason, where there can be none."""
    found = FOLDER / "bin" / "python"
    if (FOLDER / "complete").exists():
        return found
    base = _modern_python()
    if base is None:
        pytest.skip("Home Assistant needs Python 3.13 or newer, and there is none here")
    if not os.environ.get("HEARTHD_TEST_HOMEASSISTANT"):
        pytest.skip("Home Assistant is not installed; HEARTHD_TEST_HOMEASSISTANT=1 installs it (60 MB)")
    try:
        subprocess.run([base, "-m", "venv", "--clear", str(FOLDER)], check=True, capture_output=True)
        install = [str(found), "-m", "pip", "install", "-q", "homeassistant", PAHO]
        subprocess.run(install, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    except (subprocess.SubprocessError, OSError) as error:
        pytest.skip(f"Home Assistant could not be installed: {error}")
    (FOLDER / "complete").touch()
    return found


def _modern_python() -> str | None:
    candidates = [sys.executable, "python3.14", "python3.13"]
    candidates += [str(p / "bin" / "python") for p in sorted(Path.home().glob(".pyenv/versions/3.1[3-9]*"))]
    for candidate in candidates:
        path = shutil.which(candidate)
        if path is None:
            continue
        new_enough = "import sys; sys.exit(sys.version_info < (3, 13))"
        if subprocess.run([path, "-c", new_enough], check=False, capture_output=True).returncode == 0:
            return path
    return None


def judge(payloads: list[dict[str, Any]]) -> list[list[str]]:
    """For each device payload, everything that Home Assistant has against it."""
    ran = subprocess.run(
        [str(python()), str(JUDGE)],
        input=json.dumps(payloads),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd="/",
    )
    assert ran.returncode == 0, ran.stderr
    verdicts: list[list[str]] = json.loads(ran.stdout)
    return verdicts


class Live:
    """Home Assistant's core with its MQTT integration, connected to a broker."""

    def __init__(self, folder: Path, port: int) -> None:
        """Start it and wait until it runs."""
        self._log = (folder.parent / "home_assistant.log").open("w+")
        self._process = subprocess.Popen(
            [str(python()), str(LIVE), str(folder), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd="/",
        )
        assert self._read() == "ready"

    def call(self, domain: str, service: str, entity: str, **data: Any) -> None:
        """Call a service on an entity."""
        self._ask({"call": [domain, service, {"entity_id": entity, **data}]})

    def wait(self, unique_id: str, state: str | None) -> None:
        """Wait until the entity has the state; None: until it is gone."""
        self._ask({"wait": [unique_id, state]})

    def complaints(self) -> str:
        """Everything that it has logged about MQTT."""
        self._log.flush()
        self._log.seek(0)
        return "".join(line for line in self._log if "components.mqtt" in line)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()
        self._log.close()

    def _ask(self, line: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        answer = self._read()
        assert answer is True, (line, answer)

    def _read(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline() or '"it has ended"')


class RealHouse:
    """Home Assistant's core with its web server, its conversation and a small house."""

    def __init__(self, folder: Path, port: int, language: str) -> None:
        """Start it and wait until it answers. ``language``: in which its things are called, en or zh-Hans."""
        self.url = f"http://127.0.0.1:{port}"
        self._log = (folder.parent / f"{folder.name}.log").open("w+")
        self._process = subprocess.Popen(
            [str(python()), str(HOUSE), str(folder), str(port), language],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd="/",
        )
        self.token = self._read()

    def state(self, entity: str) -> str | None:
        """The state of an entity."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{entity}\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.communicate()
        self._log.close()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._log.flush()
            self._log.seek(0)
            raise AssertionError(f"Home Assistant has ended: {self._log.read()[-2000:]}")
        return json.loads(line)
