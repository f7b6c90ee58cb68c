"""What the mixer knows of each turn that plays or has played."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

KEEP_TURNS = 32
"""Turns whose figures are kept. Audio for an older one is dropped as if it were flushed."""


@dataclass(slots=True)
class Playing:
    """One turn's figures. Samples are at the mixer's rate."""

    queued: int = 0
    """Samples that wait to be rendered."""
    finishing: bool = False
    """No more audio will come."""
    over: bool = False
    """Finished or flushed."""
    audible: bool = False
    starved: int = 0
    """Samples of silence since the speech ran dry."""
    underruns: int = 0
    gap: int = 0
    ends_at: float | None = None
    """When the last sample rendered so far has sounded."""


class PlayedTurns:
    """The latest turns by id. ``forgotten`` is called with the id of one that is dropped."""

    def __init__(self, forgotten: Callable[[int], None]) -> None:
        self._turns: OrderedDict[int, Playing] = OrderedDict()
        self._forgotten = forgotten
        self._last_forgotten = -1

    def open(self, turn_id: int) -> Playing | None:
        """The turn, made if it is new; None for one so old that it is forgotten."""
        turn = self._turns.get(turn_id)
        if turn is None and turn_id > self._last_forgotten:
            turn = self._turns[turn_id] = Playing()
            while len(self._turns) > KEEP_TURNS:
                oldest, _ = self._turns.popitem(last=False)
                self._last_forgotten = max(self._last_forgotten, oldest)
                self._forgotten(oldest)
        return turn

    def get(self, turn_id: int | None) -> Playing | None:
        """The turn, if it is known."""
        return None if turn_id is None else self._turns.get(turn_id)

    def items(self) -> list[tuple[int, Playing]]:
        """All of them, with their ids."""
        return list(self._turns.items())
