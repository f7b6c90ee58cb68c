"""``hearthd discovery print|clear``: what Home Assistant is told, and how to take it back."""

from __future__ import annotations

import argparse

from hearthd.common import terminal
from hearthd.config import loader
from hearthd.config.room_settings import named
from hearthd.config.settings import ALL


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``discovery``."""
    parser = commands.add_parser(
        "discovery",
        help="the Home Assistant payload: print it, or take the device away",
        description="The device that the speaker announces to Home Assistant over MQTT.",
        epilog="examples:\n"
        "  hearthd discovery print | jq .cmps      its entities\n"
        "  hearthd discovery clear                 when the speaker is gone for good",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    show = actions.add_parser("print", help="print topic (to stderr) and payload (JSON); needs no broker")
    show.set_defaults(run=_print)
    clear = actions.add_parser(
        "clear",
        help="take the device out of Home Assistant",
        description="Empties the retained payload at the broker, so that Home Assistant removes the device. "
        "A daemon that still runs announces itself again at its next connection: stop it first, or set "
        "discovery = false under [mqtt].",
    )
    clear.set_defaults(run=_clear)
    for action in (show, clear):
        action.add_argument("--config", metavar="F", help="the daemon's configuration")
    show.add_argument("--room", metavar="R", default="", help="of another room than the box's own")


def _print(arguments: argparse.Namespace) -> int:
    from hearthd.mqtt import ha_discovery
    from hearthd.mqtt.ha_options import installed
    from hearthd.mqtt.topics import Topics

    try:
        settings = named(loader.load(arguments.config), arguments.room)[0]
    except ValueError as error:
        terminal.complain(error)
        return 1
    terminal.note(Topics.of(settings).discovery)
    terminal.say_json(ha_discovery.payload(settings, installed(settings)), indent=2)
    return 0


def _clear(arguments: argparse.Namespace) -> int:
    from hearthd.mqtt.broker import BrokerError
    from hearthd.mqtt.remote_control import reach
    from hearthd.mqtt.topics import Topics

    for settings in named(loader.load(arguments.config), ALL):
        try:
            with reach(settings) as speaker:
                speaker.clear_discovery()
        except BrokerError as error:
            terminal.complain(error)
            return 1
        terminal.say(f"emptied {Topics.of(settings).discovery}")
    return 0
