"""What the commands print in plain lines.

Foreign text (what people said, names of files, what servers answer) is shown, never obeyed: an escape
sequence in a file's name could write over what stands above it. For tables, colours and bars there is
``rich_console``; this needs no rich, which takes 50 ms to import.
"""

from __future__ import annotations

import json
import sys

from hearthd.common.printable import harmless, printable, without_credentials


def say(text: str) -> None:
    """Print ``text`` to standard output."""
    print(printable(text), flush=True)


def json_of(value: object, indent: int | None = None) -> str:
    """``value`` as JSON that people can read; what a terminal would obey is escaped, which JSON allows."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "".join(c if harmless(c) or c == "\n" else json.dumps(c)[1:-1] for c in text)


def say_json(value: object, indent: int | None = None) -> None:
    """Print ``value`` as JSON to standard output."""
    print(json_of(value, indent), flush=True)


def note(text: str) -> None:
    """Print ``text`` to standard error, a service's journal: no password of an address."""
    print(printable(without_credentials(text)), file=sys.stderr, flush=True)


def complain(error: object) -> None:
    """Say on standard error why something was not done."""
    note(f"hearthd: {error}")
