"""``hearthd voices record``: a voice's own recordings, by the speaker's own microphone."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shlex
import sys
from typing import Any

from rich.console import Console
from rich.prompt import Confirm

from hearthd.audio.devices import catalog
from hearthd.cli.commands.sound import OpenSound, SoundError
from hearthd.cli.commands.voices_reader import Reader
from hearthd.common import rich_console, terminal
from hearthd.common.errors import EngineError
from hearthd.config import loader
from hearthd.config.settings import Settings
from hearthd.training.voice import gpu_lease, reading, take
from hearthd.training.voice.sentences import LANGUAGES, SCRIPT
from hearthd.voices import profiles

TRAIN_MINUTES = 5.0
INTERRUPTED = 130

EPILOG = """\
One sentence is enough to clone a voice; some minutes are for training it:

  hearthd voices record grandma
  hearthd voices record grandma --minutes 5

It may be interrupted at any time: the same command goes on, and good takes are never read again. They
lie in the state folder (recordings/NAME), for nobody else to read; `voices remove NAME` deletes them.
"""


def register(actions: Any) -> None:
    """Add ``record`` to the actions of ``voices``; ``add``, ``train`` and ``try`` are there already."""
    recording = actions.add_parser(
        "record",
        help="record a voice with the speaker's own microphone",
        description="Record somebody's voice with the speaker's own microphone: it shows and says a sentence,"
        " hears it read after a chime, and judges level, noise and length meanwhile; what was bad is read"
        " again. Then the voice is made of it. Record nobody who has not agreed to it.",
        epilog=EPILOG,
    )
    recording.add_argument("name", metavar="NAME", help="letters, digits, - and _")
    recording.add_argument(
        "--minutes",
        type=_minutes,
        metavar="M",
        help=f"so much of a script, for a training ({reading.MOST_MINUTES:.0f} at most); else one sentence",
    )
    recording.add_argument("--language", choices=LANGUAGES, help="of the sentences (the speaker's first)")
    recording.add_argument(
        "--then",
        choices=("add", "train", "nothing"),
        help="what is made of it; without it you are asked at the end. train without --minutes: 5 minutes",
    )
    recording.add_argument("--replace", action="store_true", help="if there is such a voice already")
    recording.add_argument("--shown-only", action="store_true", help="do not speak the sentences")
    recording.add_argument(
        "--stop-speaker",
        action="store_true",
        help="stop hearthd's service meanwhile: it holds the microphone where no sound server shares it",
    )
    recording.add_argument("--config", metavar="F", help="the configuration (for the devices)")
    recording.set_defaults(run=run_record, actions=actions.choices)


def run_record(arguments: argparse.Namespace) -> int:
    """0: recorded, and made into what was asked for. 130: interrupted, to be gone on with."""
    console = rich_console.console()
    settings = loader.load(arguments.config)
    asked = _asked(arguments, settings)
    _check_terminal(asked.language, console)
    parts = _devices(settings)
    one = reading.begin(arguments.name, asked)
    if gpu_lease.speaker_runs() and not arguments.stop_speaker:
        terminal.note(
            "note: hearthd's service hears it, too, and may answer: --stop-speaker stops it meanwhile"
        )
    if before := len(one.takes):
        terminal.say(f"Going on. Good takes so far: {before} ({one.seconds / 60:.1f} minutes).")
    aside = gpu_lease.stopped([gpu_lease.SPEAKER]) if arguments.stop_speaker else contextlib.nullcontext()
    with aside:
        while True:
            try:
                if not one.done:
                    asyncio.run(_read(settings, one, parts, console, says=not arguments.shown_only))
            except SoundError as error:
                raise SoundError(f"{error}{_mend()}") from None
            except KeyboardInterrupt:
                terminal.note(
                    f"\nInterrupted; the same command goes on. Good takes so far: {len(one.takes)}."
                )
                return INTERRUPTED
            if one.asked.minutes or not sys.stdin.isatty() or _agrees("Keep it?"):
                break
            one.discard()
    return _then(arguments, one)


def _asked(arguments: argparse.Namespace, settings: Settings) -> reading.Asked:
    """What is to be recorded; where nothing was said, what was before. Raises VoiceError."""
    name = profiles.check_name(arguments.name)
    known = reading.asked_before(name)
    minutes = arguments.minutes
    if minutes is None:
        minutes = known.minutes if known else TRAIN_MINUTES if arguments.then == "train" else 0.0
    if arguments.then == ("add" if minutes else "train"):
        raise profiles.VoiceError(
            "--then add makes a voice of one sentence: leave --minutes out, and if minutes of it were begun,"
            f" delete them: hearthd voices remove {name}"
            if minutes
            else f"a training needs minutes, and {name} is being recorded for cloning: hearthd voices remove"
            f" {name}, then --minutes 5"
        )
    if not minutes and not arguments.replace and name in profiles.names():
        raise profiles.VoiceError(
            f"there is a voice {name!r} already: choose another name, or --replace makes it anew"
        )
    language = arguments.language or (known.language if known else settings.asr.languages[0])
    return reading.Asked(language=language, minutes=minutes)


def _devices(settings: Settings) -> set[str]:
    """Which of microphone and speaker there are. Raises EngineError without a microphone."""
    try:
        listed = catalog.scan()
        catalog.find(listed, settings.audio.microphone, "input")
    except catalog.DeviceError as error:
        raise SoundError(f"{error} (`hearthd devices` lists what there is)") from None
    try:
        catalog.find(listed, settings.audio.speaker, "output")
    except catalog.DeviceError as error:
        terminal.note(f"note: {error}: the sentences are only shown")
        return {"microphone"}
    return {"microphone", "speaker"}


async def _read(
    settings: Settings, one: reading.ScriptReading, parts: set[str], console: Console, *, says: bool
) -> None:
    async with (
        Reader(settings, one, console, says=says and "speaker" in parts) as reader,
        OpenSound(settings, parts, console, take.RATE) as sound,
    ):
        await reader.read(sound)


def _mend() -> str:
    """Who holds the devices, if it is ourselves."""
    return (
        "; hearthd's own service holds it: --stop-speaker stops it meanwhile"
        if gpu_lease.speaker_runs()
        else ""
    )


def _check_terminal(language: str, console: Console) -> None:
    """Raises EngineError if the sentences cannot be shown."""
    try:
        "".join(SCRIPT[language]).encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        raise EngineError(
            f"this terminal ({console.encoding}) cannot show the sentences: run it with LC_ALL=C.UTF-8 (and"
            " PYTHONUTF8=1 where that is not enough), or --language en"
        ) from None


def _then(arguments: argparse.Namespace, one: reading.ScriptReading) -> int:
    """Make of the recordings what was asked for, by the command that a person would type."""
    kind = "train" if one.asked.minutes else "add"
    if kind == "train":
        words = ["train", one.name, str(one.folder)]
        words += ["--stop-speaker"] if arguments.stop_speaker else []
    else:
        words = ["add", one.name, str(one.takes[-1]), f"--text={one.words}", "--language", one.asked.language]
        words += ["--replace"] if arguments.replace else []
    words += ["--config", arguments.config] if arguments.config else []
    wanted = arguments.then
    if wanted is None and sys.stdin.isatty():
        wanted = kind if _agrees(f"Make the voice {one.name} of it now?") else "nothing"
    if wanted != kind:
        terminal.say(f"Recorded: {one.seconds / 60:.1f} minutes in {one.folder}. The voice is made of it by:")
        terminal.say(f"  hearthd voices {shlex.join(words)}")
        return 0
    status = _run(arguments, words)
    if kind == "add" and status == 0:
        one.forget()  # the voice has its clip
        _try(arguments, one.name)
    return status


def _agrees(question: str) -> bool:
    """Whether the answer is yes; so it is where the terminal ends (Ctrl-D)."""
    try:
        return Confirm.ask(question, default=True)
    except EOFError:
        return True


def _try(arguments: argparse.Namespace, name: str) -> None:
    """Let the new voice speak, if its engine is there."""
    config = ["--config", arguments.config] if arguments.config else []
    try:
        _run(arguments, ["try", name, *config])
    except EngineError as error:
        terminal.note(f"note: it cannot be heard yet: {error}")


def _run(arguments: argparse.Namespace, words: list[str]) -> int:
    parsed = arguments.actions[words[0]].parse_args(words[1:])
    return int(parsed.run(parsed))


def _minutes(text: str) -> float:
    value = float(text)
    if not 0 < value <= reading.MOST_MINUTES:
        raise argparse.ArgumentTypeError(f"more than 0, {reading.MOST_MINUTES:.0f} at most")
    return value
