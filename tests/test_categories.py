"""A test module that does not say what it holds is refused; a unit test stays in its process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[1]
USAGE_ERROR = 4


def run(folder: Path, module: str, *options: str) -> subprocess.CompletedProcess[str]:
    """pytest with this project's rules on a module of its own."""
    path = folder / "test_module.py"
    path.write_text(f"import pytest\n{module}")
    rules = ("-c", str(ROOT / "pyproject.toml"), "-p", "tests.categories", "-p", "no:cacheprovider")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *rules, *options, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("module", "complaint"),
    [
        ("def test_it(): pass", "test_module.py declares no category"),
        (
            "pytestmark = [pytest.mark.unit, pytest.mark.system]\ndef test_it(): pass",
            "test_module.py declares unit and system",
        ),
        ("@pytest.mark.unit\ndef test_it(): pass", "test_module.py declares no category"),
        (
            "pytestmark = pytest.mark.unit\n@pytest.mark.system\ndef test_it(): pass",
            "test_it has a category of its own (system)",
        ),
        (
            "pytestmark = pytest.mark.unit\n@pytest.mark.models\ndef test_it(): pass",
            "test_module.py is unit, but test_it needs models",
        ),
        ("pytestmark = [pytest.mark.unit, pytest.mark.room]\ndef test_it(): pass", "needs room"),
    ],
)
def test_a_module_without_its_one_category_is_refused(tmp_path: Path, module: str, complaint: str) -> None:
    done = run(tmp_path, module)
    assert done.returncode == USAGE_ERROR, done.stdout
    assert complaint in done.stderr
    assert "pytestmark = pytest.mark.unit" in done.stderr


def test_a_unit_test_that_leaves_its_process_fails_even_if_nobody_notices(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        "import subprocess, socket, contextlib\npytestmark = pytest.mark.unit\n"
        "def test_process():\n    with contextlib.suppress(OSError): subprocess.run(['true'])\n"
        "def test_network():\n    with contextlib.suppress(OSError): socket.create_server(('127.0.0.1', 0))\n"
        "def test_inside(): pass\n",
    )
    assert "2 failed, 1 passed" in done.stdout
    assert "subprocess.Popen; it is integration" in done.stdout
    assert "socket.bind" in done.stdout


def test_the_fast_run_leaves_out_what_needs_more_than_python(tmp_path: Path) -> None:
    module = (
        "pytestmark = pytest.mark.integration\n"
        "@pytest.mark.models\ndef test_models(): assert False\n"
        "@pytest.mark.slow\ndef test_slow(): assert False\n"
        "def test_quick(): pass\n"
    )
    assert "1 passed, 2 deselected" in run(tmp_path, module, "--fast").stdout
