"""install.sh before it changes anything: its words, its refusals, its plan."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
USAGE, UNAVAILABLE, TRY_LATER, NO_PERMISSION = 64, 69, 75, 77
NOBODY = 65534


@pytest.fixture
def checkout() -> Iterator[Path]:
    """What install.sh needs to make up its mind, where any user can read it."""
    folder = Path(tempfile.mkdtemp(prefix="hearthd-checkout-"))
    for name in ("install.sh", "pyproject.toml", "README.md", *(p.name for p in ROOT.glob("*.lock"))):
        shutil.copy(ROOT / name, folder)
    for name in ("systemd", "config"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "docs").mkdir()
    (folder / "daemon/hearthd").mkdir(parents=True)
    shutil.copy(ROOT / "daemon/hearthd/__init__.py", folder / "daemon/hearthd/")
    subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)
    yield folder
    shutil.rmtree(folder)


def install(
    checkout: Path, *arguments: str, path: str = "", as_nobody: bool = False
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": path + os.environ["PATH"], "HOME": str(checkout), "LANG": "C.UTF-8"}
    become = {"user": NOBODY, "group": NOBODY, "extra_groups": ()} if as_nobody and os.geteuid() == 0 else {}
    return subprocess.run(
        [str(checkout / "install.sh"), *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **become,
    )


def stub(folder: Path, name: str, script: str) -> str:
    """A program that goes before the system's; returns the PATH that makes it so."""
    programs = folder / "stubs"
    programs.mkdir(exist_ok=True)
    (programs / name).write_text(f"#!/bin/sh\n{script}\n")
    (programs / name).chmod(0o755)
    subprocess.run(["chmod", "a+rx", str(programs)], check=True)
    return f"{programs}:"


def give_to_nobody(folder: Path) -> None:
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", str(NOBODY), str(folder)], check=True)


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(p): (p.lstat().st_mtime_ns, p.lstat().st_size) for p in folder.rglob("*")}


def test_help_names_every_command_and_option(checkout: Path) -> None:
    done = install(checkout, "--help")
    assert done.returncode == 0
    words = ("demo", "test", "--fast", "uninstall", "purge", "--dry-run", "--yes", "--wheelhouse")
    for word in (*words, "--with-ollama", "--with-gpt-sovits"):
        assert word in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["demonstrate"],
        ["demo", "test"],
        ["--wheelhouse"],
        ["--wheelhouse", "/nowhere"],
        ["-x"],
        ["demo", "--fast"],
    ],
)
def test_a_word_it_does_not_know_is_named(checkout: Path, arguments: list[str]) -> None:
    done = install(checkout, *arguments)
    assert done.returncode == USAGE
    assert "--help" in done.stderr


def test_only_root_can_install_the_service(checkout: Path) -> None:
    for arguments in ([], ["uninstall"], ["purge"]):
        done = install(checkout, *arguments, as_nobody=True)
        assert done.returncode == NO_PERMISSION
        assert "root" in done.stderr


def test_everything_that_stands_in_the_way_is_listed_at_once(checkout: Path) -> None:
    path = stub(checkout, "uname", "echo riscv64")
    stub(checkout, "df", "echo avail; echo 1000")
    done = install(checkout, "--dry-run", "--with-gpt-sovits", path=path, as_nobody=True)
    assert done.returncode == UNAVAILABLE
    for obstacle in ("riscv64", "/opt", "/var", "GPT-SoVITS"):
        assert obstacle in done.stderr


@pytest.mark.parametrize("command", ["demo", "test", "uninstall", "purge"])
def test_a_dry_run_changes_nothing(checkout: Path, command: str) -> None:
    before = tree(checkout)
    done = install(checkout, command, "--dry-run", "--yes", as_nobody=True)
    assert done.returncode == 0, done.stderr
    assert "would " in done.stdout
    assert tree(checkout) == before


def test_the_fast_tests_need_no_models_and_no_servers(checkout: Path) -> None:
    done = install(checkout, "test", "--fast", "--dry-run", "--yes")
    assert done.returncode == 0, done.stderr
    assert "would run pytest" in done.stdout
    assert "pull" not in done.stdout
    assert "mosquitto" not in done.stdout


def test_two_cannot_work_in_one_folder_at_once(checkout: Path) -> None:
    folder = os.open(checkout, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        assert install(checkout, "demo").returncode == TRY_LATER
    finally:
        os.close(folder)


def test_without_rights_the_missing_packages_are_told_and_nothing_is_done(checkout: Path) -> None:
    path = stub(checkout, "ldconfig", "exit 0")
    stub(checkout, "pkg-config", "exit 1")
    stub(checkout, "sudo", "exit 1")
    give_to_nobody(checkout)
    before = tree(checkout)
    done = install(checkout, "demo", path=path, as_nobody=True)
    assert done.returncode == NO_PERMISSION
    for package in ("libportaudio2", "libspeexdsp1", "libsystemd-dev"):
        assert re.search(f"apt-get install .*{package}", done.stderr)
    assert tree(checkout) == before


def test_where_there_is_no_apt_the_packages_are_named(checkout: Path) -> None:
    path = stub(checkout, "ldconfig", "exit 0")
    (checkout / "systemd/install/packages.sh").open("a").write(
        "\ncommand() { [ $2 != apt-get ] && builtin command $@; }\n"
    )
    give_to_nobody(checkout)
    done = install(checkout, "demo", path=path, as_nobody=True)
    assert done.returncode == UNAVAILABLE
    assert "libportaudio2" in done.stdout
    assert "no Debian" in done.stderr


def test_a_python_that_is_too_old_is_named(checkout: Path) -> None:
    path = stub(checkout, "python3", '[ "$1" = --version ] && echo Python 3.9.2 || exit 1')
    pythons = checkout / "systemd/install/packages.sh"
    pythons.write_text(re.sub(r"for candidate in [^;]*;", "for candidate in python3;", pythons.read_text()))
    pythons.write_text(pythons.read_text().replace("/etc/os-release", "/dev/null"))
    done = install(checkout, "demo", "--dry-run", path=path, as_nobody=True)
    assert done.returncode == UNAVAILABLE
    assert "Python 3.9.2" in done.stderr
    assert "3.11" in done.stderr


def test_an_environment_of_somebody_else_is_named_with_the_mend(checkout: Path) -> None:
    (checkout / ".venv").mkdir(mode=0o555)
    done = install(checkout, "demo", "--dry-run", as_nobody=True)
    assert done.returncode == UNAVAILABLE
    assert "sudo rm -r" in done.stderr


def test_a_disk_that_is_too_small_is_named_before_the_work(checkout: Path) -> None:
    path = stub(checkout, "df", "echo avail; echo 1000")
    done = install(checkout, "demo", "--dry-run", path=path, as_nobody=True)
    assert done.returncode == UNAVAILABLE
    assert "1 MB" in done.stderr


@pytest.mark.parametrize("lock", sorted(ROOT.glob("*.lock")), ids=lambda p: p.name)
def test_the_lock_has_hashes_and_no_addresses(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    packages = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
    for package in filter(str.strip, packages):
        assert "--hash=sha256:" in package, package
        assert re.match(r"[a-z0-9-]+==", package), package


def test_the_lock_holds_every_dependency() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[\[<>=]", name)[0] for name in project["dependencies"]}
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert wanted <= locked


def test_what_the_speaker_imports_is_declared_and_no_more() -> None:
    """The pickled verifiers of openWakeWord are read by its own package, which no import names."""
    import ast
    import sys
    import tomllib
    from importlib.metadata import packages_distributions

    imported = set()
    for source in (ROOT / "daemon").rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Import):
                imported |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.split(".")[0])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]
    extras = [name for key, names in optional.items() if key != "dev" for name in names]
    needed, extra = (
        {re.split(r"[\[<>=]", name)[0] for name in names} for names in (project["dependencies"], extras)
    )
    extra |= {"mcp-types", "httpx2", "anyio"}  # they come with mcp, the last with httpx, too
    owners = packages_distributions()
    used = {owners.get(name, [name])[0].replace("_", "-") for name in imported - sys.stdlib_module_names}
    assert used - extra - {"hearthd"} == needed - {"openwakeword"}


@pytest.mark.parametrize(
    "name",
    [
        "[extra] 火炉",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("hearthd [1]", "a[b]c", "a b")),
    ],
)
def test_a_checkout_may_lie_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    """pip takes brackets in a path for extras, pytest for a test's parameters: with the real ones."""
    here = tmp_path / name
    (here / "daemon").mkdir(parents=True)
    (here / "tests").mkdir()
    for file in ("pyproject.toml", "README.md", "LICENSE", "requirements-build.lock"):
        shutil.copy(ROOT / file, here)
    shutil.copytree(
        ROOT / "daemon/hearthd", here / "daemon/hearthd", ignore=shutil.ignore_patterns("__pycache__")
    )
    for folder in ("config", "systemd"):
        shutil.copytree(ROOT / folder, here / folder)
    (here / "tests/test_nothing.py").write_text("def test_nothing(): pass\n")
    venv = here / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / ".lock").write_text("locked")
    target = f'--target "{tmp_path}/target"'
    python = venv / "bin/python"
    python.write_text(
        f'#!/bin/sh\n[ "$2" = pip ] && exec "{sys.executable}" "$@" {target}\n'
        f'exec "{sys.executable}" "$@" -p no:cacheprovider -c /dev/null\n'
    )
    python.chmod(0o755)
    install = here / "systemd/install"
    script = (
        f'here="{here}"; . "{install}/common.sh"; . "{install}/checkout.sh"; install_editable; run_pytest'
    )
    done = subprocess.run(
        ["bash", "-euc", script], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert (venv / ".editable").exists()
