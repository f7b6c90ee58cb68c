"""The sources as the tools see them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[1]


def told_by(*command: str) -> str:
    """What a tool complains about; "" if nothing."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_sources_are_tidy() -> None:
    assert told_by(sys.executable, "-m", "ruff", "check", ".") == ""
    assert told_by(sys.executable, "-m", "ruff", "format", "--check", ".") == ""


@pytest.mark.slow
def test_the_types_fit() -> None:
    assert told_by(sys.executable, "-m", "mypy") == ""


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
def test_the_shell_scripts_are_sound() -> None:
    scripts = ["install.sh", "tools/lock", ".ci/run", "systemd/hearthd.command"]
    scripts += [str(p.relative_to(ROOT)) for p in ROOT.glob("tests/box/*.sh")]
    assert told_by("shellcheck", "--check-sourced", "--external-sources", *scripts) == ""
