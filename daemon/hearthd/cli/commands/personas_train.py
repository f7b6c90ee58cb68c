"""``hearthd personas train|untrain|examples``: a chat model of one's own, from questions and answers."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TimeElapsedColumn
from rich.table import Table

from hearthd.cli.commands import personas_ollama
from hearthd.common import rich_console, terminal
from hearthd.common.errors import EngineError
from hearthd.common.paths import state_dir
from hearthd.config import loader, personas, trained_models
from hearthd.config.personas import Persona
from hearthd.config.settings import Settings
from hearthd.config.trained_models import TrainedModel
from hearthd.engines.llm import ollama_models
from hearthd.history import schema
from hearthd.history.browser import History
from hearthd.models import manifest
from hearthd.training.chat import environment, examples, trainer
from hearthd.training.chat.controls import Score
from hearthd.training.voice import gpu_lease as speaker

EPILOG = """\
The file holds questions and answers, in one of three forms:

  [{"role": "user", "content": "Who are you?", "response": "I am Ember."}, ...]
  the same objects, one a line (JSON Lines)
  a table (CSV) with the columns content and response

Ask each thing in three ways or more; twenty answers so asked are a good beginning. One way of each is not
trained: it shows what was learned.

  hearthd personas train ember house.json --apply
"""


def register(actions: Any) -> None:
    """Add ``train``, ``untrain`` and ``examples`` to the actions of ``personas``."""
    training = actions.add_parser(
        "train",
        help="fine-tune a persona's model on questions and answers",
        description="Fine-tune the model that answers as a persona on questions and answers of your own, on"
        " this machine. What comes of it is a small file beside the model, which stays as it is; what was"
        " learned and what was forgotten is shown at the end. Whatever is done stays done: the same command"
        " goes on where it was interrupted.",
        epilog=EPILOG,
    )
    training.add_argument("name", metavar="NAME", help="the persona")
    training.add_argument("file", metavar="FILE", type=Path, help="the questions and answers")
    training.add_argument(
        "--base",
        metavar="MODEL",
        default="",
        help="the model to train: an embedded one (hearthd models list) or one of Ollama's"
        " (what the persona answers with now)",
    )
    training.add_argument(
        "--hub-folder",
        metavar="DIR",
        default="",
        help="the same model as its maker publishes it, for one whose GGUF cannot be trained from",
    )
    training.add_argument("--apply", action="store_true", help="answer with it from then on, if it is good")
    training.add_argument(
        "--stop-speaker", action="store_true", help="stop hearthd while the GPU is needed, and start it again"
    )
    training.add_argument(
        "--processor", action="store_true", help="train on the processor though there is a GPU"
    )
    training.add_argument(
        "--index", metavar="URL", default="", help="a further package index for the installation of torch"
    )
    training.add_argument("--yes", action="store_true", help="install what a training needs without asking")
    training.set_defaults(run=run_train)
    undoing = actions.add_parser(
        "untrain",
        help="delete what was trained for a persona",
        description="Delete what was trained for a persona: it answers with the plain model again.",
    )
    undoing.add_argument("name", metavar="NAME", help="the persona")
    undoing.set_defaults(run=run_untrain)
    writing = actions.add_parser(
        "examples",
        help="write a file of examples from answers that you marked as good",
        description="Write the questions and answers that you marked (hearthd history mark TURN good) as a"
        " file to train with. Correct it before: what stands there is what the persona will say.",
    )
    writing.add_argument("name", metavar="NAME", help="the persona")
    writing.add_argument("--from-history", action="store_true", required=True, help="from the marked turns")
    writing.add_argument("--out", metavar="FILE", type=Path, help="(NAME.json here)")
    writing.set_defaults(run=run_examples)
    for action in (training, undoing, writing):
        action.add_argument("--config", metavar="FILE", help="configuration file")


def run_train(arguments: argparse.Namespace) -> int:
    """Train. 1 if something is wrong, which is said; 3 if it forgot too much to be applied."""
    console = rich_console.console(stderr=True)
    settings = loader.load(arguments.config)
    persona = personas.load(arguments.name)
    rows = examples.read(arguments.file)
    base = asyncio.run(_base(arguments.base or _answers_with(persona, settings), settings))
    python = _python(arguments, console)
    if python is None:
        return 1
    gpu = not arguments.processor and Path("/proc/driver/nvidia").exists()
    lease: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
    if gpu:
        lease = speaker.out_of_the_way(settings.voice.url, stop=arguments.stop_speaker)
    with lease, _bars(console) as progress:
        outcome = asyncio.run(
            trainer.train(
                trainer.Order(
                    persona.name, _shown(persona, base), base.file, python,
                    hub_folder=arguments.hub_folder, processor_only=arguments.processor,
                ),
                rows,
                progress,
            )
        )  # fmt: skip
    rich_console.console().print(_table(outcome))
    good = not outcome.forgot_too_much
    found = TrainedModel(
        persona.name, base.name, outcome.base_file, base.engine, time.time(), outcome.examples,
        applied=False, base_digest=base.digest, figures=outcome.figures(),
    )  # fmt: skip
    trained_models.keep(found, outcome.adapter)
    if not good:
        terminal.note(
            f"it forgot {outcome.controls.lost:.0%} of what it is asked for control, more than"
            f" {trainer.MAX_FORGOTTEN:.0%}: it is kept, but not in use. More examples, asked in more ways,"
            " or a larger model forget less."
        )
        return 3 if arguments.apply else 0
    if not arguments.apply:
        terminal.say(f"Kept, not in use: hearthd personas apply {persona.name}")
        return 0
    trained_models.keep(found.in_use())
    if found.engine == "ollama":
        asyncio.run(personas_ollama.apply_in_ollama(persona, settings, pull=False))
    terminal.say(f"{persona.name} answers with it {_from_when()}.")
    return 0


def run_untrain(arguments: argparse.Namespace) -> int:
    """1 if nothing was trained."""
    settings = loader.load(arguments.config)
    known = trained_models.of(arguments.name)
    if known is not None and known.engine == "ollama" and known.applied:
        url, access = personas_ollama.server(settings)
        asyncio.run(ollama_models.remove(url, personas.ollama_name(arguments.name), access))
    shutil.rmtree(trainer.folder_of(personas.check_name(arguments.name)), ignore_errors=True)
    if not trained_models.forget(arguments.name):
        terminal.complain(f"nothing was trained for {arguments.name}")
        return 1
    terminal.say(f"{arguments.name} answers with the plain model {_from_when()}.")
    return 0


def run_examples(arguments: argparse.Namespace) -> int:
    """1 if no turn is marked."""
    personas.load(arguments.name)
    with History(state_dir() / schema.FILE) as history:
        good = history.marked("good")
    found: dict[str, examples.Example] = {}
    for turn in good:
        if turn.heard.strip() and turn.reply.strip():
            found[turn.heard.strip().casefold()] = examples.Example(turn.heard.strip(), turn.reply.strip())
    if not found:
        terminal.complain("no answer is marked as good: hearthd history mark TURN good")
        return 1
    target = arguments.out or Path(f"{arguments.name}.json")
    examples.write(target, list(found.values()))
    terminal.say(
        f"{len(found)} examples in {target}; correct them, then:"
        f" hearthd personas train {arguments.name} {target}"
    )
    return 0


class Base:
    """What is trained on."""

    def __init__(self, name: str, file: Path, engine: str, digest: str = "") -> None:
        self.name, self.file, self.engine, self.digest = name, file, engine, digest


def _shown(persona: Persona, base: Base) -> str:
    """The prompt that the model is shown: an embedded one's is the brief, where there is one."""
    return (persona.brief.strip() if base.engine == "embedded" else "") or persona.system.strip()


def embedded_file(name: str) -> Path:
    """The file of an embedded model. Raises EngineError."""
    return manifest.path(name) / "model.gguf"


def _answers_with(persona: Persona, settings: Settings) -> str:
    """The model that answers as ``persona`` now."""
    if settings.chat.engine == "embedded":
        return settings.chat.embedded_model
    return persona.model or settings.chat.ollama.model


async def _base(name: str, settings: Settings) -> Base:
    """The file of the model ``name``. Raises EngineError that says where it was looked for."""
    if "/" in name or name in manifest.manifest():
        return Base(name, embedded_file(name), "embedded")
    url, access = personas_ollama.server(settings)
    blob = await ollama_models.blob(url, name, access)
    if not blob.file.is_file():
        raise EngineError(
            f"Ollama keeps {name} in {blob.file}, which cannot be read here: run this on Ollama's machine, as"
            " root or as Ollama's user"
        )
    return Base(name, blob.file, "ollama", blob.digest)


def _python(arguments: argparse.Namespace, console: Console) -> Path | None:
    """The training's Python, installed if the owner agrees; None if not."""
    found = environment.python()
    if found is not None:
        return found
    console.print(
        f"A training needs torch, transformers and peft in an environment of their own: {environment.size()}."
    )
    if not arguments.yes:
        if not sys.stdin.isatty():
            terminal.complain("nobody can be asked here: say --yes to have it installed")
            return None
        if console.input("Install it? [y/N] ").strip().lower() not in ("y", "yes"):
            return None
    return environment.install(index=arguments.index)


def _table(outcome: trainer.TrainingOutcome) -> Table:
    table = Table("", "before", "after", "of")

    def row(what: str, score: Score) -> None:
        table.add_row(what, str(score.before), str(score.after), str(score.of))

    row(
        "learned: asked in words that were not trained" + (" (ours)" if outcome.made else ""), outcome.learned
    )
    row("recalled: asked as trained", outcome.recalled)
    row("not forgotten: control questions", outcome.controls)
    style = outcome.style
    table.add_row("letters of an answer to a control", f"{style.before:.0f}", f"{style.after:.0f}", "")
    return table


def _from_when() -> str:
    return "from the speaker's next start or reload on (systemctl reload hearthd)"


@contextmanager
def _bars(console: Console) -> Iterator[Callable[[str, int, int, str], None]]:
    """A bar for each step; one that is done stays."""
    columns = (rich_console.description(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bars: dict[str, TaskID] = {}

        def told(what: str, done: int, of: int, remark: str) -> None:
            if what not in bars:
                bars[what] = progress.add_task(what, total=None)
            shown = f"{what} ({remark})" if remark else what
            progress.update(bars[what], completed=done, total=of or None, description=shown)

        yield told
