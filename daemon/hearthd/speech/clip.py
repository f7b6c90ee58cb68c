"""One chunk on its way from the voice to the mixer, and how fast the voice makes them."""

from __future__ import annotations

import asyncio

from hearthd.common.audio import Pcm
from hearthd.text.chunker import Chunk
from hearthd.text.duration import SECONDS_PER_UNIT, is_han, spoken_length

SPEED_MARGIN = 1.15
"""How much slower than measured a voice may turn out to be without an underrun in a word."""
LEARNING = 0.3
"""Share of a new measurement of speed in the running mean."""


class Clip:
    """A chunk on its way from the voice to the mixer."""

    def __init__(self, chunk: Chunk, words: str) -> None:
        self.chunk = chunk
        self.words = words
        self.units = spoken_length(words)
        self.pieces: list[Pcm] = []
        """What the voice has given and the player has not taken."""
        self.news = asyncio.Event()
        """Something below has changed."""
        self.broken = False
        """The voice failed; what comes next is another try."""
        self.ended = False
        """The voice has given all."""
        self.dropped = False
        """It is withdrawn."""
        self.making: asyncio.Task[None] | None = None
        """The voice's work on it."""
        self.made = 0.0
        """Seconds of it that the voice has given."""
        self.begun = asyncio.Event()
        """Its first samples (or its empty end) have been handed to the mixer."""
        self.before = 0
        """Samples of the turn handed to the mixer before it."""
        self.played = 0
        """Samples of it handed to the mixer, pauses left out."""

    def add(self, pcm: Pcm, seconds: float) -> None:
        """The voice has given some more."""
        self.pieces.append(pcm)
        self.made += seconds
        self.news.set()

    def fail(self, rate: int) -> None:
        """The voice failed: forget what has not been handed to the mixer (at ``rate``)."""
        self.pieces.clear()
        self.made = self.played / rate
        self.broken = True
        self.news.set()

    def drop(self) -> None:
        """Nobody should hear it; it has not begun to sound."""
        self.dropped = True
        self.pieces.clear()
        if self.making is not None:
            self.making.cancel()
        self.end()

    def end(self) -> None:
        """The voice has given all."""
        self.ended = True
        self.news.set()


class Pace:
    """How fast a voice works, learned clip by clip."""

    def __init__(self) -> None:
        self.cost: float | None = None
        """Seconds of work per second of speech."""
        self.seconds_per_unit = SECONDS_PER_UNIT

    def learn(self, units: float, seconds: float, work: float) -> None:
        """A clip of ``units`` took ``work`` seconds to become ``seconds`` of speech."""
        if seconds <= 0 or units <= 0:
            return
        cost = work / seconds
        mean = cost if self.cost is None else self.cost + LEARNING * (cost - self.cost)
        self.cost = max(cost, mean)  # believed at once when it gets slower, bit by bit when faster
        self.seconds_per_unit += LEARNING * (seconds / units - self.seconds_per_unit)

    def head_start(self, units: float) -> float:
        """Seconds of a clip that must be there before it may sound, so that it never runs dry."""
        cost = (self.cost or 0.0) * SPEED_MARGIN
        return units * self.seconds_per_unit * (1 - 1 / cost) if cost > 1 else 0.0


class Paces:
    """One voice's pace in each script: the embedded voice has an engine for each, fifty times apart."""

    def __init__(self) -> None:
        self._han, self._other = Pace(), Pace()

    def of(self, text: str) -> Pace:
        """The pace at which the voice speaks ``text``."""
        return self._han if any(is_han(character) for character in text) else self._other
