"""``hearthd personas``: who the speaker can be, and these personas as models in Ollama."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn
from rich.table import Table

from hearthd.common import rich_console, terminal
from hearthd.config import loader, personas
from hearthd.config.personas import Persona
from hearthd.config.settings import Settings

if TYPE_CHECKING:
    from hearthd.engines.http_access import Access
    from hearthd.engines.llm.ollama_models import Recipe


MISSING, APPLIED, CHANGED = "no", "yes", "changed since"
"""A persona's model in Ollama: not there, as the file says, or as it said once."""


def register(commands: Any) -> None:
    """Add ``personas`` to the subcommands."""
    parser = commands.add_parser(
        "personas",
        help="list personas, and make them models in Ollama",
        epilog="examples:\n"
        "  hearthd personas list\n"
        "  hearthd personas apply --pull           all of them, with the models they are made of",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|apply")
    listing = actions.add_parser("list", help="the personas, and which of them Ollama has as models")
    applying = actions.add_parser(
        "apply",
        help="make personas models in Ollama",
        description="Make personas models in Ollama (hearthd-NAME), for other programs and `ollama run`; with"
        " num_ctx in the model, so that a program that cannot send one does not push the speaker's model out."
        " One that is as it should be is left alone. The speaker itself needs none of this: it sends its"
        " persona with every question.",
    )
    applying.add_argument("names", nargs="*", metavar="NAME", help="which (all)")
    applying.add_argument("--pull", action="store_true", help="have Ollama fetch base models that it lacks")
    for action, run in ((listing, _list), (applying, _apply)):
        action.add_argument("--config", metavar="FILE", help="configuration file")
        action.set_defaults(run=run)


def model_name(persona: Persona) -> str:
    """The name of a persona's model in Ollama."""
    return f"hearthd-{persona.name}"


def recipe_of(persona: Persona, settings: Settings) -> Recipe:
    """What its model is made of."""
    from hearthd.engines.llm.ollama_models import Recipe

    parameters: dict[str, Any] = {
        "num_ctx": persona.num_ctx or settings.chat.num_ctx,
        "temperature": persona.temperature,
    }
    if persona.stop:
        parameters["stop"] = persona.stop
    return Recipe(persona.model or settings.chat.ollama.model, persona.system.strip(), parameters)


def _list(arguments: argparse.Namespace) -> int:
    from hearthd.common.errors import ChatError

    settings = loader.load(arguments.config)
    table = Table("persona", "called", "language", "voice", "base model", "in Ollama")
    problems: list[str] = []
    reason = ""
    for name in personas.available():
        try:
            persona = personas.load(name)
        except personas.PersonaError as error:
            problems += error.problems
            continue
        try:
            state = asyncio.run(_state(persona, settings)) if not reason else "?"
        except ChatError as error:
            reason, state = str(error), "?"
        mark = f"{name} *" if name == settings.persona else name
        base = persona.model or settings.chat.ollama.model
        called = ", ".join(persona.names[1:])
        table.add_row(
            mark, called, persona.language or "as asked", persona.voice or "as configured", base, state
        )
    rich_console.console().print(table)
    for line in [*problems, *([reason] if reason else [])]:
        terminal.note(line)
    return 1 if problems else 0


def _server(settings: Settings) -> tuple[str, Access]:
    from hearthd.engines.http_access import Access

    there = settings.chat.ollama
    return there.url, Access(there.token_file, there.ca_file)


async def _state(persona: Persona, settings: Settings) -> str:
    from hearthd.engines.llm.ollama_models import recipe

    url, access = _server(settings)
    there = await recipe(url, model_name(persona), access)
    if there is None:
        return MISSING
    wanted = recipe_of(persona, settings)
    made = wanted.over(await recipe(url, wanted.base, access))
    return APPLIED if there.same_as(made) else CHANGED


def _apply(arguments: argparse.Namespace) -> int:
    from hearthd.common.errors import ModelMissingError

    settings = loader.load(arguments.config)
    wanted = [personas.load(name) for name in arguments.names or personas.available()]
    try:
        for persona in wanted:
            terminal.say(
                f"{model_name(persona)}: {asyncio.run(_apply_one(persona, settings, pull=arguments.pull))}"
            )
    except ModelMissingError as error:
        hint = "" if arguments.pull else ": `hearthd personas apply --pull` has Ollama fetch it"
        terminal.complain(f"{error}{hint}")
        return 1
    return 0


async def _apply_one(persona: Persona, settings: Settings, *, pull: bool) -> str:
    from hearthd.engines.llm import ollama_models

    url, access = _server(settings)
    name, wanted = model_name(persona), recipe_of(persona, settings)
    if pull and not await ollama_models.has(url, wanted.base, access):
        await _pull(url, wanted.base, access)
    state = await _state(persona, settings)
    if state == APPLIED:
        return "as it should be"
    await ollama_models.create(url, name, wanted, access)
    return "made" if state == MISSING else "made anew"


async def _pull(url: str, model: str, access: Access) -> None:
    from hearthd.engines.llm import ollama_models

    columns = (rich_console.description(), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=rich_console.console(stderr=True)) as progress:
        bars: dict[str, Any] = {}
        async with aclosing(ollama_models.pull(url, model, access)) as steps:
            async for step in steps:
                if step.total == 0:
                    continue
                if step.status not in bars:
                    bars[step.status] = progress.add_task(f"{model}: {step.status}", total=step.total)
                progress.update(bars[step.status], completed=step.completed)
