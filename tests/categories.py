"""Every test module says what kind of test it holds; ``--fast`` runs what needs nothing but Python.

A module declares ONE category, as a mark of the whole module (``pytestmark = pytest.mark.unit``):

=============  ====================================================================================
unit           the speaker's own code on data or on the virtual clock: no process, no network
integration    with the real thing beside it: a process, a socket, a server, a model
system         the whole speaker as it is installed and run, in real time
=============  ====================================================================================

What a test needs that may not be there (models, a broker, root …) is said by further marks, on the module or
on the test. A module that declares no category, or two, is refused, and a unit test that starts a process or
opens a connection fails.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

CATEGORIES = ("unit", "integration", "system")
NEEDS = ("models", "room", "mosquitto", "systemd", "gpt_sovits", "ollama")
"""What a test may need beside Python, as it is marked."""

HEAVY = (*NEEDS, "slow", "system")
"""What ``--fast`` leaves out. The runner marks it ``heavy``."""
ALONE = ("room", "systemd", "system")
"""What goes by the clock on the wall: it has the machine to itself. The runner marks it ``alone``."""

OUTSIDE = {
    "subprocess.Popen", "os.fork", "os.posix_spawn", "os.system",
    "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo",
}  # fmt: skip
"""Audit events that no unit test causes (asyncio's own pair of sockets causes none of them)."""

FEWER_EXAMPLES = 25
"""Of each property, in the fast run: at Hypothesis' 100 the properties took 20 s of its 80 s."""

settings.register_profile("patient", deadline=None)  # a loaded machine is slow; that is no fault
settings.register_profile("fast", deadline=None, max_examples=FEWER_EXAMPLES)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--fast``."""
    parser.addoption(
        "--fast", action="store_true", help="what needs no model, no server, no root; one to two minutes"
    )


def pytest_configure(config: pytest.Config) -> None:
    """How many examples a property is tried with."""
    settings.load_profile("fast" if config.getoption("--fast") else "patient")


def complaint(name: str, marks: Sequence[str], tests: Sequence[tuple[str, Sequence[str]]]) -> str:
    """What is wrong with a module with these ``marks``; "" if nothing. Each of its ``tests`` has its own."""
    declared = [mark for mark in marks if mark in CATEGORIES]
    if len(declared) != 1:
        return f"{name} declares {' and '.join(declared) or 'no category'}"
    for test, own in tests:
        if again := set(own) & set(CATEGORIES):
            return f"{name}: {test} has a category of its own ({again.pop()}); it belongs into another module"
        if declared == ["unit"] and (needs := set(own) & set(NEEDS)):
            return f"{name} is unit, but {test} needs {needs.pop()}"
    return ""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse modules without their one category; with ``--fast`` leave out what needs more than Python."""
    modules: dict[pytest.Module, list[pytest.Item]] = {}
    for item in items:
        if (module := item.getparent(pytest.Module)) is not None:
            modules.setdefault(module, []).append(item)
    wrong = []
    for module, its in modules.items():
        marks = [mark.name for mark in module.own_markers]
        tests = [(it.name, [m.name for n, m in it.iter_markers_with_node() if n is not module]) for it in its]
        needs = [(module.name, [mark for mark in marks if mark in NEEDS])]
        wrong.append(complaint(_path(module), marks, [*needs, *tests]))
    if wrong := [line for line in wrong if line]:
        raise pytest.UsageError(
            "each test module declares one category, such as pytestmark = pytest.mark.unit "
            f"({', '.join(CATEGORIES)}: tests/categories.py)\n  " + "\n  ".join(wrong)
        )
    kept, left = [], []
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        for marker, names in (("heavy", HEAVY), ("alone", ALONE)):
            if not marks.isdisjoint(names):
                item.add_marker(marker)
        (kept if marks.isdisjoint(HEAVY) else left).append(item)
    if config.getoption("--fast"):
        config.hook.pytest_deselected(items=left)
        items[:] = kept


def pytest_collection_finish() -> None:
    """Five thousand tests and all modules stay to the end: the collector need not look through them again."""
    gc.collect()
    gc.freeze()


_watched = False
_seen: list[str] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched and event in OUTSIDE:
        _seen.append(event)
        raise PermissionError(f"a unit test: no {event}")


sys.addaudithook(_audit)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A unit test stays within its process."""
    global _watched  # noqa: PLW0603 - an audit hook cannot be taken off again
    _watched = item.get_closest_marker("unit") is not None
    _seen.clear()
    try:
        result = yield
    finally:
        _watched = False
    if _seen:
        pytest.fail(f"a unit test that does {', '.join(_seen)}; it is integration")
    return result


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Iterator[Any]:
    """What a test printed may hold half a character, which pytest-xdist cannot hand to the other process."""
    return _sendable((yield))


def _sendable(value: Any) -> Any:
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case dict():
            return {key: _sendable(one) for key, one in value.items()}
        case list() | tuple():
            return type(value)(_sendable(one) for one in value)
    return value


def _path(module: pytest.Module) -> str:
    try:
        return Path(module.path).relative_to(module.config.rootpath).as_posix()
    except ValueError:
        return module.path.as_posix()
