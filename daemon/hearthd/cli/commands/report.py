"""``hearthd report``: the latency of the stored turns, as a picture."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from hearthd.common import paths, terminal
from hearthd.common.whole_file import replacing, same_file
from hearthd.history.schema import FILE

DEFAULT = "hearthd-report.html"

EPILOG = """\
The page is one file without scripts, and holds times only: nothing of what anybody said. The waterfall
shows each turn from the end of the person's speech to the first sound of the answer; a mark inside a
bar is a stage that was done before it was needed.

  hearthd report                            writes hearthd-report.html
  hearthd report --png report.png           the same pictures, for a chat or an issue
  hearthd report --out - | ssh host cat ... the page to the standard output
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``report``."""
    parser = commands.add_parser(
        "report",
        help="latency waterfall and trends of the stored turns, as a page or a picture",
        description="Draw where the time of the stored turns went, and how it moves from day to day.",
        epilog=EPILOG,
    )
    parser.add_argument(
        "--out", metavar="F.html", help=f"the page to write (default {DEFAULT}; - for stdout)"
    )
    parser.add_argument("--png", metavar="F.png", help="write one PNG (and a page only with --out)")
    parser.add_argument(
        "--last", type=_count, default=1000, metavar="N", help="use the last N turns (default 1000)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0: written; 1: no history that could be read, or nowhere to write."""
    database = paths.state_dir() / FILE
    try:
        turns = stored_turns(database, arguments.last)
    except sqlite3.Error as error:
        terminal.complain(f"{database}: {error}")
        return 1
    from hearthd.report import page

    out = arguments.out or (None if arguments.png else DEFAULT)
    for written in (out, arguments.png):
        if written and same_file(Path(written), database):
            terminal.complain(f"{written} is the history itself; write somewhere else")
            return 1
    try:
        if out == "-":
            sys.stdout.write(page.build(turns) + "\n")
        elif out is not None:
            with replacing(Path(out)) as new:
                new.write_text(page.build(turns), encoding="utf-8")
        if arguments.png:
            with replacing(Path(arguments.png)) as new:
                new.write_bytes(page.picture(turns))
    except OSError as error:
        terminal.complain(f"{error.filename}: {error.strerror}")
        return 1
    for written in (None if out == "-" else out, arguments.png):
        if written:
            terminal.note(f"{written}: {len(turns)} turns")
    return 0


def stored_turns(database: Path, last: int) -> list[Mapping[str, Any]]:
    """The fields of the last turns, any order; none if nothing was stored yet. Raises sqlite3.Error.

    Read-only, beside a running daemon: the store itself would take the turn in progress for one that a
    crash cut off.
    """
    if not database.exists():
        return []
    with closing(
        sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
    ) as connection:
        connection.row_factory = sqlite3.Row
        try:
            rows = connection.execute("SELECT * FROM turns ORDER BY started_at DESC LIMIT ?", (last,))
            return [dict(row) for row in rows]
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1_000_000:
        raise argparse.ArgumentTypeError("1 to 1000000")
    return value
