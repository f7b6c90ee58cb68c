"""``hearthd devices``: which sound devices there are, and whether they work."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hearthd.common import terminal
from hearthd.common.printable import in_a_line
from hearthd.config import loader

if TYPE_CHECKING:
    from rich.table import Table

    from hearthd.audio.devices.alsa import Direction
    from hearthd.audio.devices.catalog import SoundDevice
    from hearthd.config.settings import AudioSettings

EPILOG = """\
Copy a NAME, or a part of one that fits no other, into the configuration:

  [audio]
  microphone = "NAME"
  speaker = "NAME"

An empty name is the system's default. --test shows the microphone's level while you speak and sounds
a chime; on a pipe it prints the level once a second instead of a moving bar.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``devices``."""
    parser = commands.add_parser(
        "devices",
        help="list sound devices; --test: level meter and chime",
        description="List the sound devices, the default ones and the ones that the configuration means.",
        epilog=EPILOG,
    )
    parser.add_argument("--test", action="store_true", help="sound a chime and show the microphone's level")
    parser.add_argument(
        "--seconds", type=_seconds, default=10.0, metavar="S", help="how long to show the level (default 10)"
    )
    parser.add_argument("--config", metavar="F", help="the configuration file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0: both devices are there (and, tested, work); 1: one is not."""
    from hearthd.audio.devices import catalog
    from hearthd.common import rich_console

    audio = loader.load(arguments.config).audio
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
        return int(bool(troubles)) | asyncio.run(_test(audio, set(meant), arguments.seconds, console))
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


async def _test(audio: AudioSettings, parts: set[Direction], seconds: float, console: object) -> int:
    from rich.console import Console

    from hearthd.audio.chime import chime
    from hearthd.audio.devices.level_meter import show_level
    from hearthd.audio.devices.loudspeaker import Loudspeaker
    from hearthd.audio.devices.microphone import Microphone
    from hearthd.audio.playback.mixer import Mixer

    assert isinstance(console, Console)
    working: set[str] = set()
    opened = asyncio.Event()
    wanted = {"input": "microphone", "output": "speaker"}

    def health(part: str, works: bool, detail: str) -> None:
        console.print(f"{part}: {'works' if works else 'FAILED'}: {detail}")
        (working.add if works else working.discard)(part)
        if all(wanted[direction] in working for direction in parts):
            opened.set()

    mixer = Mixer()
    mixer.volume = audio.volume
    microphone = Microphone(audio.microphone, health)
    tasks = []
    if "output" in parts:
        tasks.append(asyncio.create_task(Loudspeaker(audio.speaker, mixer, health).run()))
    if "input" in parts:
        tasks.append(asyncio.create_task(microphone.run()))
    loudest = 0.0
    try:
        async with asyncio.timeout(seconds):
            await opened.wait()
        mixer.chime(chime("wake"))
        if "input" in parts:
            loudest = await asyncio.to_thread(show_level, microphone, seconds, console)
        else:
            await asyncio.sleep(1.0)  # the chime's length and the device's delay
    except TimeoutError:
        return 1
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if "input" in parts and loudest == 0:
        terminal.complain("the microphone gave nothing but silence: is it muted?")
        return 1
    return 0
