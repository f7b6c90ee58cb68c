"""Reads TOML that a person wrote, or anybody: whatever is wrong with it is one kind of error."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from hearthd.common.printable import without_credentials

SHOWN = 120
"""Characters of a value that an error shows."""


class TomlError(Exception):
    """The file cannot be used. The message is a line that names it and the mistake."""


def read(path: Path, limit: int, what: str) -> tuple[str, dict[str, Any]]:
    """The text of the file at ``path`` and what it says. ``what`` it would be, for one above ``limit`` bytes.

    Raises TomlError.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(limit + 1)
    except OSError as error:
        raise TomlError(f"{path}: {error.strerror or error}") from None
    if len(raw) > limit:
        raise TomlError(f"{path}: larger than {limit} bytes: not {what}")
    try:
        text = raw.decode("utf-8-sig")  # editors of another system put a mark before the text
    except UnicodeDecodeError as error:
        raise TomlError(f"{path}: not UTF-8 text (byte {error.start})") from None
    try:
        return text, parse(text)
    except ValueError as error:
        raise TomlError(f"{path}: {error}") from None


def parse(text: str) -> dict[str, Any]:
    """What ``text`` says. Raises ValueError that names the mistake.

    tomllib raises more than its own error: Python's limit of 4,300 digits is a ValueError, and a thousand
    brackets are a RecursionError.
    """
    try:
        values = tomllib.loads(text)
        repr(values)  # as deep as it can be read, but not shown, checked or compared
    except tomllib.TOMLDecodeError as error:
        raise ValueError(shown(str(error))) from None
    except ValueError:
        raise ValueError("a number in it has too many digits") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return values


def shown(text: str, limit: int = SHOWN) -> str:
    """``text`` as an error may show it: on a line, without what moves a cursor, not endless."""
    clean = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in without_credentials(text))
    return clean if len(clean) <= limit else f"{clean[:limit]}..."
