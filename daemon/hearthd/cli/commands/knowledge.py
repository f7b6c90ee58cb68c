"""``hearthd knowledge``: the documents that answers may draw on."""

from __future__ import annotations

import argparse
import re
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hearthd.common import terminal
from hearthd.common.errors import EngineError
from hearthd.common.paths import state_dir
from hearthd.config import loader

if TYPE_CHECKING:
    from hearthd.knowledge.index import Index

DESCRIPTION = """\
Documents that answers may draw on: text, Markdown, HTML and PDF. They stay where they are; their passages
and what these mean are kept in the state directory. A running speaker reads changed files within half a
minute, and notices the first `add` at the next question.

  hearthd knowledge add ~/papers         manuals, recipes, timetables
  hearthd knowledge search "when is the rubbish collected"
"""


def register(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "knowledge",
        help="documents that answers may draw on",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="read a folder (or a file), and read it again when it changes")
    add.add_argument("folder", type=Path)
    add.add_argument(
        "--workspace",
        type=_workspace,
        metavar="NAME",
        help="put it into a workspace: a persona that names workspaces draws on theirs alone",
    )
    add.set_defaults(run=_with_index(_add))
    listed = actions.add_parser("list", help="the folders, the documents, and what could not be read")
    listed.set_defaults(run=_with_index(_list))
    remove = actions.add_parser("remove", help="forget a folder and all that was read in it")
    remove.add_argument("folder", type=Path)
    remove.set_defaults(run=_with_index(_remove))
    search = actions.add_parser("search", help="the passages that a question would find, with their scores")
    search.add_argument("question")
    search.add_argument(
        "--workspace", type=_workspace, action="append", default=[], metavar="NAME", help="only there"
    )
    search.add_argument("--limit", type=int, default=5, choices=range(1, 31), metavar="N", help="default 5")
    search.set_defaults(run=_with_index(_search))
    for each in (add, listed, remove, search):
        each.add_argument("--config", metavar="FILE", help="the configuration file")


def _workspace(text: str) -> str:
    if not re.fullmatch(r"[\w-]{1,32}", text):
        raise argparse.ArgumentTypeError("a workspace is named in letters, digits, - and _, 32 at most")
    return text


def _with_index(work: Callable[[Index, argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        from hearthd.knowledge.answers import FILE
        from hearthd.knowledge.index import Index

        path = state_dir() / FILE
        try:
            index = Index(path)
        except (sqlite3.Error, OSError) as error:
            raise EngineError(f"{path} is no knowledge index ({error}): move it away and add again") from None
        try:
            return work(index, arguments)
        except sqlite3.Error as error:
            raise EngineError(f"{path}: {error}") from None
        finally:
            index.close()

    return run


def _add(index: Index, arguments: argparse.Namespace) -> int:
    from rich.progress import track

    from hearthd.knowledge import embedder as embed
    from hearthd.knowledge.reading import read_each

    folder: Path = arguments.folder
    if not folder.exists():
        terminal.complain(f"{folder} does not exist")
        return 1
    embedder = embed.choose(loader.load(arguments.config))
    read = problems = 0
    try:
        index.add(folder, arguments.workspace)
        index.drop_missing()
        changed = index.changed(embedder.name)
        reading = read_each(index, embedder, changed, set())
        for path, problem in track(reading, "reading", total=len(changed), disable=not sys.stdout.isatty()):
            read += 1
            if problem:
                problems += 1
                terminal.note(f"{path} {problem}")
    finally:
        embedder.close()
    terminal.say(f"{read - problems} documents read, {problems} could not be")
    return 1 if problems and problems == read else 0


def _list(index: Index, arguments: argparse.Namespace) -> int:
    from rich.table import Table

    from hearthd.common import rich_console

    console = rich_console.console()
    folders = index.folders()
    if not folders:
        console.print("No documents yet: `hearthd knowledge add FOLDER`.")
        return 0
    away, workspaces = index.away(), index.workspaces()
    for folder in folders:
        mark = "  (cannot be read now)" if folder in away else ""
        workspace = f"  [{workspaces[folder]}]" if workspaces[folder] else ""
        console.print(f"{folder}{workspace}{mark}", markup=False)
    table = Table("document", "passages", "")
    for document in index.documents():
        table.add_row(document.file, str(document.passages), document.problem)
    console.print(table)
    return 0


def _remove(index: Index, arguments: argparse.Namespace) -> int:
    if index.remove(arguments.folder):
        terminal.say(f"{arguments.folder} is forgotten")
        return 0
    terminal.complain(f"{arguments.folder} was not added (see `hearthd knowledge list`)")
    return 1


def _search(index: Index, arguments: argparse.Namespace) -> int:
    from hearthd.knowledge import embedder as embed

    settings = loader.load(arguments.config)
    embedder = embed.choose(settings)
    try:
        found = index.search(arguments.question, embedder, arguments.limit, arguments.workspace)
    finally:
        embedder.close()
    for passage in found:
        mark = (
            "" if passage.score >= settings.knowledge.relevance else "  (too far from the question: not used)"
        )
        terminal.say(f"{passage.score:.2f}  {passage.file}{mark}\n{passage.text}\n")
    if not found:
        terminal.say("nothing found")
    return 0 if found else 1
