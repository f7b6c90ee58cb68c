"""A table in Markdown, read aloud: each row is a sentence that names its columns."""

from __future__ import annotations

import re
from collections.abc import Callable

from hearthd.text.duration import is_han

_RULED = re.compile(r":?-+:?")


class Table:
    """Takes a table line by line; returns what to say after each."""

    def __init__(self, plain: Callable[[str], str]) -> None:
        """``plain`` takes the marks out of a cell."""
        self._plain = plain
        self._first: list[str] | None = None
        self._header: list[str] | None = None

    @property
    def pending(self) -> bool:
        """Whether a table is going on."""
        return self._first is not None or self._header is not None

    def row(self, line: str) -> str:
        """The next line, its bars included."""
        raw = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if all(_RULED.fullmatch(cell) for cell in raw):
            self._header, self._first = self._first or self._header, None
            return ""
        cells = [self._plain(cell) for cell in raw]
        if self._header is not None:
            return _sentence(cells, self._header)
        before = self._first
        self._first = cells
        return _sentence(before, None) if before else ""

    def flush(self) -> str:
        """The table is over."""
        before, self._first, self._header = self._first, None, None
        return _sentence(before, None) if before else ""


def _sentence(cells: list[str], header: list[str] | None) -> str:
    """A row as a sentence: "London: high 22, low 14."."""
    han = any(map(is_han, "".join(cells + (header or []))))
    comma, colon, stop = ("，", "：", "。\n") if han else (", ", ": ", ".\n")
    rest = cells[1:]
    if header and len(header) > 2:
        pairs = zip(header[1:], rest, strict=False)
        rest = [f"{name} {cell}" if not han else f"{name}{cell}" for name, cell in pairs if cell]
    said = comma.join(cell for cell in rest if cell)
    row = colon.join(part for part in (cells[0], said) if part)
    return row + stop if row else ""
