"""What was trained for personas: an adapter each, what it was made for, and whether it is in use.

They lie in the state directory, ``personas/NAME/adapter.gguf`` with ``adapter.json`` beside it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from hearthd.common.errors import EngineError
from hearthd.common.paths import state_dir
from hearthd.common.whole_file import replacing

ADAPTER, ABOUT = "adapter.gguf", "adapter.json"
MAX_ABOUT = 64_000


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """An adapter of a persona's own."""

    persona: str
    base: str
    """The model it was trained on, by its name: an embedded one, or one of Ollama's."""
    base_file: str
    """The base's GGUF file (``engines.llm.gguf_file.fingerprint``): the adapter fits no other."""
    engine: str
    """What serves the base: "embedded" or "ollama"."""
    trained_at: float
    """Seconds since the epoch."""
    examples: int
    applied: bool = False
    """Whether the persona answers with it."""
    base_digest: str = ""
    """Of the base in Ollama ("sha256:..."): another one under its name is another model."""
    figures: dict[str, Any] = field(default_factory=dict)
    """What it learned and forgot: ``{"learned": [before, after, of], ...}``."""

    @property
    def adapter(self) -> Path:
        """Its file."""
        return folder_of(self.persona) / ADAPTER

    def adapter_digest(self) -> str:
        """The adapter's name in Ollama's store. Blocks. Raises EngineError."""
        try:
            return f"sha256:{hashlib.sha256(self.adapter.read_bytes()).hexdigest()}"
        except OSError as error:
            raise EngineError(f"{self.adapter}: {error.strerror or error}") from None

    def in_use(self) -> TrainedModel:
        """The same, its persona answering with it."""
        return replace(self, applied=True)


def folder_of(persona: str) -> Path:
    """Where what was trained for a persona lies; not made here."""
    return state_dir() / "personas" / persona


def of(persona: str) -> TrainedModel | None:
    """What was trained for ``persona``; None if nothing was, or what there is cannot be read."""
    try:
        with (folder_of(persona) / ABOUT).open("rb") as file:
            values = json.loads(file.read(MAX_ABOUT))
        known = {name.name for name in fields(TrainedModel)}
        found = TrainedModel(**{key: value for key, value in values.items() if key in known})
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return None
    whole = isinstance(found.base, str) and isinstance(found.base_file, str) and found.persona == persona
    return found if whole and found.adapter.is_file() else None


def keep(found: TrainedModel, adapter: Path | None = None) -> None:
    """Write ``found`` down, with its ``adapter`` if that is new. Raises EngineError."""
    folder = folder_of(found.persona)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if adapter is not None:
            with replacing(folder / ADAPTER, durable=True) as new:
                shutil.copyfile(adapter, new)
        with replacing(folder / ABOUT, durable=True) as new:
            new.write_text(json.dumps(asdict(found), ensure_ascii=False, indent=1), encoding="utf-8")
    except OSError as error:
        raise EngineError(f"{folder}: {error.strerror or error}") from None


def forget(persona: str) -> bool:
    """Delete what was trained for ``persona``; whether there was anything. Raises EngineError."""
    folder = folder_of(persona)
    if not folder.is_dir():
        return False
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise EngineError(f"{error.filename}: {error.strerror or error}") from None
    return True
