"""Models from somebody's home, copied by root: their bytes if they are right, and nothing else of them."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from pathlib import Path

import pytest

from hearthd.cli.main import main
from hearthd.models import copy, manifest
from hearthd.models.manifest import Model, ModelFile

pytestmark = pytest.mark.integration

SERVICE = Path(__file__).parents[2] / "systemd" / "install" / "service.sh"


def model(name: str, content: bytes) -> Model:
    file = ModelFile("deep/model.bin", len(content), hashlib.sha256(content).hexdigest(), ())
    return Model(name, True, "a test", "MIT", (file,))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody's models: one right, one of the right size only, a link, a pipe, and what is no model."""
    names = ("right", "wrong", "link", "pipe", "short", "absent")
    models = {name: model(name, b"the weights") for name in names}
    monkeypatch.setattr(manifest, "manifest", lambda: models)
    monkeypatch.setattr(copy, "manifest", lambda: models)
    home = tmp_path / "home"
    for name in names[:-1]:
        (home / name / "deep").mkdir(parents=True)
    (home / "right/deep/model.bin").write_bytes(b"the weights")
    (home / "right/deep/model.bin").chmod(0o6777)
    (home / "wrong/deep/model.bin").write_bytes(b"THE weights")
    (tmp_path / "elsewhere").write_bytes(b"the weights")
    (home / "link/deep/model.bin").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(home / "pipe/deep/model.bin")
    (home / "short/deep/model.bin").write_bytes(b"the")
    (home / "right/suid").write_bytes(b"#!/bin/sh")
    (home / "right/suid").chmod(0o4755)
    return home


def test_only_what_the_manifest_names_is_copied_and_only_if_it_is_right(home: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    complete, wrong = copy.copy_from(home, root)
    assert complete == ["right"]
    assert sorted(Path(path).relative_to(home).parts[0] for path in wrong) == [
        "link",
        "pipe",
        "short",
        "wrong",
    ]
    copied = [path for path in root.rglob("*") if path.is_file()]
    assert copied == [root / "right/deep/model.bin"]
    assert copied[0].read_bytes() == b"the weights"


def test_no_mode_comes_along(home: Path, tmp_path: Path) -> None:
    root, umask = tmp_path / "root", os.umask(0o022)
    try:
        copy.copy_from(home, root)
    finally:
        os.umask(umask)
    assert stat.S_IMODE((root / "right/deep/model.bin").stat().st_mode) == 0o644


def test_nothing_is_written_through_a_link_that_was_laid_there(home: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    target = tmp_path / "root" / "right" / "deep"
    target.mkdir(parents=True)
    (target / "model.bin.partial").symlink_to(victim)
    copy.copy_from(home, tmp_path / "root")
    assert victim.read_bytes() == b"precious"
    assert (target / "model.bin").read_bytes() == b"the weights"


def test_the_command_tells_what_was_copied_and_what_was_not(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEARTHD_MODELS", str(tmp_path / "root"))
    assert main(["models", "pull", "--from", str(home)]) == 0
    said = capsys.readouterr()
    assert said.out == "right: copied\n"
    assert "wrong/deep/model.bin" in said.err
    assert main(["models", "pull", "--from", str(tmp_path / "no folder")]) == 0


def test_where_nothing_can_be_written_is_said(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HEARTHD_MODELS", str(tmp_path / "file" / "models"))
    assert main(["models", "pull", "--from", str(home)]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_the_installer_leaves_no_file_that_runs_as_another(tmp_path: Path) -> None:
    """Its own function, with a stand-in for the command: what an earlier version copied is set right."""
    models, cache, log = tmp_path / "models", tmp_path / "cache", tmp_path / "log"
    command = tmp_path / "release/venv/bin/hearthd"
    for folder in (models, cache, command.parent):
        folder.mkdir(parents=True)
    (models / "old").write_bytes(b"")
    (models / "old").chmod(0o6755)
    (cache / "new").write_bytes(b"")
    (cache / "new").chmod(0o4755)
    command.write_text(f'#!/bin/sh\necho "$HEARTHD_MODELS" "$@" >>"{log}"\n')
    command.chmod(0o755)
    script = (
        f'root=/nowhere; step() {{ :; }}; . "{SERVICE}"\n'
        f'models="{models}" release="{tmp_path}/release" caches=("{cache}" "{models}" "{tmp_path}/none")\n'
        "pull_models"
    )
    subprocess.run(["bash", "-euc", script], check=True)
    assert log.read_text().splitlines() == [f"{models} models pull --from {cache}", f"{models} models pull"]
    assert [path.name for path in models.iterdir()] == ["old"]
    assert not (models / "old").stat().st_mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX)
