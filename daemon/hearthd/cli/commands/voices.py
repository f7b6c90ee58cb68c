"""``hearthd voices``: the cloned voices: a few seconds of somebody's speech, and its words."""

from __future__ import annotations

import argparse
import asyncio
import sys
import wave
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.prompt import Confirm, Prompt
from rich.table import Table

from hearthd.audio import wav
from hearthd.cli.commands import voices_record, voices_train, voices_try
from hearthd.common import rich_console
from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.common.paths import state_dir
from hearthd.common.printable import in_a_line
from hearthd.config import loader
from hearthd.config.settings import Settings
from hearthd.engines.protocols import Transcript
from hearthd.voices import profiles, reference_clip, trained_files


def register(commands: Any) -> None:
    """Add ``voices`` to the subcommands."""
    parser = commands.add_parser(
        "voices",
        help="list, add, record, train, try and remove the voices that GPT-SoVITS speaks with",
        description="A voice is 3 to 10 seconds of somebody's speech and the words in it. Set voice.name in"
        " the configuration to the one that shall speak. Clone nobody who has not agreed to it.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|add|record|train|remove|try")
    actions.add_parser("list", help="the voices and their words").set_defaults(run=run_list)
    adding = actions.add_parser(
        "add",
        help="make a voice from a recording",
        description="Make a voice from a recording: one person, 3 to 10 seconds (5 to 9 are best), no music,"
        " no echo. The silence at its ends is cut off. Without --text our own speech recognition writes the"
        " words down and shows them for correction: they must be exact, or the clone stumbles.",
    )
    adding.add_argument("name", metavar="NAME", help="letters, digits, - and _")
    adding.add_argument("clip", metavar="CLIP", type=Path, help="a WAV file")
    adding.add_argument("--text", help="the words in the clip, exactly")
    adding.add_argument("--language", choices=("en", "zh", "ja", "ko", "yue"), help="the clip's language")
    adding.add_argument(
        "--gpt-weights", default="", metavar="PATH", help="trained weights, as the server names them"
    )
    adding.add_argument("--sovits-weights", default="", metavar="PATH", help="the other half of them")
    adding.add_argument(
        "--server-clip", default="", metavar="PATH", help="the clip's path where the server runs"
    )
    adding.add_argument("--replace", action="store_true", help="if there is such a voice already")
    adding.add_argument("--force", action="store_true", help="in spite of what is wrong with the clip")
    adding.add_argument("--config", metavar="F", help="the configuration (for the speech recognition)")
    adding.set_defaults(run=run_add)
    voices_train.register(actions)
    removing = actions.add_parser(
        "remove",
        help="delete a voice, its clip and what was recorded and trained for it",
        description="Delete a voice and its clip. What was recorded for it here goes with it, and if it was"
        " trained here, its weights and the pieces of its recordings (not your own recordings), and you are"
        " asked first.",
    )
    removing.add_argument("name", metavar="NAME")
    removing.add_argument("--yes", action="store_true", help="do not ask")
    removing.set_defaults(run=run_remove)
    voices_try.register(actions)
    voices_record.register(actions)


def run_list(_: argparse.Namespace) -> int:
    """Print the table. 1 if a voice's folder is damaged."""
    table = Table(title=f"Voices in {profiles.voices_dir()}", title_justify="left")
    for heading in ("voice", "language", "seconds", "weights", "words"):
        table.add_column(heading, justify="right" if heading == "seconds" else "left")
    damaged = 0
    for name in profiles.names():
        try:
            voice = profiles.load(name)
            with wave.open(str(voice.clip)) as clip:
                seconds = clip.getnframes() / max(1, clip.getframerate())
        except (EngineError, wave.Error, EOFError, OSError) as error:
            table.add_row(name, "", "", "", f"damaged: {error}")
            damaged += 1
            continue
        weights, lost = _weights(voice)
        damaged += lost
        table.add_row(name, voice.language, f"{seconds:.1f}", weights, voice.text or "(none)")
    for name in trained_files.in_training():
        table.add_row(name, "", "", "in training", f"go on: hearthd voices train {name} FOLDER")
    for name in trained_files.in_recording():
        table.add_row(name, "", "", "being recorded", f"go on: hearthd voices record {name}")
    rich_console.console().print(table)
    return 1 if damaged else 0


def _weights(voice: profiles.StoredVoice) -> tuple[str, bool]:
    """What weights the voice speaks with, and whether some that were trained here are lost."""
    named = [Path(path) for path in (voice.gpt_weights, voice.sovits_weights) if path]
    if not named:
        return "the server's", False
    ours = [path for path in named if path.parent == state_dir() / "weights"]
    lost = [path.name for path in ours if not path.is_file()]
    if lost:
        return f"lost: {', '.join(lost)}", True
    if not ours:
        return "its own", False
    trained = datetime.fromtimestamp(max(path.stat().st_mtime for path in ours)).strftime("%Y-%m-%d")
    return " ".join(["trained", trained, voice.version]).strip(), False


def run_add(arguments: argparse.Namespace) -> int:
    """Judge the clip, find its words, store both."""
    console = rich_console.console(stderr=True)
    try:
        profiles.check_name(arguments.name)
        pcm = wav.load(arguments.clip, reference_clip.RATE)
        judgement = reference_clip.judge(pcm)
        for line in judgement.advice:
            console.print(f"note: {line}", style="yellow")
        for line in judgement.errors:
            console.print(f"wrong: {line}", style="red")
        if judgement.errors and not arguments.force:
            console.print("Nothing was stored. A better recording is the mend; --force takes it as it is.")
            return 1
        text, language = _words(arguments, judgement.pcm, console)
        clip = reference_clip.wav_bytes(judgement.pcm)
        values = {"text": text, "language": language}
        for key in ("gpt_weights", "sovits_weights", "server_clip"):
            if getattr(arguments, key):
                values[key] = getattr(arguments, key)
        folder = profiles.store(
            arguments.name, clip, reference_clip.file_name(clip), values, replace=arguments.replace
        )
    except wav.AudioFileError as error:
        raise EngineError(str(error)) from None
    console.print(f"Stored in {folder}: {judgement.seconds:.1f} s, {language}. Its words: {text}")
    console.print(f"Hear it: hearthd voices try {arguments.name}")
    return 0


def _words(arguments: argparse.Namespace, pcm: Pcm, console: Console) -> tuple[str, str]:
    """The clip's words and language: as told, else as recognised and corrected."""
    if arguments.text is not None and arguments.language is not None:
        return arguments.text.strip(), arguments.language
    if arguments.text is not None:
        han = any("\u4e00" <= character <= "\u9fff" for character in arguments.text)
        return arguments.text.strip(), "zh" if han else "en"
    console.print("Listening to the clip...")
    found = asyncio.run(_transcribe(loader.load(arguments.config), pcm))
    if not found.text:
        raise EngineError("no words were recognised in the clip: give them with --text")
    text = found.text
    if sys.stdin.isatty():
        console.print("These words must be exact. Enter takes them as they are.")
        text = Prompt.ask("words", default=in_a_line(text), console=console).strip() or found.text
    else:
        console.print(f"Recognised: {text} (correct it with --text --replace)")
    return text, arguments.language or found.language


async def _transcribe(settings: Settings, pcm: Pcm) -> Transcript:
    from hearthd.audio.resample import resample
    from hearthd.engines.asr.engine import WhisperAsr

    asr = WhisperAsr(settings.asr)
    try:
        await asr.start()
        return await asr.transcribe(resample(pcm, reference_clip.RATE, 16_000))
    finally:
        await asr.close()


def run_remove(arguments: argparse.Namespace) -> int:
    """Delete a voice and all that was made for it here."""
    console = rich_console.console(stderr=True)
    name = arguments.name
    trained = trained_files.of(name)
    if trained and not arguments.yes and not _confirmed(name, trained, console):
        console.print("Nothing was removed.")
        return 1
    if (profiles.voices_dir() / name).is_dir() or not trained:
        profiles.remove(name)
    trained.delete()
    return 0


def _confirmed(name: str, trained: trained_files.Belongings, console: Console) -> bool:
    """Whether the owner wants all of it gone; the answer is no where nobody can be asked."""
    parts = [f"{len(trained.weights)} files of weights"] if trained.weights else []
    if trained.training is not None:
        parts.append(f"the pieces it was trained with ({trained.training})")
    if trained.recordings is not None:
        parts.append(f"what was recorded for it ({trained.recordings})")
    console.print(
        f"With the voice {name} go {' and '.join(parts)}: {trained.size / 1e6:.0f} MB. To have them again is"
        " to record or train again; recordings of yours that lie elsewhere are not touched.",
        markup=False,
    )
    if not sys.stdin.isatty():
        console.print("Nobody can be asked here: --yes removes it.")
        return False
    return Confirm.ask("Remove it?", default=False, console=console)
