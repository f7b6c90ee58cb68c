"""``hearthd timers list|add|cancel``: what is set, and commands to the running daemon through its broker."""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Callable
from typing import Any

from hearthd.common import terminal
from hearthd.config import loader

Subparsers = argparse._SubParsersAction

_DURATION = re.compile(r"(?:(\d{1,3})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?", re.ASCII)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
GROUPS = ("daily", "weekdays", "weekends")

EXAMPLES = """\
  hearthd timers add 10m pasta
  hearthd timers add 07:00 --repeats weekdays
  hearthd timers add 18:30 --remind "call mum"
  hearthd timers add 2027-01-31T07:00
  hearthd timers list
  hearthd timers cancel pasta
"""


def register(commands: Subparsers[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "timers",
        help="timers, alarms and reminders: list, add, cancel",
        description="Timers, alarms and reminders. list reads what is kept on the disk; add and cancel "
        "talk to the running daemon through the MQTT broker of the configuration.",
        epilog=f"examples:\n{EXAMPLES}",
    )
    actions = parser.add_subparsers(title="commands", metavar="ACTION", required=True)

    listing = _add(actions, "list", "show what is set, what is due next first", _list)
    listing.add_argument("--json", action="store_true", help="as JSON, one list")

    add = _add(actions, "add", "set a timer, an alarm or a reminder", _add_timer)
    add.add_argument("when", metavar="WHEN", help="10m, 1h30m, 90s; 07:00; 2027-01-31T07:00")
    add.add_argument("name", nargs="*", metavar="NAME", help="what it is called")
    add.add_argument("--remind", metavar="TEXT", help="say TEXT instead of ringing")
    add.add_argument(
        "--repeats", metavar="DAYS", default="", help=f"{', '.join(GROUPS)}, or days such as mon,wed,fri"
    )
    add.add_argument("--room", metavar="R", default="", help="where it rings: a room, a group, or all")

    cancel = _add(actions, "cancel", "cancel one, or all", _cancel)
    cancel.add_argument("which", nargs="+", metavar="WHICH", help="an id, a name, or all")


def _add(
    actions: Subparsers[argparse.ArgumentParser],
    name: str,
    summary: str,
    run: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    parser.add_argument("--config", metavar="F", help="the daemon's configuration")
    parser.set_defaults(run=run)
    return parser


def _list(arguments: argparse.Namespace) -> int:
    from hearthd.actions.timers.shown import shown
    from hearthd.actions.timers.store import FILE, read
    from hearthd.common.paths import state_dir
    from hearthd.history.schema import StoreError

    loader.load(arguments.config)
    try:
        alerts = read(state_dir() / FILE)
    except StoreError as error:
        terminal.complain(error)
        return 1
    now = time.time()
    rows = []
    for alert in sorted(alerts, key=lambda one: (one.due is None, one.due or 0.0)):
        left = alert.remaining if alert.due is None else max(0.0, alert.due - now)
        ringing = alert.rang and alert.due is not None and alert.due <= now
        rows.append(shown(alert, left=left or 0.0, ringing=ringing))
    if arguments.json:
        terminal.say_json(rows, indent=1)
    elif rows:
        _print(rows)
    else:
        terminal.say("nothing is set")
    return 0


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    from hearthd.common import rich_console

    table = Table(box=None, pad_edge=False)
    for title in ("id", "kind", "name", "due", "left", "repeats"):
        table.add_column(title)
    for row in rows:
        due = "paused" if row["due"] is None else row["due"][:16].replace("T", " ")
        days = [row["repeats"]] if isinstance(row["repeats"], str) else [day[:3] for day in row["repeats"]]
        left = "ringing" if row["ringing"] else _left(row["remaining"])
        cells = (row["id"], row["kind"], row["name"], due, left, " ".join(days))
        table.add_row(*(cell for cell in cells))
    rich_console.console().print(table)


def _left(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


def _add_timer(arguments: argparse.Namespace) -> int:
    wanted: dict[str, Any] = {"name": " ".join(arguments.name)}
    seconds = _seconds(arguments.when)
    wanted |= {"kind": "alarm", "at": arguments.when} if seconds is None else {"seconds": seconds}
    if arguments.remind is not None:
        wanted |= {"kind": "reminder", "text": arguments.remind, "name": ""}
    if arguments.room:
        wanted["room"] = arguments.room
    if arguments.repeats:
        try:
            wanted["repeats"] = _repeats(arguments.repeats)
        except ValueError as error:
            terminal.complain(error)
            return 2
    return _send(arguments, "timer", json.dumps(wanted, ensure_ascii=False))


def _cancel(arguments: argparse.Namespace) -> int:
    return _send(arguments, "timer_cancel", " ".join(arguments.which))


def _send(arguments: argparse.Namespace, name: str, payload: str) -> int:
    from hearthd.mqtt.broker import BrokerError
    from hearthd.mqtt.remote_control import reach

    try:
        with reach(loader.load(arguments.config)) as speaker:
            speaker.send(name, payload)
    except BrokerError as error:
        terminal.complain(error)
        return 1
    return 0


def _seconds(when: str) -> int | None:
    """The length of a duration such as "1h30m"; None if it is none."""
    found = _DURATION.fullmatch(when)
    if found is None or not when:
        return None
    hours, minutes, seconds = (int(one or 0) for one in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _repeats(written: str) -> list[str]:
    """The days, by their whole names. Raises ValueError with the reason."""
    days = []
    for part in written.lower().replace(" ", "").split(","):
        known = [name for name in (*GROUPS, *_NAMES) if part and (name == part or name[:3] == part)]
        if not known:
            raise ValueError(f'"{part}" is no day: {", ".join((*GROUPS, *DAYS))}')
        days.append(known[0])
    return days
