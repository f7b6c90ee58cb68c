"""What every test may use, and what keeps one test's traces from another's (and from the owner's files)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from hearthd.common.errors import EngineError
from hearthd.models import manifest
from hearthd.service.journal import QuietHandler

pytest_plugins = ["tests.categories"]


@pytest.fixture(scope="session")
def state_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder after the other. ``mktemp`` looks through all that are there for the next number: 5 s."""
    root = tmp_path_factory.mktemp("states")
    return (root / str(number) for number in count())


@pytest.fixture(autouse=True)
def own_state(state_folders: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every test has a state folder of its own, no configuration from outside, and the log as it was."""
    folder = next(state_folders)
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("STATE_DIRECTORY", str(folder))
    monkeypatch.delenv("HEARTHD_CONFIG", raising=False)
    root, ours = logging.getLogger(), logging.getLogger("hearthd")
    levels = root.level, ours.level, logging.root.manager.disable
    yield folder
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    logging.disable(levels[2])
    for handler in [h for h in root.handlers if isinstance(h, QuietHandler)]:
        root.removeHandler(handler)


@pytest.fixture(autouse=True)
def needs_models(request: pytest.FixtureRequest) -> None:
    """Skip a test marked ``models`` where the starter models are not."""
    if request.node.get_closest_marker("models") is None:
        return
    try:
        for name in ("openwakeword", "whisper-base", "qwen2.5-coder-0.5b", "kokoro"):
            manifest.path(name)
    except EngineError as error:
        pytest.skip(str(error))
