"""A test module that does not say what it holds is refused; a unit test stays in its process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[1]
USAGE_ERROR = 4


def run(folder: Path, *options: str, **modules: str) -> subprocess.CompletedProcess[str]:
    """pytest with this project's rules on modules of its own."""
    for name, text in modules.items():
        (folder / f"test_{name}.py").write_text(f"import pytest\n{text}")
    rules = ("-c", str(ROOT / "pyproject.toml"), "-p", "tests.categories", "-p", "no:cacheprovider")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *rules, *options, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_modules_without_their_one_category_are_refused_and_named_all_at_once(tmp_path: Path) -> None:
    test, unit = "def test_it(): pass", "pytestmark = pytest.mark.unit"
    done = run(
        tmp_path,
        none=test,
        two=f"pytestmark = [pytest.mark.unit, pytest.mark.system]\n{test}",
        of_a_test=f"@pytest.mark.unit\n{test}",
        another=f"{unit}\n@pytest.mark.system\n{test}",
        needy=f"{unit}\n@pytest.mark.models\n{test}",
        in_need=f"pytestmark = [pytest.mark.unit, pytest.mark.room]\n{test}",
        right=f"{unit}\n{test}",
    )
    assert done.returncode == USAGE_ERROR, done.stdout
    for complaint in (
        "test_none.py declares no category",
        "test_two.py declares unit and system",
        "test_of_a_test.py declares no category",
        "test_another.py: test_it has a category of its own (system)",
        "test_needy.py is unit, but test_it needs models",
        "test_in_need.py is unit, but test_in_need.py needs room",
        "pytestmark = pytest.mark.unit",
    ):
        assert complaint in done.stderr
    assert "test_right" not in done.stderr


def test_a_unit_test_that_leaves_its_process_fails_and_fast_leaves_out_what_needs_more_than_python(
    tmp_path: Path,
) -> None:
    done = run(
        tmp_path,
        "--fast",
        unit="import subprocess, socket, contextlib\npytestmark = pytest.mark.unit\n"
        "def test_process():\n    with contextlib.suppress(OSError): subprocess.run(['true'])\n"
        "def test_network():\n    with contextlib.suppress(OSError): socket.create_server(('127.0.0.1', 0))\n"
        "def test_inside(): pass\n",
        integration="pytestmark = pytest.mark.integration\n"
        "@pytest.mark.models\ndef test_models(): assert False\n"
        "@pytest.mark.slow\ndef test_slow(): assert False\n"
        "def test_quick(): pass\n",
        system="pytestmark = pytest.mark.system\ndef test_whole(): assert False\n",
    )
    assert "2 failed, 2 passed, 3 deselected" in done.stdout
    assert "subprocess.Popen; it is integration" in done.stdout
    assert "socket.bind" in done.stdout


def test_what_goes_by_the_clock_on_the_wall_is_run_apart_from_the_rest(tmp_path: Path) -> None:
    modules = {
        "room": "pytestmark = [pytest.mark.integration, pytest.mark.room]\ndef test_room(): pass\n",
        "system": "pytestmark = pytest.mark.system\ndef test_whole(): pass\n",
        "models": "pytestmark = pytest.mark.integration\n@pytest.mark.slow\ndef test_slow(): assert False\n",
        "unit": "pytestmark = pytest.mark.unit\ndef test_quick(): assert False\n",
    }
    assert "2 passed, 2 deselected" in run(tmp_path, "-m", "alone", **modules).stdout
