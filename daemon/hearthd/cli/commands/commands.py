"""``hearthd commands``: what is understood without a model, and what a sentence would do."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.table import Table

from hearthd.common import rich_console, terminal

if TYPE_CHECKING:
    from hearthd.actions.matcher import Matcher
    from hearthd.dialogue.intent import SpokenCommand

MAX_LINE = 10_000
"""Characters of a line of standard input; the rest is not read as a sentence."""
EXAMPLES = 3


def register(commands: Any) -> None:
    """Add ``commands`` to the subcommands."""
    parser = commands.add_parser(
        "commands",
        help="what is understood without a model, and what a sentence would do",
        epilog="examples:\n"
        "  hearthd commands list\n"
        '  hearthd commands try "set a pasta timer for ten minutes"\n'
        "  hearthd commands try --json <sentences.txt      one sentence a line",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|try")
    listing = actions.add_parser("list", help="every command, with sentences for it in both languages")
    listing.add_argument("--markdown", action="store_true", help="as the page docs/commands.md")
    listing.set_defaults(run=_list)
    trying = actions.add_parser("try", help="what the speaker would do, and how long it takes to decide")
    trying.add_argument(
        "sentences", nargs="*", metavar="SENTENCE", help="(none: one a line from standard input)"
    )
    trying.add_argument(
        "--language", choices=("en", "zh"), default="", help="what the recogniser took it for"
    )
    trying.add_argument("--now", type=_time, metavar="ISO", help="the local time at which it is said (now)")
    trying.add_argument("--json", action="store_true", help="one object a line")
    trying.set_defaults(run=_try)
    for action in (listing, trying):
        action.add_argument("--config", metavar="FILE", help="configuration file")


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is no time like 2026-11-27T09:30') from None


def _matcher() -> Matcher:
    from hearthd.actions.matcher import Matcher
    from hearthd.config import personas

    known = {}
    for name in personas.available():
        with suppress(personas.PersonaError):  # `hearthd personas list` tells what is wrong with it
            known[name] = personas.load(name).names
    return Matcher(known)


def _list(arguments: argparse.Namespace) -> int:
    from hearthd.actions.manual import manual
    from hearthd.actions.matcher import sentences
    from hearthd.actions.table import NAMES

    if arguments.markdown:
        terminal.say(manual().rstrip("\n"))
        return 0
    table = Table("command", "English", "Chinese", show_lines=True)
    said = [sentences(language).examples for language in ("en", "zh")]
    for name in NAMES:
        table.add_row(name, *("\n".join(examples.get(name, [])[:EXAMPLES]) for examples in said))
    rich_console.console().print(table)
    return 0


def _try(arguments: argparse.Namespace) -> int:
    matcher = _matcher()
    warm = arguments.now or datetime.now()
    for sentence in ("What time is it?", "现在几点？"):
        matcher.understand(sentence, warm)
    for sentence in arguments.sentences or _lines(sys.stdin):
        now = arguments.now or datetime.now()
        began = time.perf_counter()
        command = matcher.understand(sentence, now, arguments.language)
        milliseconds = round((time.perf_counter() - began) * 1000, 2)
        if arguments.json:
            said: dict[str, Any] = _shown(command) if command else {"command": None, "slots": {}}
            if command and command.then:
                said["then"] = [_shown(one) for one in command.then]
            said["ms"] = milliseconds
            terminal.say_json(said)
            continue
        found = [command, *command.then] if command else []
        terminal.say("  ".join([*([_line(one) for one in found] or ["no command"]), f"({milliseconds} ms)"]))
    return 0


def _shown(command: SpokenCommand) -> dict[str, Any]:
    return {"command": command.name, "slots": dict(command.slots)}


def _line(command: SpokenCommand) -> str:
    return "  ".join([command.name, *(f"{name}={value}" for name, value in command.slots.items())])


def _lines(stream: Iterable[str]) -> Iterator[str]:
    for line in stream:
        if sentence := line[:MAX_LINE].strip():
            yield sentence
