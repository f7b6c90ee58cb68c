"""``hearthd wake``: which wake words there are, and a new one made at home."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from rich.progress import BarColumn, Progress, TimeElapsedColumn
from rich.table import Table

from hearthd.audio import wav
from hearthd.common import rich_console, terminal
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.common.paths import models_dir, state_dir
from hearthd.config import loader
from hearthd.training.wake import sounds, texts
from hearthd.training.wake.phrase import checked, doubts
from hearthd.training.wake.trainer import SHORTEST, Told, Trained, train
from hearthd.training.wake.voices import embedded

NAME = re.compile(r"[\w-]{1,64}")
OWNERS_CALLS = 50
"""So many of the owner's recordings are listened to."""
LONGEST_CALL = 2.5
"""Seconds from the first sound to the last."""
FAINT = 100
"""A recording whose highest sample is lower holds nobody's voice."""
GOOD_SHARE = 0.95
"""A word that is heard less often than this is no good one."""

EPILOG = """\
A phrase of three to five syllables with different sounds is told apart best, in Chinese or English:

  hearthd wake train "小智小智"
  hearthd wake train "hello computer" --recordings ~/calls

Put what it prints into the configuration and reload it.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``wake``."""
    parser = commands.add_parser(
        "wake",
        help="list wake words; train PHRASE: make one at home",
        description="List the wake words there are, or make one of your own: the embedded voices say it in"
        " imaginary rooms, and a small network learns it from them. It takes minutes on a CPU, and your"
        " voice is not needed.",
        epilog=EPILOG,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the wake words there are")
    listing.add_argument("--config", metavar="F", help="the configuration file")
    listing.set_defaults(run=run_list)
    training = actions.add_parser("train", help="make a wake word", epilog=EPILOG)
    training.add_argument("phrase", metavar="PHRASE", help="what is said")
    training.add_argument("--name", metavar="NAME", help="what it is called: letters, digits, - and _")
    training.add_argument(
        "--recordings",
        type=Path,
        metavar="DIR",
        help="WAV files in which you say it: it learns from them, too",
    )
    training.set_defaults(run=run_train)


def trained() -> dict[str, Path]:
    """The wake words made at home, by name."""
    return {path.stem: path for path in sorted((state_dir() / "wake").glob("*.npz"))}


def run_list(arguments: argparse.Namespace) -> int:
    """Always 0."""
    settings = loader.load(arguments.config)
    listened_for = {word.name for word in settings.wake.words}
    table = Table("wake word", "made", "listened for")
    shipped = {path.stem.rsplit("_v", 1)[0] for path in (models_dir() / "openwakeword").glob("*_v*.onnx")}
    for name in sorted(shipped):
        table.add_row(name, "by openWakeWord", "yes" if name in listened_for else "")
    for name, path in trained().items():
        table.add_row(name, f"at home: {path}", "yes" if name in listened_for else "")
    rich_console.console().print(table)
    return 0


def run_train(arguments: argparse.Namespace) -> int:
    """0: it is made; 1: it is not, and why was said."""
    try:
        phrase = checked(arguments.phrase)
        name = arguments.name or _name_of(phrase)
        if NAME.fullmatch(name) is None:
            raise EngineError(f'"{name}" is no name: letters, digits, - and _, 64 at most (--name)')
        owner = _recordings(arguments.recordings) if arguments.recordings else []
        for doubt in doubts(phrase):
            terminal.note(doubt)
        with _progress() as told:
            speak, voices = embedded()
            made = train(phrase, speak, voices, models_dir() / "openwakeword", told=told, owner=owner)
        path = state_dir() / "wake" / f"{name}.npz"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if path.exists():
            terminal.note(f"{path} was there, and is replaced")
        made.head.save(path)
    except (EngineError, wav.AudioFileError, OSError) as error:
        terminal.complain(error)
        return 1
    _tell(made, phrase, name, path)
    return 0


def _tell(made: Trained, phrase: str, name: str, path: Path) -> None:
    judged = made.judged
    heard = judged.heard / max(1, judged.said)
    terminal.say(
        f"heard: {judged.heard} of {judged.said} calls by voices it does not know, 10 dB above a noise; "
        f"{judged.heard_quiet} in a quiet room"
    )
    if judged.owner_said:
        terminal.say(
            f"heard: {judged.owner_heard} of {judged.owner_said} of your own recordings, "
            "by what had not learned from them"
        )
    minutes = 60 * judged.hours
    terminal.say(f"false wakes: {judged.false_wakes} in {minutes:.0f} min of speech and noise")
    terminal.say(
        f"taken for it: {judged.near_taken} of {judged.near_said} phrases that nearly sound like it; "
        "the transcript has the last word"
    )
    terminal.say(
        f"to be expected: {judged.false_per_hour:.1f} an hour of such sound at most; a home has less of it"
    )
    if heard < GOOD_SHARE or judged.false_wakes:
        terminal.say(
            "It is no good word yet: one with more syllables, or other sounds, is told apart better."
        )
    terminal.say("\n[[wake.words]]")
    terminal.say(f'name = "{name}"')
    terminal.say(f'phrases = ["{phrase}"]')
    terminal.say(f'model = "{path}"')
    terminal.say(f"threshold = {made.threshold}")


def _name_of(phrase: str) -> str:
    from pypinyin import lazy_pinyin

    written = "_".join(lazy_pinyin(phrase)) if texts.is_chinese(phrase) else phrase
    return re.sub(r"\W+", "_", written.lower()).strip("_")[:64]


def _recordings(folder: Path) -> list[Pcm]:
    """The owner's calls. What is no such recording is left out, and named. Raises EngineError."""
    found = []
    for path in sorted(folder.glob("*.wav"))[:OWNERS_CALLS]:
        try:
            pcm = sounds.trimmed(wav.load(path))
        except wav.AudioFileError as error:
            terminal.note(f"{error}; left out")
            continue
        seconds = len(pcm) / SAMPLE_RATE
        if np.abs(pcm.astype(np.int32)).max(initial=0) < FAINT:
            terminal.note(f"{path} is silent; left out")
        elif not SHORTEST <= seconds <= LONGEST_CALL:
            terminal.note(f"{path} holds {seconds:.1f} s of sound, no call; left out")
        else:
            found.append(pcm)
    if not found:
        raise EngineError(f"{folder} holds no WAV files in which somebody says it")
    return found


@contextmanager
def _progress() -> Iterator[Told]:
    columns = (rich_console.description(), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=rich_console.console(stderr=True)) as shown:
        tasks = {}

        def told(what: str, share: float) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=1.0)
            shown.update(tasks[what], completed=share)

        yield told
