"""A folder that cannot be used is named by every command; none ends in a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearthd.cli.main import main

pytestmark = pytest.mark.integration

COMMANDS = [
    ["history", "list"],
    ["history", "export", "--out", "{file}/out.json"],
    ["voices", "list"],
    ["voices", "remove", "ann"],
    ["voices", "add", "ann", "{file}/a.wav", "--text", "x"],
    ["voices", "try", "ann", "hello"],
    ["knowledge", "list"],
    ["knowledge", "add", "{folder}"],
    ["timers", "list"],
    ["report", "--out", "{folder}/r.html"],
    ["report", "--out", "{file}/r.html"],
    ["models", "pull"],
    ["rehearse", "--say", "hello", "--out", "{file}/a.wav"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_folder_that_cannot_be_used_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """A file stands where a folder should be: that stops root, too."""
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("")
    folder.mkdir()
    monkeypatch.setenv("STATE_DIRECTORY", str(file / "state"))
    monkeypatch.setenv("HEARTHD_MODELS", str(file / "models"))
    monkeypatch.setenv("HOME", str(file / "home"))
    assert main([word.format(file=file, folder=folder) for word in command]) == 1
    said = capsys.readouterr().err
    assert "hearthd: " in said
    assert str(file) in said
    assert "Traceback" not in said
