"""``hearthd history``: look into the stored conversations, search, export and forget them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from rich.table import Table

from hearthd.common import rich_console, terminal
from hearthd.common.paths import state_dir
from hearthd.common.printable import in_a_line
from hearthd.common.whole_file import replacing, same_file
from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.history import schema
from hearthd.history.browser import History
from hearthd.history.schema import StoreError
from hearthd.report.timeline import deeds


def register(commands: Any) -> None:
    """Add ``history`` to the subcommands."""
    parser = commands.add_parser("history", help="list, search, export, mark and forget stored conversations")
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="list|show|search|export|mark|forget"
    )

    listing = actions.add_parser("list", help="the latest conversations, newest first")
    listing.add_argument("-n", type=_count, default=20, metavar="N", help="how many (20)")
    listing.set_defaults(run=_with_history(_list))

    showing = actions.add_parser("show", help="one conversation or turn, with its times")
    showing.add_argument(
        "id", metavar="ID", nargs="?", help="its id, or the beginning of it (the latest conversation)"
    )
    showing.add_argument("--json", action="store_true", help="one JSON object a turn, every field")
    showing.set_defaults(run=_with_history(_show))

    searching = actions.add_parser(
        "search",
        help="turns that hold every word given",
        epilog='examples: hearthd history search 天气 · "jazz radio"',
    )
    searching.add_argument("words", nargs="+", metavar="WORD", help="text of any length, Chinese or English")
    searching.add_argument("-n", type=_count, default=20, metavar="N", help="how many (20)")
    searching.add_argument("--json", action="store_true", help="one JSON object a turn, every field")
    searching.set_defaults(run=_with_history(_search))

    exporting = actions.add_parser("export", help="write conversations out")
    exporting.add_argument("id", metavar="ID", nargs="?", help="one conversation or turn (everything)")
    exporting.add_argument("--format", choices=("json", "markdown"), default="json", help="(json)")
    exporting.add_argument("--out", metavar="FILE", help="(standard output)")
    exporting.set_defaults(run=_with_history(_export))

    marking = actions.add_parser(
        "mark",
        help="say of an answer that it is good or bad",
        description="Say of an answer that it is good or bad. `hearthd personas examples NAME --from-history`"
        " makes examples to train with of the good ones.",
    )
    marking.add_argument("id", metavar="TURN", help="the turn's id, or the beginning of it")
    marking.add_argument("mark", choices=("good", "bad", "none"), help="none takes a mark back")
    marking.set_defaults(run=_with_history(_mark))

    forgetting = actions.add_parser(
        "forget",
        help="delete for good",
        description="Delete for good: the file is rewritten, and the text cannot be found in it any more."
        " A running hearthd notices at its next turn. Files that were set aside as damaged go with `all`, and"
        " when they were kept for memory.retention_days.",
    )
    what = forgetting.add_subparsers(dest="what", required=True, metavar="turn|conversation|before|all")
    for name, metavar, text in (
        ("turn", "ID", "one turn, by its id or the beginning of it"),
        ("conversation", "ID", "one conversation, by its id or the beginning of it"),
        ("before", "DATE", "everything that began before DATE (2026-11-22, or 2026-11-22T18:30)"),
    ):
        one = what.add_parser(name, help=text)
        one.add_argument("which", metavar=metavar, type=_date if name == "before" else str)
        one.set_defaults(run=_with_history(_forget))
    everything = what.add_parser("all", help="everything")
    everything.add_argument("--yes", action="store_true", help="do not ask")
    everything.set_defaults(run=_with_history(_forget))


def _with_history(
    action: Callable[[History, argparse.Namespace], int],
) -> Callable[[argparse.Namespace], int]:
    def run(arguments: argparse.Namespace) -> int:
        try:
            with History(state_dir() / schema.FILE) as history:
                return action(history, arguments)
        except (StoreError, OSError) as error:
            terminal.complain(error)
            return 1

    return run


def _list(history: History, arguments: argparse.Namespace) -> int:
    table = Table("conversation", "began", "turns", "first words")
    for conversation in history.conversations(arguments.n):
        began, turns = _time(conversation.started_at), str(conversation.turns)
        table.add_row(conversation.conversation_id, began, turns, in_a_line(conversation.first)[:60])
    rich_console.console(soft_wrap=True).print(table)
    return 0


def _show(history: History, arguments: argparse.Namespace) -> int:
    some_id = arguments.id
    if some_id is None:
        latest = history.conversations(1)
        if not latest:
            raise StoreError("nothing is stored yet")
        some_id = latest[0].conversation_id
    _print_turns(history.find(some_id), as_json=arguments.json)
    return 0


def _search(history: History, arguments: argparse.Namespace) -> int:
    found = history.search(" ".join(arguments.words), arguments.n)
    _print_turns(found, as_json=arguments.json)
    return 0 if found else 1


def _mark(history: History, arguments: argparse.Namespace) -> int:
    found = history.find(arguments.id)
    if len(found) != 1:
        raise StoreError(f"{arguments.id} is a conversation of {len(found)} turns: name one turn")
    history.mark(found[0].turn_id, "" if arguments.mark == "none" else arguments.mark)
    terminal.say(f"{found[0].turn_id}: {arguments.mark}")
    return 0


def _export(history: History, arguments: argparse.Namespace) -> int:
    turns = history.find(arguments.id) if arguments.id else history.every()
    write = _write_json if arguments.format == "json" else _write_markdown
    if arguments.out is None:
        write(turns, sys.stdout)
        return 0
    out = Path(arguments.out)
    if same_file(out, state_dir() / schema.FILE):
        raise StoreError(f"{out} is the history itself; write somewhere else with --out FILE")
    with replacing(out) as new, new.open("w", encoding="utf-8") as file:
        write(turns, file)
    return 0


def _forget(history: History, arguments: argparse.Namespace) -> int:
    if arguments.what == "all":
        if not arguments.yes and not _confirmed():
            terminal.note("nothing was forgotten")
            return 1
        gone = history.forget_all()
    elif arguments.what == "before":
        gone = history.forget_before(arguments.which)
    elif arguments.what == "turn":
        gone = history.forget_turn(arguments.which)
    else:
        gone = history.forget_conversation(arguments.which)
    terminal.say(f"forgotten: {gone} {'turn' if gone == 1 else 'turns'}")
    if damaged := history.damaged_files():
        terminal.complain(
            f"{damaged[0]} ({len(damaged)} files of it) was set aside as damaged and may hold more;"
            " delete it, or `hearthd history forget all`"
        )
    return 0


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        terminal.note("`forget all` needs --yes where nobody can be asked")
        return False
    return input("Forget every conversation for good? [y/N] ").strip().lower() in ("y", "yes")


def _print_turns(turns: Iterable[TurnRecord], *, as_json: bool) -> None:
    if as_json:
        for turn in turns:
            terminal.say_json(turn.as_dict())
        return
    console = rich_console.console(soft_wrap=True)
    for turn in turns:
        times = ", ".join(
            f"{label} {value:.0f} ms"
            for label, value in (
                ("words", turn.asr_ms),
                ("first token", turn.llm_first_token_ms),
                ("first sound", turn.first_audible_ms),
            )
            if value is not None
        )
        engines = ", ".join(
            name
            for name in (turn.language, turn.asr_model, turn.understood_by, turn.chat_model, turn.voice)
            if name
        )
        head = f"{turn.turn_id}  {_time(turn.started_at)}  {turn.ended or 'live'}  {engines}"
        console.print(head, style="dim")
        console.print(f"  person:  {in_a_line(turn.heard)}")
        for line in deeds(turn):
            console.print(f"  did:     {line}")
        console.print(f"  speaker: {in_a_line(_said(turn))}")
        if times:
            console.print(f"  {times}", style="dim")


def _write_json(turns: Iterable[TurnRecord], out: TextIO) -> None:
    """One array, one turn a line."""
    separator = "[\n"
    for turn in turns:
        out.write(separator + terminal.json_of(turn.as_dict()))
        separator = ",\n"
    out.write("[]\n" if separator == "[\n" else "\n]\n")


def _write_markdown(turns: Iterable[TurnRecord], out: TextIO) -> None:
    conversation = ""
    for turn in turns:
        if turn.conversation_id != conversation:
            conversation = turn.conversation_id
            out.write(f"# {_time(turn.started_at)} ({conversation})\n\n")
        if turn.heard or turn.reply:
            out.write(f"**Person:** {_markdown(turn.heard)}\n\n**Speaker:** {_markdown(_said(turn))}\n\n")


def _said(turn: TurnRecord) -> str:
    """What was heard of the reply; a cut is marked, and what was not heard is named as such."""
    if turn.ended is Ended.COMPLETED or turn.spoken == turn.reply:
        return turn.spoken or turn.reply
    return f"{turn.spoken} [cut off]" if turn.spoken else "[not heard]"


def _markdown(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|" else c for c in in_a_line(text))


def _time(at: float) -> str:
    try:
        return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):  # a damaged stamp
        return "at no time"


def _date(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-11-22") from None


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 1 <= number <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return number
