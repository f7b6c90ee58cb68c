"""What every test may use, and what keeps one test's traces from another's (and from the owner's files)."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from hearthd import models
from hearthd.engines.protocols import EngineError
from hearthd.service.journal import QuietHandler

settings.register_profile("patient", deadline=None)  # a loaded machine is slow; that is no fault
settings.load_profile("patient")

ALONE = ("room", "alone")
"""The markers of tests that go by the clock. Of two processes that share the tests (``-n 2``), one has all of
these, last, and the other does nothing meanwhile."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What goes by the clock comes last; the tests of a file stay with the process that began it."""
    items.sort(key=_goes_by_the_clock)
    for item in items:
        group = "alone" if _goes_by_the_clock(item) else item.path.as_posix()
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Many at a time, or one that goes by the clock."""
    with (item.config.rootpath / "pyproject.toml").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if _goes_by_the_clock(item) else fcntl.LOCK_SH)
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Iterator[Any]:
    """What a test printed may hold half a character, which could not be told to the other process."""
    return _told((yield))


def _told(value: Any) -> Any:
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case dict():
            return {key: _told(one) for key, one in value.items()}
        case list() | tuple():
            return type(value)(_told(one) for one in value)
    return value


def _goes_by_the_clock(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ALONE)


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every test has a state folder of its own, no configuration from outside, and the log as it was."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("STATE_DIRECTORY", str(folder))
    monkeypatch.delenv("HEARTHD_CONFIG", raising=False)
    yield folder
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h, QuietHandler)]:
        root.removeHandler(handler)


@pytest.fixture(autouse=True)
def needs_models(request: pytest.FixtureRequest) -> None:
    """Skip a test marked ``models`` where the starter models are not."""
    if request.node.get_closest_marker("models") is None:
        return
    try:
        for name in ("openwakeword", "whisper-base", "qwen2.5-coder-0.5b", "kokoro"):
            models.path(name)
    except EngineError as error:
        pytest.skip(str(error))
