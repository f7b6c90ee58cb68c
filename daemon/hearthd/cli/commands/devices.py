"""``hearthd devices``: which sound devices there are, and whether they work."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hearthd.common import terminal
from hearthd.common.printable import in_a_line
from hearthd.config import loader

if TYPE_CHECKING:
    from rich.table import Table

    from hearthd.audio.devices.alsa import Direction
    from hearthd.audio.devices.catalog import SoundDevice

EPILOG = """\
Copy a NAME, or a part of one that fits no other, into the configuration:

  [audio]
  microphone = "NAME"
  speaker = "NAME"

An empty name is the system's default. --test takes you through a check of both where they stand: a quiet
room, your voice from here and from the door, what the microphone hears of the loudspeaker, five calls. It
says what is wrong and what mends it, and keeps the report in the state folder (devices-test.json).
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``devices``."""
    parser = commands.add_parser(
        "devices",
        help="list sound devices; --test: a guided check of them",
        description="List the sound devices, the default ones and the ones that the configuration means.",
        epilog=EPILOG,
    )
    parser.add_argument("--test", action="store_true", help="a guided check of both, a minute long")
    parser.add_argument(
        "--seconds", type=_seconds, default=5.0, metavar="S", help="how long each voice is heard (default 5)"
    )
    parser.add_argument("--config", metavar="F", help="the configuration file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0: both devices are there (and, tested, work); 1: one is not."""
    from hearthd.audio.devices import catalog
    from hearthd.common import rich_console

    settings = loader.load(arguments.config)
    audio = settings.audio
    console = rich_console.console()
    try:
        listed = catalog.scan()
    except catalog.DeviceError as error:
        terminal.complain(error)
        return 1
    troubles, meant = [], {}
    ends: Sequence[tuple[Direction, str]] = (("input", audio.microphone), ("output", audio.speaker))
    for direction, name in ends:
        try:
            meant[direction] = catalog.find(listed, name, direction)
        except catalog.DeviceError as error:
            troubles.append(str(error))
    if listed:
        console.print(_table(listed, meant.get("input"), meant.get("output")))
    for trouble in troubles:
        terminal.complain(f"{trouble}")
    if arguments.test and meant:
        from hearthd.cli.commands import devices_test

        parts = {"microphone" if direction == "input" else "speaker" for direction in meant}
        return int(bool(troubles)) | devices_test.check(settings, parts, arguments.seconds, console)
    return int(bool(troubles))


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError("1 to 3600 seconds")
    return value


def _table(
    listed: Sequence[SoundDevice], microphone: SoundDevice | None, speaker: SoundDevice | None
) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD)
    for heading in ("name", "records", "plays", "rate", "used as"):
        table.add_column(heading, justify="right" if heading == "rate" else "left", no_wrap=heading != "name")
    for one in listed:
        uses = [part for part, device in (("microphone", microphone), ("speaker", speaker)) if device == one]
        table.add_row(
            Text(in_a_line(one.name), style="bold" if uses else ""),
            _ability(one.inputs, one.default_input),
            _ability(one.outputs, one.default_output),
            str(one.rate),
            ", ".join(uses),
        )
    return table


def _ability(channels: int, default: bool) -> str:
    return "" if channels == 0 else "default" if default else "yes"
