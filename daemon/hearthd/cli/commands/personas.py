"""``hearthd personas``: who the speaker can be, and these personas as models in Ollama."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from datetime import datetime
from typing import Any

from rich.table import Table

from hearthd.cli.commands import personas_ollama, personas_train
from hearthd.common import rich_console, terminal
from hearthd.common.errors import EngineError
from hearthd.config import loader, personas, trained_models
from hearthd.config.personas import Persona, ollama_name
from hearthd.config.settings import Settings


def register(commands: Any) -> None:
    """Add ``personas`` to the subcommands."""
    parser = commands.add_parser(
        "personas",
        help="list personas, train a model for one, make them models in Ollama",
        epilog="examples:\n"
        "  hearthd personas list\n"
        "  hearthd personas train ember house.json --apply\n"
        "  hearthd personas apply --pull           all of them, with the models they are made of",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|apply|train|untrain|examples")
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
    personas_train.register(actions)


def _list(arguments: argparse.Namespace) -> int:
    from hearthd.common.errors import ChatError

    settings = loader.load(arguments.config)
    table = Table("persona", "called", "language", "voice", "base model", "in Ollama")
    lessons: list[str] = []
    problems: list[str] = []
    reason = ""
    for name in personas.available():
        try:
            persona = personas.load(name)
        except personas.PersonaError as error:
            problems += error.problems
            continue
        try:
            state = asyncio.run(personas_ollama.state_of(persona, settings)) if not reason else "?"
        except ChatError as error:
            reason, state = str(error), "?"
        mark = f"{name} *" if name == settings.persona else name
        base = persona.model or settings.chat.ollama.model
        called = ", ".join(persona.names[1:])
        table.add_row(
            mark, called, persona.language or "as asked", persona.voice or "as configured", base, state
        )
        if trained := asyncio.run(_trained(persona, settings)):
            lessons.append(f"{name}: trained {trained}")
    rich_console.console().print(table)
    for line in lessons:
        terminal.say(line)
    for line in [*problems, *([reason] if reason else [])]:
        terminal.note(line)
    return 1 if problems else 0


async def _trained(persona: Persona, settings: Settings) -> str:
    """What was trained for it: when, on what, whether it answers with it."""
    from hearthd.engines.llm import ollama_models
    from hearthd.engines.llm.gguf_file import fingerprint

    found = trained_models.of(persona.name)
    if found is None:
        return ""
    same = True
    url, access = personas_ollama.server(settings)
    with contextlib.suppress(EngineError):  # what cannot be asked has not changed, as far as is known
        if found.engine == "ollama":
            same = (await ollama_models.blob(url, found.base, access)).digest == found.base_digest
        else:
            same = fingerprint(personas_train.embedded_file(found.base)) == found.base_file
    day = datetime.fromtimestamp(found.trained_at).strftime("%Y-%m-%d")
    use = "" if found.applied else ", not in use"
    changed = "" if same else ", which changed since: train it again"
    return f"{day} on {found.base}{use}{changed}"


def _apply(arguments: argparse.Namespace) -> int:
    from hearthd.common.errors import ModelMissingError

    settings = loader.load(arguments.config)
    wanted = [personas.load(name) for name in arguments.names or personas.available()]
    try:
        for persona in wanted:
            trained = trained_models.of(persona.name)
            if trained is not None and arguments.names:
                trained_models.keep(trained.in_use())
                terminal.say(
                    f"{persona.name}: answers with what was trained from the next start or reload on"
                )
                if trained.engine == "embedded":
                    continue
            made = asyncio.run(personas_ollama.apply_in_ollama(persona, settings, pull=arguments.pull))
            terminal.say(f"{ollama_name(persona.name)}: {made}")
    except ModelMissingError as error:
        hint = "" if arguments.pull else ": `hearthd personas apply --pull` has Ollama fetch it"
        terminal.complain(f"{error}{hint}")
        return 1
    return 0
