"""Reads the configuration: TOML file, then environment, into one ``Settings``; names every mistake.

An unknown key is an error with its line and the nearest valid name, because a misspelt key that is
silently ignored is found months later. ``HEARTHD_SECTION__KEY`` overrides any key.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from hearthd.common import toml_file
from hearthd.common.toml_file import shown
from hearthd.config.settings import Settings

SYSTEM_CONFIG = Path("/etc/hearthd/hearthd.toml")
ENVIRONMENT_PREFIX = "HEARTHD_"
OTHER_VARIABLES = {"HEARTHD_CONFIG", "HEARTHD_MODELS", "HEARTHD_TRAIN_PYTHON"}
MAX_BYTES = 1_000_000
"""No configuration is larger; a larger file is the wrong file."""


MAX_PROBLEMS = 50
"""So many mistakes are named: of a wrong file every line is one."""
MAX_DEPTH = 4
"""Tables within tables: no key of ours lies deeper."""


class ConfigError(Exception):
    """The configuration cannot be used. ``problems`` names every mistake, one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def find(path: str | None) -> Path | None:
    """The file to read: ``path``, ``$HEARTHD_CONFIG``, or the system's if it exists. None: defaults only."""
    named = path or os.environ.get("HEARTHD_CONFIG", "")
    if named:
        return Path(named)
    return SYSTEM_CONFIG if SYSTEM_CONFIG.exists() else None


def load(path: str | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of file and environment. Raises ConfigError with every mistake found."""
    file = find(path)
    text, values = _read(file) if file is not None else ("", {})
    overridden = _override(values, os.environ if environment is None else environment)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        mistakes = error.errors()
        problems = [_describe(item, str(file), text, overridden) for item in mistakes[:MAX_PROBLEMS]]
        if len(mistakes) > MAX_PROBLEMS:
            problems.append(f"{file}: and {len(mistakes) - MAX_PROBLEMS} mistakes more")
        raise ConfigError(problems) from None


def _read(file: Path) -> tuple[str, dict[str, Any]]:
    try:
        return toml_file.read(file, MAX_BYTES, "a hearthd configuration")
    except toml_file.TomlError as error:
        raise ConfigError([str(error)]) from None


def _override(values: dict[str, Any], environment: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Put ``HEARTHD_SECTION__KEY`` variables into ``values``; return which keys came from which variable."""
    overridden: dict[tuple[str, ...], str] = {}
    for variable, raw in sorted(environment.items()):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable in OTHER_VARIABLES:
            continue
        path = tuple(part.lower() for part in variable[len(ENVIRONMENT_PREFIX) :].split("__"))
        if len(path) == 1 and path[0] not in Settings.model_fields:
            continue  # not ours to judge: HEARTHD_TEST_OLLAMA and the like
        if len(path) > MAX_DEPTH:
            raise ConfigError([f"${shown(variable)}: there is no such key"])
        table = values
        for part in path[:-1]:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise ConfigError([f"{variable}: {part} is not a table"])
        table[path[-1]] = _parse(raw, path)
        overridden[path] = variable
    return overridden


def _parse(raw: str, path: tuple[str, ...]) -> Any:
    """The value as TOML reads it; a bare word where the key wants a string."""
    if _kind(path) is str:
        return raw
    try:
        return toml_file.parse(f"value = {raw}")["value"]
    except ValueError:
        return raw


def _kind(path: tuple[str, ...]) -> Any:
    model: Any = Settings
    for part in path:
        if not (isinstance(model, type) and issubclass(model, BaseModel)) or part not in model.model_fields:
            return None
        model = model.model_fields[part].annotation
    return model


def _fields(path: tuple[str | int, ...]) -> list[str]:
    """The valid key names of the table at ``path``."""
    model: Any = Settings
    for part in path:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part) if hasattr(model, "model_fields") else None
        if field is None:
            return []
        model = field.annotation
        arguments = getattr(model, "__args__", ())
        if arguments and not hasattr(model, "model_fields"):
            model = arguments[0]
    return list(getattr(model, "model_fields", {}))


def _line_of(path: tuple[str | int, ...], text: str) -> int | None:
    """The line where the key at ``path`` stands in the TOML ``text``."""
    section = [str(part) for part in path[:-1] if isinstance(part, str)]
    wanted_item = next((part for part in path if isinstance(part, int)), None)
    key = str(path[-1]) if path else ""
    current: list[str] = []
    item = -1
    table_line = None
    for number, line in enumerate(text.split("\n"), 1):
        header = re.match(r"\s*\[(\[)?([^\[\]]+)\]", line)
        if header:
            current = [part.strip().strip("\"'") for part in header.group(2).split(".")]
            if header.group(1) and current == section:
                item += 1
            if current == [*section, key]:
                table_line = number
            continue
        if wanted_item is not None and header is None and current == section and item != wanted_item:
            continue
        found = re.match(r"\s*([A-Za-z0-9_\-\"'.]+?)\s*=", line)
        if found:
            full = current + [part.strip("\"'") for part in found.group(1).split(".")]
            if full == [*section, key]:
                return number
    return table_line


def place(path: tuple[str | int, ...], config: str | None = None) -> str:
    """Where the key at ``path`` is set: file and line, or environment variable. Raises ConfigError."""
    file = find(config)
    text, values = _read(file) if file is not None else ("", {})
    return _place(path, str(file or "the defaults"), text, _override(values, os.environ))


def _place(path: tuple[str | int, ...], file: str, text: str, overridden: dict[tuple[str, ...], str]) -> str:
    names = tuple(part for part in path if isinstance(part, str))
    for length in range(len(names), 0, -1):
        if variable := overridden.get(names[:length]):
            return f"${shown(variable)}"
    line = _line_of(path, text)
    while line is None and len(path) > 1:  # it sits inside a value
        path = path[:-1]
        line = _line_of(path, text)
    return f"{file}:{line}" if line else file


def _describe(item: Any, file: str, text: str, overridden: dict[tuple[str, ...], str]) -> str:
    path: tuple[str | int, ...] = tuple(item["loc"])
    names = [part for part in path if isinstance(part, str)]
    where = _place(path, file, text, overridden)
    dotted = shown(".".join(names))
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(names[-1][:64], _fields(path[:-1]), n=1, cutoff=0.5)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        return f'{where}: unknown key "{dotted}"{hint}'
    got = shown(repr(item["input"]))
    return f"{where}: {dotted}: {item['msg']} (got {got})"
