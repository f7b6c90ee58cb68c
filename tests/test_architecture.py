"""The rooms of the package, their order, and that nothing is built against it."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hearthd.config.settings import Settings

pytestmark = pytest.mark.unit

PACKAGE = Path(__file__).parents[1] / "daemon" / "hearthd"

PAGE = (PACKAGE.parents[1] / "docs" / "architecture.md").read_text("utf-8")

ROOMS = [
    "cli",
    "cli.commands",
    "app",
    "wyoming_server",
    "rooms",
    "training.chat",
    "conversation",
    "actions",
    "actions.timers",
    "frontend",
    "satellites",
    "tools",
    "knowledge",
    "home_assistant",
    "speech",
    "training",
    "training.voice",
    "training.wake",
    "mqtt",
    "engines.tts",
    "engines.tts.gsv_lite",
    "engines.tts.gpt_sovits",
    "engines.tts.embedded",
    "engines.llm",
    "engines.wake_word",
    "engines.vad",
    "engines.asr",
    "engines",
    "audio.devices",
    "audio.echo",
    "audio.playback",
    "audio",
    "models",
    "voices",
    "report",
    "history",
    "config",
    "dialogue",
    "turn_taking",
    "text.understand",
    "text.normalize",
    "text",
    "service",
    "common",
]
"""From the top floor down: a room may import from those that stand behind it here."""


@dataclass(frozen=True)
class Import:
    """``importer`` imports from ``imported``, both as modules without the package's name."""

    importer: str
    imported: str

    def __str__(self) -> str:
        return f"{self.importer} imports {self.imported}"


def parsed(path: Path) -> ast.Module:
    """The module's syntax tree."""
    return _parsed(path.read_text("utf-8"))


_parsed = functools.cache(ast.parse)


def modules(package: Path) -> dict[str, Path]:
    """Every module below ``package`` by its dotted name; "" is the package itself."""
    found = {}
    for path in package.rglob("*.py"):
        parts = path.relative_to(package).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(package: Path) -> Iterator[Import]:
    """What the modules import of each other, inside functions too."""
    known = modules(package)
    for name, path in known.items():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{name}: imports are absolute"
                targets = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                targets = [alias.name for alias in node.names]
            else:
                continue
            for target in targets:
                if target.split(".")[0] != package.name:
                    continue
                inside = target.partition(".")[2]
                while inside not in known:  # a name that the module offers
                    inside = inside.rpartition(".")[0]
                yield Import(name, inside)


def room_of(module: str, package: Path) -> str:
    """The folder that ``module`` stands in; a package is its own room."""
    return module if (package / module.replace(".", "/")).is_dir() else module.rpartition(".")[0]


def faults(package: Path, rooms: list[str]) -> list[str]:
    """Everything that is built against the order of ``rooms``, each in one line."""
    known = modules(package)
    found = [
        f"{name} stands at the root, outside every room"
        for name in known
        if name not in ("", "__main__") and "." not in name and not (package / name).is_dir()
    ]
    here = {room_of(name, package) for name in known} - {""}
    found += [f"the room {room} is not in the order" for room in sorted(here - {*rooms})]
    found += [f"the room {room} is in the order and not in the package" for room in rooms if room not in here]
    for room in sorted(here):
        if may_import(room, package) is None:
            found.append(f"{room} does not say what it is for and what it may import")
    place = {room: number for number, room in enumerate(rooms)}
    for one in imports(package):
        above, below = room_of(one.importer, package), room_of(one.imported, package)
        if above not in place or below not in place or above == below:
            continue
        if place[above] > place[below]:
            found.append(f"{one}: up, from {above} to {below}")
        elif not allowed(below, may_import(above, package) or ""):
            found.append(f"{one}: {above} does not say that it may import {below}")
    return found + [f"a circle: {' -> '.join(circle)}" for circle in circles(package)]


def may_import(room: str, package: Path) -> str | None:
    """What the room's docstring says it may import; None if it says nothing, or not what it is for."""
    init = package / room.replace(".", "/") / "__init__.py"
    docstring = ast.get_docstring(parsed(init)) if init.exists() else None
    says = re.search(r"\S.*\n\nMay import: ([^.].*?)\.$", docstring or "", re.DOTALL)
    return " ".join(says.group(1).split()) if says else None


def allowed(room: str, rooms: str) -> bool:
    """Whether ``rooms``, as a docstring lists them, hold ``room``: a name holds the rooms inside it."""
    if rooms.startswith("every room"):
        return not any(room.startswith(name) for name in rooms.partition(" but ")[2].split(", ") if name)
    return any(room == name or room.startswith(f"{name}.") for name in rooms.split(", "))


def circles(package: Path) -> Iterator[list[str]]:
    """Modules that import each other, directly or through others: each circle once."""
    graph: dict[str, set[str]] = {name: set() for name in modules(package)}
    for one in imports(package):
        if one.imported and one.imported != one.importer:
            graph[one.importer].add(one.imported)
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> Iterator[list[str]]:
        if name in way:
            yield [*way[way.index(name) :], name]
        elif name not in done:
            for following in sorted(graph[name]):
                yield from walk(following, [*way, name])
            done.add(name)

    for name in sorted(graph):
        yield from walk(name, [])


def figures(package: Path, rooms: list[str]) -> str:
    """The package as a graph of its rooms, in one sentence."""
    arrows = {
        (room_of(one.importer, package), room_of(one.imported, package))
        for one in imports(package)
        if one.importer and one.imported
    }
    arrows = {(above, below) for above, below in arrows if above != below and above and below}
    place = {room: number for number, room in enumerate(rooms)}
    floor: dict[str, int] = {}
    for room in reversed(rooms):
        floor[room] = 1 + max((floor[below] for above, below in arrows if above == room), default=-1)
    up = sum(place[above] > place[below] for above, below in arrows)
    return (
        f"{len(rooms)} rooms on {1 + max(floor.values())} floors, {len(arrows)} arrows between them, "
        f"{up} of them up, {len(list(circles(package)))} circles."
    )


def test_the_page_shows_the_rooms_in_this_order() -> None:
    table = PAGE.partition("<!-- rooms")[2].partition("<!-- end of rooms")[0]
    assert re.findall(r"^\| `([a-z_.]+)` \|", table, re.MULTILINE) == ROOMS


def test_every_import_runs_down_and_every_room_says_what_it_is_for() -> None:
    assert faults(PACKAGE, ROOMS) == []


def names_in(path: Path) -> set[str]:
    """Every name that the code of a module uses or defines."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                found.add(name)
    return found


def pointed_at(path: Path) -> list[str]:
    """What a module's comments and docstrings point at, as ``room.module`` or ``module.name``."""
    return re.findall(r"``([a-z_]+(?:\.[A-Za-z_]+)+)(?:\(\))?``", path.read_text("utf-8"))


def test_what_a_comment_points_at_is_there() -> None:
    names = {name: names_in(path) for name, path in modules(PACKAGE).items()}
    keys = Settings.model_fields.keys()

    def there(pointer: str) -> bool:
        parts = pointer.split(".")
        for count in range(len(parts), 0, -1):
            front = ".".join(parts[:count])
            if found := [name for name in names if name == front or name.endswith(f".{front}")]:
                return any({*parts[count:]} <= names[name] for name in found)
        return False

    gone = [
        f"{name}: {pointer}"
        for name, path in modules(PACKAGE).items()
        for pointer in pointed_at(path)
        if not there(pointer)
        and pointer.split(".")[0] not in names[name] | keys  # an object of its own, a configuration key
        and pointer.rpartition(".")[2] not in ("onnx", "toml")
    ]
    assert gone == []


def test_no_two_classes_have_the_same_name() -> None:
    found: dict[str, list[str]] = {}
    for module, path in modules(PACKAGE).items():
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(module)
    assert {name: where for name, where in found.items() if len(where) > 1} == {}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A package of two rooms, in order."""
    package = tmp_path / "built"
    for room, imported in {"upper": "from built.lower import cellar", "lower": ""}.items():
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").write_text(f'"""The {room} room.\n\nMay import: lower.\n"""\n')
        (package / room / ("attic.py" if room == "upper" else "cellar.py")).write_text(imported + "\n")
    (package / "__init__.py").touch()
    assert faults(package, ["upper", "lower"]) == []
    return package


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        (
            "lower/cellar.py",
            "def f():\n    from built.upper import attic",
            "lower.cellar imports upper.attic: up, ",
        ),
        (
            "lower/cellar.py",
            "import built.upper.attic",
            "a circle: lower.cellar -> upper.attic -> lower.cellar",
        ),
        ("loose.py", "", "loose stands at the root"),
        ("lower/__init__.py", '"""The lower room."""', "lower does not say"),
        (
            "upper/__init__.py",
            '"""A room.\n\nMay import: nothing.\n"""',
            "upper.attic imports lower.cellar: upper does",
        ),
        ("upper/annex/__init__.py", '"""May import nothing."""', "the room upper.annex is not in the order"),
    ],
)
def test_what_is_built_against_the_order_is_named(built: Path, file: str, text: str, told: str) -> None:
    (built / file).parent.mkdir(exist_ok=True)
    (built / file).write_text(text + "\n")
    assert any(fault.startswith(told) for fault in faults(built, ["upper", "lower"]))


if __name__ == "__main__":
    print(figures(PACKAGE, ROOMS))
