"""``hearthd rehearse``: the whole speaker, fed from a recording or a spoken sentence."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from hearthd.common import terminal
from hearthd.config import loader

DEFAULT_OUT = "hearthd-rehearsal.wav"


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``rehearse``."""
    parser = commands.add_parser(
        "rehearse",
        help="run the speaker on a recording instead of the microphone",
        description="The same pipeline as `hearthd run`, fed in real time from a recording (or from TEXT, "
        "spoken by another voice than the one that answers) instead of a microphone. Prints where the "
        "time went in each turn. The answer is played if there is a sound card and no --out, else "
        f"written to a WAV file ({DEFAULT_OUT}).",
        epilog="examples:\n"
        '  hearthd rehearse --say "Hey Jarvis, how are you today?" --out answer.wav\n'
        "  hearthd rehearse question.wav --json",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("wav", nargs="?", metavar="WAV", type=Path, help="what the microphone hears")
    source.add_argument("--say", metavar="TEXT", help="a sentence to speak into the microphone instead; "
                        "the wake word is put before it if it does not begin with one")  # fmt: skip
    parser.add_argument("--out", metavar="WAV", type=Path, help="write what the speaker plays")
    parser.add_argument("--json", action="store_true", help="one JSON object a turn instead of the timeline")
    parser.add_argument("--config", metavar="F", help="the configuration file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0: at least one turn was answered; 1: none was, or the recording cannot be read."""
    from hearthd.app import config_check, rehearsal
    from hearthd.audio.devices.files import AudioFileError, load, save
    from hearthd.common import rich_console
    from hearthd.common.whole_file import same_file, try_to_write
    from hearthd.report import timeline
    from hearthd.service import journal

    settings = loader.load(arguments.config)
    journal.configure("warning" if settings.log.level == "info" else settings.log.level)
    config_check.refuse(settings, arguments.config)
    console = rich_console.console(stderr=arguments.json)
    out: Path | None = arguments.out
    if out is None and not rehearsal.has_sound_card(settings):
        out = Path(DEFAULT_OUT)
    try:
        if out is not None:
            if arguments.wav is not None and same_file(out, arguments.wav):
                raise AudioFileError(f"{out}: is the recording itself; write somewhere else with --out WAV")
            try_to_write(out)  # before the work, not after
        if arguments.say is None:
            heard = load(arguments.wav)
        else:
            with console.status("speaking the question"):
                heard = asyncio.run(rehearsal.spoken(arguments.say, settings))
        with console.status("starting the engines") as status:
            result = asyncio.run(rehearsal.rehearse(settings, heard, aloud=out is None, tell=status.update))
        if out is not None:
            save(out, result.played, rehearsal.RATE)
    except AudioFileError as error:
        terminal.complain(error)
        return 1
    for record in result.turns:
        if arguments.json:
            terminal.say_json(record.as_dict())
        else:
            timeline.show(record, console)
    if not result.turns:
        terminal.complain("no wake word was heard in it")
    elif out is not None:
        console.print(f"wrote what the speaker played to {out}")
    return 0 if any(record.spoken for record in result.turns) else 1
