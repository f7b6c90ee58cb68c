"""Personas: who the speaker is. One TOML file each; the file's name is the persona's.

The owner's lie in ``personas/`` beside ``hearthd.toml``, and come before the ones that are shipped.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from hearthd.common import toml_file
from hearthd.config import loader
from hearthd.config.section import Section
from hearthd.config.settings import Language, repository_config
from hearthd.text.words_only import words_only

MAX_BYTES = 64_000
"""No persona is larger."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")

_SWITCH = (
    re.compile(
        r"(?:please )?(?:be|become|be like|switch to|change to|turn into|talk like|speak as|i want to talk to"
        r"|let me talk to) (?:the )?(.+?)(?: please| now| again)*"
    ),
    re.compile(r"(?:请|请你|你)?(?:换成|换到|切换到|切换成|变成|变回|扮演|当|叫)(.+?)(?:吧|来|好吗|说话)?"),
)


class Persona(Section):
    """One persona. Empty strings and None mean: as configured in ``hearthd.toml``."""

    name: str
    system: Annotated[str, Field(min_length=1, max_length=8000)]
    """The system prompt, sent with every question and never changed within a conversation: the engine's
    cache holds it."""
    brief: Annotated[str, Field(max_length=1000)] = ""
    """What the embedded model is shown instead of `system`; empty: `system`. Who it is and how long it speaks
    is enough: a model that small says rules back instead of keeping them."""
    title: str = ""
    """Its name as people write it."""
    called: list[str] = Field(default=[])
    """More names by which it can be asked for ("be Mario")."""
    language: Language | None = None
    """Answers in this language whatever is asked; None: in the language asked."""
    model: str = ""
    """The base model in Ollama; empty: ``chat.model``. The embedded engine keeps its own, and says so."""
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    num_ctx: Annotated[int, Field(ge=512, le=131072)] | None = None
    """The context; None: ``chat.num_ctx``. Another one than the configured makes Ollama load the model anew
    at the switch."""
    stop: list[str] = Field(default=[])
    """Texts that end a reply. In Ollama they replace the model's own: leave empty unless you know them."""
    voice: str = ""
    """The voice profile, or "embedded"; empty: ``voice.name``."""
    greeting: str = ""
    """Said when it is switched to."""
    workspaces: list[Annotated[str, Field(pattern=r"^[\w-]{1,32}$")]] = Field(default=[], max_length=32)
    """The workspaces of documents that it may draw on (`hearthd knowledge add --workspace`); empty: all
    documents."""
    follow_up_seconds: Annotated[float, Field(ge=0, le=60)] | None = None
    """How long it listens after an answer; None: ``follow_up.seconds``."""

    @property
    def names(self) -> list[str]:
        """Every way to call it."""
        return [self.name, *([self.title] if self.title else []), *self.called]


class PersonaError(loader.ConfigError):
    """A persona cannot be used. ``problems`` names every mistake, one line each."""


def folders() -> list[Path]:
    """Where personas are looked for: the owner's folder, then the shipped one."""
    file = loader.find(None)
    owner = [file.parent / "personas"] if file is not None else []
    return [*owner, repository_config("personas")]


def available(where: Iterable[Path] | None = None) -> list[str]:
    """The names of the personas there are, sorted; their files may still be wrong."""
    return sorted({path.stem for folder in where or folders() for path in folder.glob("*.toml")})


def ollama_name(name: str) -> str:
    """What a persona's own model is called in Ollama."""
    return f"hearthd-{name}"


def check_name(name: str) -> str:
    """``name``, if a persona may be called so. Raises PersonaError."""
    if not _NAME.fullmatch(name):
        raise PersonaError([f'persona: "{toml_file.shown(name)}" is no name: small letters, digits, - and _'])
    return name


def load(name: str, where: Iterable[Path] | None = None) -> Persona:
    """The persona ``name``. Raises PersonaError with every mistake in its file."""
    searched = list(where or folders())
    if _NAME.fullmatch(name):
        for folder in searched:
            path = folder / f"{name}.toml"
            if path.is_file():
                return parse(path)
    known = available(searched)
    near = difflib.get_close_matches(name[:64], known, n=1, cutoff=0.5)
    hint = f'; did you mean "{near[0]}"?' if near else f" (there are: {', '.join(known)})" if known else ""
    raise PersonaError([f'persona: no persona "{toml_file.shown(name)}"{hint}'])


def parse(path: Path) -> Persona:
    """The persona in the file ``path``. Raises PersonaError with every mistake in it."""
    try:
        _, values = toml_file.read(path, MAX_BYTES, "a persona")
    except toml_file.TomlError as error:
        raise PersonaError([str(error)]) from None
    if "name" in values:
        raise PersonaError([f'{path}: unknown key "name" (the file\'s name is the persona\'s; use "title")'])
    try:
        return Persona.model_validate({**values, "name": path.stem})
    except ValidationError as error:
        raise PersonaError(
            [_describe(path, item["type"], item["loc"], item["msg"]) for item in error.errors()]
        ) from None


def _describe(path: Path, kind: str, where: tuple[int | str, ...], message: str) -> str:
    key = toml_file.shown(".".join(str(part) for part in where))
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(key[:64], Persona.model_fields, n=1, cutoff=0.5)
        return f'{path}: unknown key "{key}"' + (f'; did you mean "{near[0]}"?' if near else "")
    return f"{path}: {key}: {message}"


def asked_for(heard: str, personas: Iterable[Persona]) -> Persona | None:
    """The persona that ``heard`` asks for ("be Mario", "换成小极"), if it does that and nothing else."""
    said = words_only(heard)
    wanted = {match.group(1) for pattern in _SWITCH if (match := pattern.fullmatch(said))}
    for persona in personas:
        if wanted & {words_only(name) for name in persona.names}:
            return persona
    return None
