"""What the owner's documents give to a question."""

from __future__ import annotations

from dataclasses import dataclass

FILE = "knowledge.db"
"""The index's name in the state directory."""
UNKNOWN = {"en": "My documents do not tell.", "zh": "我的资料里没有提到。"}
"""Said in query mode when no passage fits: no model is asked, so none can make something up."""


@dataclass(frozen=True, slots=True)
class Consulted:
    """What the documents give to one question."""

    material: str = ""
    """For the last message to the model; empty if nothing fits."""
    refusal: str = ""
    """What to say instead of asking the model."""


def refused(language: str) -> Consulted:
    """What is said in query mode when the documents do not tell."""
    return Consulted(refusal=UNKNOWN.get(language, UNKNOWN["en"]))
