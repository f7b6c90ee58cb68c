"""``hearthd rooms list|test``: the rooms of the configuration, and whether their devices answer."""

from __future__ import annotations

import argparse
import asyncio

from hearthd.common import terminal
from hearthd.config import loader

DESCRIPTION = (
    "The rooms of the configuration: the box itself, and what stands under [[rooms]]. "
    "To add one, write its table and restart; docs/rooms.md shows how."
)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``rooms``."""
    parser = commands.add_parser(
        "rooms",
        help="the rooms: list them, try their devices",
        description=DESCRIPTION,
        epilog="examples:\n  hearthd rooms list\n  hearthd rooms test kitchen",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="name, kind, device, group and persona of each")
    listing.set_defaults(run=_list)
    test = actions.add_parser("test", help="try the devices of a room, or of all; exit code 1 if one fails")
    test.add_argument("room", nargs="?", metavar="ROOM", default="", help="its name; without one all rooms")
    test.set_defaults(run=_test)
    for action in (listing, test):
        action.add_argument("--config", metavar="F", help="the daemon's configuration")


def _list(arguments: argparse.Namespace) -> int:
    from rich.table import Table
    from rich.text import Text

    from hearthd.common import rich_console
    from hearthd.config.room_settings import settings_of

    settings = loader.load(arguments.config)
    table = Table(box=None, pad_edge=False)
    for column in ("room", "kind", "device", "group", "persona", "node"):
        table.add_column(column)
    rows = [("(the box)", "local", settings.audio.microphone or "the system's default", settings)]
    for room in settings.rooms:
        device = room.microphone if room.kind == "local" else room.address
        rows.append((room.name, room.kind, device, settings_of(settings, room)))
    for name, kind, device, own in rows:
        table.add_row(*map(Text, (name, kind, device, own.group or "-", own.persona, own.node)))
    rich_console.console().print(table)
    return 0


def _test(arguments: argparse.Namespace) -> int:
    from hearthd.app.online_check import try_rooms

    settings = loader.load(arguments.config)
    wanted = [room for room in settings.rooms if arguments.room in ("", room.name)]
    if not wanted:
        known = ", ".join(room.name for room in settings.rooms)
        there = (
            f"there are: {known}" if known else "none stands under [[rooms]]; the box: hearthd devices --test"
        )
        terminal.complain(f"no such room ({there})")
        return 1
    results = asyncio.run(try_rooms(wanted))
    for result in results:
        terminal.say(f"{'ok    ' if result.ok else 'FAILED'} {result.part}: {result.detail}")
    return int(not all(result.ok for result in results))
