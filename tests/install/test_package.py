"""What is installed is what the project says of itself."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import hearthd

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]


def test_the_package_says_that_it_is_typed_and_holds_its_data(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith(f"hearthd-{hearthd.__version__}-")
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
        metadata = file.read(next(n for n in names if n.endswith("/METADATA"))).decode()
    assert {"hearthd/py.typed", "hearthd/data/hearthd.toml", "hearthd/data/models.toml"} <= set(names)
    assert not [name for name in names if not name.startswith("hearthd")]
    assert "Project-URL" not in metadata  # there is no address that will stay


def test_the_changelog_begins_with_this_version_or_with_what_comes_after_it() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    heads = re.findall(r"^## (.*)$", changelog, re.MULTILINE)
    released = [head.split()[0] for head in heads if head != "Unreleased"]
    assert released[0] == hearthd.__version__
    assert heads.index("Unreleased") == 0 if "Unreleased" in heads else True
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ – \d{4}-\d\d-\d\d", h) for h in heads if h != "Unreleased")
