"""``hearthd voices train``: from a folder of recordings to a voice with weights of its own."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TimeElapsedColumn

from hearthd.audio import wav
from hearthd.common import rich_console
from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.config import loader
from hearthd.config.settings import Settings
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.engines.protocols import Transcript
from hearthd.training.voice import dataset, runner, upstream
from hearthd.training.voice import gpu_lease as speaker
from hearthd.training.voice.steps import TrainingPlan
from hearthd.voices import profiles, reference_clip

NOTES = 12
"""So many of the notes are shown."""
ENOUGH_MINUTES = 10.0
"""With less, users of GPT-SoVITS report that words of the reference clip leak into short sentences."""


def register(actions: Any) -> None:
    """Add ``train`` to the actions of ``voices``."""
    training = actions.add_parser(
        "train",
        help="train a voice with minutes of recordings",
        description="Train a voice with a folder of WAV recordings of one person: 1 minute at least, 10 to 30"
        " are best, no music, no echo, no second voice. They are cut into pieces of 3 to 10 seconds at the"
        " pauses, our own speech recognition writes the words down (correct them in the list that is named:"
        " your lines stay), and GPT-SoVITS's own scripts do the rest, on its own Python: that takes its"
        " installation and a GPU with 8 GB or more. Whatever is done stays done: the same command goes on"
        " where it was interrupted. Clone nobody who has not agreed to it.",
    )
    training.add_argument("name", metavar="NAME", help="letters, digits, - and _")
    training.add_argument("recordings", metavar="FOLDER", type=Path, help="the WAV files")
    training.add_argument(
        "--checkout",
        type=Path,
        default=Path("/opt/gpt-sovits"),
        metavar="DIR",
        help="GPT-SoVITS's folder (%(default)s)",
    )
    training.add_argument(
        "--python",
        type=Path,
        metavar="PATH",
        help="GPT-SoVITS's Python (DIR/venv/bin/python, DIR/.venv/bin/python)",
    )
    training.add_argument(
        "--version",
        choices=tuple(upstream.VERSIONS),
        default="v2Pro",
        help="the model to train; the voice server must have the same (%(default)s)",
    )
    training.add_argument(
        "--stop-speaker",
        action="store_true",
        help="stop hearthd and its voice server while the GPU is needed, and start them again",
    )
    training.add_argument("--config", metavar="F", help="the configuration (for the speech recognition)")
    training.set_defaults(run=run_train)


def run_train(arguments: argparse.Namespace) -> int:
    """Do all that is not done yet. 1 if something is missing or failed, which is said."""
    console = rich_console.console(stderr=True)
    try:
        settings = loader.load(arguments.config)
        reason = speaker.in_the_way(settings.voice.url)
        if reason and not arguments.stop_speaker:
            console.print(
                f"{reason}, and the speaker needs the GPU: nothing was done. --stop-speaker stops it for as"
                " long as the GPU is needed.",
                style="red",
                markup=False,
            )
            return 1
        data = dataset.DataSet(arguments.name)
        lines = _prepare(data, arguments.recordings, settings, console)
        gpt, sovits = _train(arguments, data, lines, settings, console)
        old = _register(
            arguments.name, lines, {"gpt_weights": str(gpt), "sovits_weights": str(sovits)}, arguments.version
        )
    except wav.AudioFileError as error:
        raise EngineError(str(error)) from None
    for path in old:
        path.unlink(missing_ok=True)
    console.print(f"The voice {arguments.name} speaks with {sovits.name} and {gpt.name}.")
    console.print(f"Hear it: hearthd voices try {arguments.name}")
    return 0


def _prepare(
    data: dataset.DataSet, recordings: Path, settings: Settings, console: Console
) -> list[dataset.Line]:
    """The recordings' pieces and their words. Raises VoiceError if they are too few."""
    with _bars(console) as bar:
        made = data.slice(recordings, bar("cutting"))
        lines = asyncio.run(_transcribe(data, settings, bar("listening")))
    notes = [note for recording in made for note in recording.notes]
    for note in notes[:NOTES]:
        console.print(f"left out: {note}", style="yellow")
    if len(notes) > NOTES:
        console.print(f"left out: {len(notes) - NOTES} more pieces", style="yellow")
    minutes = dataset.total_seconds(lines) / 60
    console.print(
        f"{len(made)} recordings, {sum(len(r.slices) for r in made)} pieces, {len(lines)} with words:"
        f" {minutes:.1f} minutes. Their words, to be corrected: {data.list_path}",
        markup=False,
    )
    if len(lines) < 2:  # upstream asserts as much, hours later
        raise profiles.VoiceError(
            "there are too few pieces to train with: at least a minute of speech is needed"
        )
    if minutes < ENOUGH_MINUTES:
        console.print(
            f"note: {minutes:.1f} minutes are few; with 10 to 30 the voice is steadier", style="yellow"
        )
    return lines


async def _transcribe(
    data: dataset.DataSet, settings: Settings, progress: dataset.Progress
) -> list[dataset.Line]:
    asr = WhisperAsr(settings.asr)
    started = False

    async def listen(pcm: Pcm) -> Transcript:
        nonlocal started
        if not started:  # not at all if the list is whole already
            await asr.start()
            started = True
        return await asr.transcribe(pcm)

    try:
        return await data.transcribe(listen, progress)
    finally:
        await asr.close()


def _train(
    arguments: argparse.Namespace,
    data: dataset.DataSet,
    lines: list[dataset.Line],
    settings: Settings,
    console: Console,
) -> tuple[Path, Path]:
    """Run upstream's scripts. Raises VoiceError."""
    try:
        installed = upstream.find(arguments.checkout, arguments.python, arguments.version)
    except profiles.VoiceError as error:
        raise profiles.VoiceError(
            f"{error}.\nDone so far: {len(lines)} pieces and their words, in {data.list_path}. The same"
            " command goes on from there."
        ) from None
    with speaker.out_of_the_way(settings.voice.url, stop=arguments.stop_speaker):
        gpu = installed.gpu()
        if not gpu.usable:
            console.print(
                f"note: no GPU that GPT-SoVITS can train on ({gpu.name}): on the processor it takes days",
                style="yellow",
                markup=False,
            )
        folder = data.folder / f"gpt-sovits-{arguments.version}"
        plan = TrainingPlan(data.name, lines, data.list_path, folder, installed, gpu)
        with _bars(console) as bar:
            bars: dict[str, Callable[[int, int], None]] = {}

            def progress(step: str, done: int, total: int) -> None:
                if step not in bars:
                    bars[step] = bar(step)
                bars[step](done, total)

            return runner.run(plan, progress)


def _register(name: str, lines: list[dataset.Line], weights: dict[str, str], version: str) -> list[Path]:
    """Make the voice, or give the one there is its weights. Returns our own weights that it had before."""
    old: list[Path] = []
    if name in profiles.names():
        known = profiles.load(name)
        clip, clip_name = known.clip.read_bytes(), known.clip.name
        values = known.model_dump(exclude={"name", "clip"}, exclude_defaults=True)
        ours = Path(weights["gpt_weights"]).parent
        had = [Path(known.gpt_weights), Path(known.sovits_weights)]
        old = [path for path in had if path.parent == ours and str(path) not in weights.values()]
    else:
        line, pcm = dataset.best_piece(lines)
        clip = reference_clip.wav_bytes(pcm)
        clip_name, values = reference_clip.file_name(clip), {"text": line.text, "language": line.language}
    profiles.store(name, clip, clip_name, {**values, **weights, "version": version}, replace=True)
    return old


@contextmanager
def _bars(console: Console) -> Iterator[Callable[[str], Callable[[int, int], None]]]:
    """Progress bars that stay where they are when something ends."""
    columns = (rich_console.description(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:

        def bar(title: str) -> Callable[[int, int], None]:
            task: TaskID = progress.add_task(title, total=None)
            return lambda done, total: progress.update(task, completed=done, total=total)

        yield bar
