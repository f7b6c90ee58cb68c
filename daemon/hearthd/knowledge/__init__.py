"""The owner's documents: read, cut into chunks, found again by meaning, quoted to the chat model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Consulted:
    """What the documents give to one question."""

    material: str = ""
    """For the last message to the model; empty if nothing fits."""
    refusal: str = ""
    """What to say instead of asking the model."""
