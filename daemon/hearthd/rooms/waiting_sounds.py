"""Sounds that another program wants announced: the dialogue knows them by number."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np

from hearthd.common.audio import Pcm

MAX_WAITING = 4
"""Sounds at once (each may be 11 MB); of more the oldest is dropped."""


@dataclass(eq=False, slots=True)
class WaitingSound:
    """One sound."""

    pcm: Pcm
    """At the mixer's rate."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """It has sounded, as far as it will."""


class WaitingSounds:
    """Those of one room that wait for their turn."""

    def __init__(self) -> None:
        self._waiting: dict[int, WaitingSound] = {}
        self._sounding: dict[int, WaitingSound] = {}
        """By their turns."""
        self._last = 0

    def add(self, clip: WaitingSound) -> int:
        """Keep ``clip``; its number, from 1 on."""
        self._last += 1
        self._waiting[self._last] = clip
        if len(self._waiting) > MAX_WAITING:
            self.forget(next(iter(self._waiting)))
        return self._last

    def take(self, number: int, turn: int) -> Pcm:
        """The sound of that number, which now has its ``turn``; none if it was dropped."""
        clip = self._waiting.pop(number, None)
        if clip is None:
            return np.zeros(0, np.int16)
        self._sounding[turn] = clip
        return clip.pcm

    def turn_over(self, turn: int) -> None:
        """The turn has ended."""
        clip = self._sounding.pop(turn, None)
        if clip is not None:
            clip.over.set()

    def forget(self, number: int) -> None:
        """Nobody wants it any more."""
        clip = self._waiting.pop(number, None)
        if clip is not None:
            clip.over.set()
