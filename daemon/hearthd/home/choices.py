"""What Home Assistant's selects offer: the wake words, personas and voices that are really there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choices:
    """The options of the three selects. An empty one has no select."""

    wake_words: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    voices: tuple[str, ...] = ()
