"""Runs the benches named (or all) and prints a table, or with ``--json`` one object a line."""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

import tests.bench
from tests.bench import CannotRun, Figure, people


def names() -> list[str]:
    """Every bench there is: the modules of this package that are not private."""
    return sorted(m.name for m in pkgutil.iter_modules(tests.bench.__path__) if not m.name.startswith("_"))


def main() -> int:
    """Run them; 1 if one failed or none could run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(names())}")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")
    parser.add_argument("--recordings", metavar="DIR", help="people: the folder of recordings")
    parser.add_argument("--only", metavar="SECTIONS", help=f"people: {', '.join(people.SECTIONS)} (all)")
    parser.add_argument(
        "--most",
        type=int,
        metavar="N",
        help="people, backchannels, first replies: at most so many of a kind (40)",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="the same: which ones are drawn (1)")
    arguments = parser.parse_args()
    for option in ("recordings", "only", "most", "seed"):
        if (value := getattr(arguments, option)) is not None:
            setattr(people.options, option, value)
    unknown = set(arguments.names) - set(names())
    if unknown:
        parser.error(f"no such bench: {', '.join(sorted(unknown))} (there are: {', '.join(names())})")
    printed = 0
    for name in arguments.names or names():
        try:
            figures: list[Figure] = []
            for figure in importlib.import_module(f"tests.bench.{name}").run():
                figures.append(figure)
                if arguments.json:
                    print(json.dumps(asdict(figure)), flush=True)
        except CannotRun as reason:
            print(f"{name}: cannot run here: {reason}", file=sys.stderr)
        printed += len(figures)
        if figures and not arguments.json:
            show(figures)
    return 0 if printed else 1


def show(figures: list[Figure]) -> None:
    """Print the figures of one bench as a table."""
    table = Table("bench", "figure", "value", "unit", "baseline", "ratio", "n")
    for f in figures:
        cells = [f"{x:.4g}" if x is not None else "" for x in (f.value, f.baseline, f.ratio)]
        table.add_row(f.bench, f.figure, cells[0], f.unit, cells[1], cells[2], str(f.n))
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
