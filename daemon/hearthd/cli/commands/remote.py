"""``hearthd say|ask|stop|mute|status``: commands to the running daemon, through its broker."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from hearthd.common import terminal
from hearthd.config import loader
from hearthd.config.settings import Settings

ROOM = "the room, by its name in [[rooms]], a group of rooms, or all; without it the box itself"

Subparsers = argparse._SubParsersAction

WHERE = (
    "Talks to the running daemon through the MQTT broker of the configuration and waits for its "
    "acknowledgement; without one within 5 s the exit code is 1."
)


def register(commands: Subparsers[argparse.ArgumentParser]) -> None:
    """Add the five."""
    say = _add(commands, "say", "speak a text now", "hearthd say The washing machine is done.", _say)
    say.add_argument("text", nargs="+", metavar="TEXT", help="what to speak")
    ask = _add(
        commands,
        "ask",
        "answer a text as if it had been heard",
        'hearthd ask "What is there for dinner?"',
        _ask,
    )
    ask.add_argument("text", nargs="+", metavar="TEXT", help="the question")
    _add(commands, "stop", "silence, now", "hearthd stop", _stop)
    mute = _add(
        commands, "mute", "stop reading the microphone, or take it up again", "hearthd mute on", _mute
    )
    mute.add_argument("switch", choices=("on", "off"), help="on: the microphone is not read")
    _add(commands, "status", "what the speaker does, and how its parts are", "hearthd status", _status)


def _add(
    commands: Subparsers[argparse.ArgumentParser],
    name: str,
    summary: str,
    example: str,
    run: Callable[[argparse.Namespace], None],
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}. {WHERE}",
        epilog=f"example: {example}",
    )
    parser.add_argument("--config", metavar="F", help="the daemon's configuration")
    parser.add_argument("--room", metavar="R", default="", help=ROOM)
    parser.set_defaults(run=lambda arguments: _reporting(run, arguments))
    return parser


def _reporting(run: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> int:
    from hearthd.mqtt.broker import BrokerError

    try:
        run(arguments)
    except BrokerError as error:
        terminal.complain(error)
        return 1
    return 0


def _send(arguments: argparse.Namespace, name: str, payload: str) -> None:
    """Send it to every room that is meant. Raises BrokerError at the first that refuses."""
    from hearthd.mqtt.remote_control import reach

    for settings in _meant(arguments):
        with reach(settings) as speaker:
            speaker.send(name, payload)


def _meant(arguments: argparse.Namespace) -> list[Settings]:
    """The settings of the rooms that ``--room`` means. Raises BrokerError if there are none."""
    from hearthd.config.room_settings import named
    from hearthd.mqtt.broker import BrokerError

    try:
        return named(loader.load(arguments.config), arguments.room)
    except ValueError as error:
        raise BrokerError(str(error)) from None


def _say(arguments: argparse.Namespace) -> None:
    _send(arguments, "say", " ".join(arguments.text))


def _ask(arguments: argparse.Namespace) -> None:
    _send(arguments, "ask", " ".join(arguments.text))


def _stop(arguments: argparse.Namespace) -> None:
    _send(arguments, "stop", "PRESS")


def _mute(arguments: argparse.Namespace) -> None:
    _send(arguments, "mute", arguments.switch.upper())


def _status(arguments: argparse.Namespace) -> None:
    from hearthd.mqtt.remote_control import reach

    for settings in _meant(arguments):
        with reach(settings) as speaker:
            _show(settings.node, speaker.status())


def _show(node: str, answer: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    from hearthd.common import rich_console

    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in answer.get("values", {}).items():
        part = name.removeprefix("health/")
        if part != name:
            table.add_row(part, "works" if value == "ON" else Text("does not work", style="red"))
        else:
            shown = _echo(str(value)) if name == "echo" else str(value)
            table.add_row(name.replace("_", " "), shown)
    console = rich_console.console()
    console.print(node, style="bold")
    console.print(table)
    for fault in answer.get("faults", []):
        console.print(str(fault), style="red")


def _echo(measured: str) -> str:
    """How well it hears past its own voice, in words."""
    echo = json.loads(measured)
    taken = "learning" if echo["reduction_db"] is None else f"{echo['reduction_db']:.0f} dB taken out"
    learning = "" if echo["converged"] else ", the room not learned yet"
    return f"{taken}{learning}, {echo['delay_ms']:.0f} ms late"
