"""Adds a ``[[rooms]]`` table to the owner's configuration, and takes one out, and changes nothing else.

The text is edited, so comments and order stay. What results is read before it takes the old one's place: it
must be a configuration, with those rooms and all else as before; if not, nothing is written.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from pathlib import Path
from typing import Any

from hearthd.common import toml_file
from hearthd.common.whole_file import replacing
from hearthd.config import loader
from hearthd.config.loader import ConfigError

HEADER = re.compile(r"^\s*\[")
ROOM = re.compile(r"^\s*\[\[\s*rooms\s*\]\]")
BY_HAND = "edit it with an editor"


def add(path: str | None, entry: dict[str, str]) -> Path:
    """Append a table with ``entry``; returns the file. Raises ConfigError; then nothing has changed."""
    file = _file(path)
    text, values = _read(file)
    lines = "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in entry.items() if value
    )
    end = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
    rooms = values.get("rooms", [])
    if not isinstance(rooms, list):
        raise ConfigError([f"{file}: rooms is no list of tables: {BY_HAND}"])
    wanted = values | {"rooms": [*rooms, {key: value for key, value in entry.items() if value}]}
    _write(file, f"{text}{end}[[rooms]]\n{lines}", wanted)
    return file


def remove(path: str | None, name: str) -> Path:
    """Take out the table of the room ``name``; returns the file. Raises ConfigError; then nothing changed."""
    file = _file(path)
    text, values = _read(file)
    rooms = values.get("rooms", [])
    tables = [one for one in rooms if isinstance(one, dict)] if isinstance(rooms, list) else []
    number = next((n for n, one in enumerate(tables) if one.get("name") == name), None)
    if number is None:
        there = ", ".join(str(one.get("name")) for one in tables) or "none"
        shown = toml_file.shown(name)
        raise ConfigError([f'{file}: no room is called "{shown}" under [[rooms]] (there are: {there})'])
    left = [one for n, one in enumerate(tables) if n != number]
    wanted = {key: value for key, value in values.items() if key != "rooms"} | (
        {"rooms": left} if left else {}
    )
    _write(file, _without(text, number), wanted)
    return file


def _file(path: str | None) -> Path:
    file = loader.find(path)
    if file is None:
        raise ConfigError(
            [f"there is no configuration: name one with --config, or make {loader.SYSTEM_CONFIG}"]
        )
    return file


def _read(file: Path) -> tuple[str, dict[str, Any]]:
    try:
        return toml_file.read(file, loader.MAX_BYTES, "a hearthd configuration")
    except toml_file.TomlError as error:
        raise ConfigError([str(error)]) from None


def _without(text: str, number: int) -> str:
    """``text`` without the table of the ``number``-th room. The comment before the next table stays."""
    lines = text.splitlines(keepends=True)
    heads = [n for n, line in enumerate(lines) if ROOM.match(line)]
    if number >= len(heads):
        return text
    first = heads[number]
    after = next((n for n in range(first + 1, len(lines)) if HEADER.match(lines[n])), len(lines))
    last = after
    while last > first + 1 and lines[last - 1].lstrip()[:1] in ("#", ""):
        last -= 1
    rest = lines[last:]
    while rest and not rest[0].strip():
        del rest[0]
    return "".join([*lines[:first], *rest])


def _write(file: Path, text: str, wanted: dict[str, Any]) -> None:
    try:
        if toml_file.parse(text) != wanted:
            raise ValueError
    except ValueError:
        raise ConfigError(
            [f"{file}: [[rooms]] is written there in a way that is not understood: {BY_HAND}"]
        ) from None
    try:
        with replacing(file, durable=True) as new:
            new.write_text(text, encoding="utf-8")
            try:
                loader.load(str(new))
            except ConfigError as error:
                raise ConfigError([line.replace(str(new), str(file)) for line in error.problems]) from None
            before = file.stat()
            with contextlib.suppress(PermissionError):
                os.chown(new, before.st_uid, before.st_gid)
    except OSError as error:
        raise ConfigError(
            [f"{file}: {error.strerror or error}: it belongs to somebody else; with sudo?"]
        ) from None
