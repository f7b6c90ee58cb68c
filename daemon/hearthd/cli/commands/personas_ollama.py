"""A persona as a model in Ollama: what it is made of, whether it is there, making it."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

from hearthd.common import rich_console
from hearthd.config import trained_models
from hearthd.config.personas import Persona, ollama_name
from hearthd.config.settings import Settings
from hearthd.engines.http_access import Access
from hearthd.engines.llm import ollama_models
from hearthd.engines.llm.ollama_models import Recipe

MISSING, APPLIED, CHANGED = "no", "yes", "changed since"
"""A persona's model in Ollama: not there, as the file says, or as it said once."""


def recipe_of(persona: Persona, settings: Settings) -> Recipe:
    """What its model is made of."""
    parameters: dict[str, Any] = {
        "num_ctx": persona.num_ctx or settings.chat.num_ctx,
        "temperature": persona.temperature,
    }
    if persona.stop:
        parameters["stop"] = persona.stop
    trained = trained_models.of(persona.name)
    if trained is None or not trained.applied or trained.engine != "ollama":
        return Recipe(persona.model or settings.chat.ollama.model, persona.system.strip(), parameters)
    return Recipe(trained.base, persona.system.strip(), parameters, trained.adapter_digest())


def server(settings: Settings) -> tuple[str, Access]:
    """Where Ollama is, and how it is asked."""
    there = settings.chat.ollama
    return there.url, Access(there.token_file, there.ca_file)


async def state_of(persona: Persona, settings: Settings) -> str:
    """Whether the server has it: one of the three. Raises ChatError."""
    url, access = server(settings)
    there = await ollama_models.recipe(url, ollama_name(persona.name), access)
    if there is None:
        return MISSING
    wanted = recipe_of(persona, settings)
    made = wanted.over(await ollama_models.recipe(url, wanted.base, access))
    return APPLIED if there.same_as(made) else CHANGED


async def apply_in_ollama(persona: Persona, settings: Settings, *, pull: bool) -> str:
    """Make its model in Ollama what it should be; what was done, in a word. Raises ChatError."""
    trained = trained_models.of(persona.name)
    url, access = server(settings)
    name, wanted = ollama_name(persona.name), recipe_of(persona, settings)
    if pull and not await ollama_models.has(url, wanted.base, access):
        await _pull(url, wanted.base, access)
    state = await state_of(persona, settings)
    if state == APPLIED:
        return "as it should be"
    adapter = trained.adapter if trained is not None and wanted.adapter else None
    await ollama_models.create(url, name, wanted, access, adapter=adapter)
    return "made" if state == MISSING else "made anew"


async def _pull(url: str, model: str, access: Access) -> None:
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
