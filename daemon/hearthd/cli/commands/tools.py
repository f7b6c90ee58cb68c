"""``hearthd tools``: the tools of other servers, and whether they still are what was accepted."""

from __future__ import annotations

import argparse
from typing import Any

from rich.table import Table

from hearthd.common import rich_console, terminal
from hearthd.common.paths import state_dir
from hearthd.config import loader


def register(commands: Any) -> None:
    """Add ``tools`` to the subcommands."""
    parser = commands.add_parser(
        "tools",
        help="the model's tools of other servers, and accept what has changed",
        epilog="examples:\n"
        "  hearthd tools list                      what was offered when the speaker last looked\n"
        "  hearthd tools accept weather            its tools may be as they are now",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|accept")
    listing = actions.add_parser(
        "list",
        help="the tools of other servers",
        description="The tools of other servers as the speaker last saw them. The model reads a tool's"
        " description as an instruction: one that has changed since it was accepted is not offered.",
    )
    accepting = actions.add_parser(
        "accept",
        help="accept what has changed",
        description="Accept a server's tools as they are now; the speaker takes it up within a minute.",
    )
    accepting.add_argument("server", metavar="SERVER", help="the server's name in [[tools.mcp]]")
    for action, run in ((listing, _list), (accepting, _accept)):
        action.add_argument("--config", metavar="FILE", help="configuration file")
        action.set_defaults(run=run)


def _list(arguments: argparse.Namespace) -> int:
    from hearthd.tools.pins import FILE, Pins

    loader.load(arguments.config)
    pins = Pins(state_dir() / FILE)
    if not pins.servers:
        terminal.say("no tools of other servers are known: the speaker has not seen any yet")
        return 0
    table = Table("server", "tool", "state", "description")
    for server in pins.servers:
        for name, pinned in sorted(pins.of(server).items()):
            now = pinned.changed or pinned.accepted
            state = "accepted" if pinned.changed is None else "changed: not offered"
            description = now.description if now is not None else ""
            table.add_row(server, name, state, description)
    rich_console.console().print(table)
    return 0


def _accept(arguments: argparse.Namespace) -> int:
    from hearthd.tools.pins import FILE, Pins, PinsError

    loader.load(arguments.config)
    pins = Pins(state_dir() / FILE)
    if arguments.server not in pins.servers:
        known = ", ".join(pins.servers) or "none"
        terminal.complain(f"no tools of {arguments.server[:64]} are known (there are: {known})")
        return 1
    try:
        names = pins.accept(arguments.server)
    except PinsError as error:
        terminal.complain(str(error))
        return 1
    terminal.say(f"accepted: {', '.join(names)}" if names else "nothing has changed")
    return 0
