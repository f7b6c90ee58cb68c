"""The files of systemd/: what systemd itself says of them, and what they must not lack."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hearthd.service.message_ids import MessageId

pytestmark = pytest.mark.integration

FILES = Path(__file__).parents[2] / "systemd"
UNITS = sorted(FILES.glob("*.service"))
analyze = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


@analyze
@pytest.mark.parametrize("unit", UNITS, ids=lambda p: p.name)
def test_systemd_finds_no_mistake_in_the_unit(unit: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.name
    copy.write_text(re.sub(r"^(ExecStart=)\S+", r"\1/bin/true", unit.read_text(), flags=re.MULTILINE))
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )
    # its exit status is 0 for most mistakes: what it prints counts. Units of the machine are not ours.
    assert [line for line in (said.stdout + said.stderr).splitlines() if unit.stem in line] == []


@analyze
@pytest.mark.parametrize("unit", UNITS, ids=lambda p: p.name)
def test_the_unit_is_exposed_little(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:]


def test_sound_and_graphics_stay_reachable() -> None:
    text = (FILES / "hearthd.service").read_text()
    for allowed in ("char-alsa", "char-nvidia*", "char-drm"):
        assert f"DeviceAllow={allowed} rw" in text
    assert "\nPrivateDevices=yes" not in text


def test_nothing_that_may_be_missing_is_required() -> None:
    for unit in UNITS:
        assert not re.search(r"^(Requires|BindsTo|Requisite)=", unit.read_text(), re.MULTILINE)


def test_every_message_is_explained_and_nothing_else() -> None:
    text = (FILES / "hearthd.catalog").read_text()
    assert sorted(re.findall(r"^-- ([0-9a-f]{32})$", text, re.MULTILINE)) == sorted(map(str, MessageId))
    for entry in re.split(r"^-- ", text, flags=re.MULTILINE)[1:]:
        assert re.search(r"^Subject: \S", entry, re.MULTILINE)
        assert len(entry.partition("\n\n")[2].strip()) > 20


def test_every_message_is_said_by_something() -> None:
    sources = "".join(path.read_text() for path in (FILES.parent / "daemon").rglob("*.py"))
    for message in MessageId:
        assert f"MessageId.{message.name}" in sources, message.name


@pytest.mark.skipif(not shutil.which("journalctl"), reason="journalctl is not installed")
def test_journald_accepts_the_catalog(tmp_path: Path) -> None:
    folder = tmp_path / "usr/lib/systemd/catalog"
    folder.mkdir(parents=True)
    shutil.copy(FILES / "hearthd.catalog", folder)
    (tmp_path / "var/lib/systemd/catalog").mkdir(parents=True)
    command = ["journalctl", f"--root={tmp_path}", "--update-catalog"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    listed = subprocess.run(
        ["journalctl", f"--root={tmp_path}", "--list-catalog"], capture_output=True, text=True, check=False
    )
    assert str(MessageId.READY) in listed.stdout or "Failed to find catalog" not in listed.stderr
