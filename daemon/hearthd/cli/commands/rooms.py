"""``hearthd rooms list|add|remove|test``: the rooms of the configuration, and how their devices do."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hearthd.common import terminal
from hearthd.common.printable import printable
from hearthd.config import loader, room_file
from hearthd.config.loader import ConfigError

if TYPE_CHECKING:
    from hearthd.config.settings import RoomSettings

DESCRIPTION = (
    "The rooms of the configuration: the box itself, and what stands under [[rooms]]. "
    "What has changed there takes effect when the service restarts. docs/rooms.md says more."
)
EXAMPLES = """examples:
  hearthd rooms list
  hearthd rooms add 192.168.1.30 --name kitchen --key - <key.txt
  hearthd rooms add 192.168.1.20 --kind wyoming --name study
  hearthd rooms test kitchen
  hearthd rooms remove kitchen"""
RESTART = "restart the service for it to take effect: sudo systemctl restart hearthd"


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``rooms``."""
    parser = commands.add_parser(
        "rooms",
        help="the rooms: list, add, remove them, try their devices",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="name, kind, device, group and persona of each")
    listing.set_defaults(run=_list)
    adding = actions.add_parser("add", help="add the device at HOST as a room, once it is found to work")
    adding.add_argument(
        "host", metavar="HOST", help="its name or address, with :PORT if it is not the usual one"
    )
    adding.add_argument("--kind", choices=("esphome", "wyoming"), default="esphome", help="default: esphome")
    adding.add_argument(
        "--name", default="", help="the room's name: a-z, 0-9, _; default: that of the device"
    )
    adding.add_argument("--area", default="", help="the area that Home Assistant suggests for it")
    adding.add_argument("--group", default="", help="the rooms that hear each other")
    adding.add_argument(
        "--key",
        default="",
        help="an ESPHome device's encryption key; -: read it from standard input, unseen by others",
    )
    adding.add_argument("--no-test", action="store_true", help="add it although it does not answer")
    adding.set_defaults(run=_add)
    removing = actions.add_parser("remove", help="take a room out of the configuration")
    removing.add_argument("room", metavar="NAME", help="its name")
    removing.set_defaults(run=_remove)
    test = actions.add_parser("test", help="try the devices of a room, or of all; exit code 1 if one fails")
    test.add_argument("room", nargs="?", metavar="ROOM", default="", help="its name; without one all rooms")
    test.set_defaults(run=_test)
    for action in (listing, adding, removing, test):
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


def _add(arguments: argparse.Namespace) -> int:
    from pydantic import ValidationError

    from hearthd.config.settings import RoomSettings

    settings = loader.load(arguments.config)
    key = sys.stdin.readline(200).strip() if arguments.key == "-" else arguments.key.strip()
    if key and not re.fullmatch(r"[A-Za-z0-9+/]{43}=", key):
        terminal.complain("--key: a key has 44 characters and ends with =, such as Home Assistant shows it")
        return 2
    if key and arguments.kind != "esphome":
        terminal.complain("--key is for ESPHome devices: Wyoming encrypts nothing")
        return 2
    host = (
        f"[{arguments.host}]"
        if arguments.host.count(":") > 1 and "[" not in arguments.host
        else arguments.host
    )
    if not (name := arguments.name or _name_of(host)):
        terminal.complain("give the room a name, such as --name kitchen")
        return 2
    entry = {
        "name": name,
        "kind": arguments.kind,
        "address": host,
        "area": arguments.area,
        "group": arguments.group,
    }
    try:
        room = RoomSettings.model_validate(entry)
    except ValidationError as error:
        wrong = error.errors()[0]
        terminal.complain(f"{'.'.join(map(str, wrong['loc'])) or 'the room'}: {wrong['msg']}")
        return 2
    if any(one.name == room.name for one in settings.rooms):
        terminal.complain(
            f'there is a room called "{room.name}": choose another with --name, or remove it first'
        )
        return 1
    if not arguments.no_test and not _works(room, key, arguments.config):
        terminal.note("nothing was added; --no-test adds it all the same")
        return 1
    kept = _keep_key(loader.find(arguments.config), room.name, key) if key else None
    try:
        file = room_file.add(arguments.config, entry | {"key_file": str(kept or "")})
    except ConfigError:
        if kept is not None:
            kept.unlink(missing_ok=True)
        raise
    terminal.say(f'added the room "{room.name}" to {file}')
    terminal.say(RESTART)
    return 0


def _works(room: RoomSettings, key: str, config: str | None) -> bool:
    from hearthd.app.online_check import try_room

    result = asyncio.run(try_room(room, loader.load(config).esphome, key))
    terminal.say(f"{'ok    ' if result.ok else 'FAILED'} {result.part}: {result.detail}")
    return result.ok


def _name_of(host: str) -> str:
    """A room's name from a host's: its first part, if it is one."""
    name = re.sub(r"[^a-z0-9_]+", "_", host.partition(".")[0].lower()).strip("_")[:24]
    return "" if name.isdigit() else name


def _keep_key(config: Path | None, name: str, key: str) -> Path:
    """A file of its own with the key, which the service's group may read. Raises ConfigError."""
    import os

    folder = (config or loader.SYSTEM_CONFIG).resolve().parent / "secrets"
    file = folder / f"room-{name}"
    try:
        folder.mkdir(mode=0o750, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o640)
        with os.fdopen(descriptor, "w") as stream:
            os.fchmod(descriptor, 0o640)
            if os.geteuid() == 0:
                os.fchown(descriptor, 0, folder.stat().st_gid)
            stream.write(key + "\n")
    except OSError as error:
        raise ConfigError(
            [f"{file}: {error.strerror or error}: it belongs to somebody else; with sudo?"]
        ) from None
    return file


def _remove(arguments: argparse.Namespace) -> int:
    rooms = {one.name: one for one in loader.load(arguments.config).rooms}
    file = room_file.remove(arguments.config, arguments.room)
    terminal.say(f'removed the room "{printable(arguments.room)}" from {file}')
    kept = rooms[arguments.room].key_file if arguments.room in rooms else ""
    if kept:
        terminal.say(f"its key is still in {kept}")
    terminal.say(RESTART)
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
    results = asyncio.run(try_rooms(wanted, settings.esphome))
    for result in results:
        terminal.say(f"{'ok    ' if result.ok else 'FAILED'} {result.part}: {result.detail}")
    return int(not all(result.ok for result in results))
