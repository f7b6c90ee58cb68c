"""What was really heard: samples handed to the device, counted once their time has come.

Between rendering and sounding lie the device's buffers. A reply that is stopped was heard only up to
the sample that had sounded, and that is what history may claim.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(slots=True)
class _Stretch:
    """``count`` samples of a chunk, sounding from ``at`` on."""

    turn_id: int
    chunk: int
    at: float
    count: int


class PlayedCounter:
    """Samples heard of each turn's chunks, at ``rate``. Not thread-safe: the mixer's lock guards it."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._sent: deque[_Stretch] = deque()
        self._heard: dict[int, dict[int, int]] = {}

    def __bool__(self) -> bool:
        """Whether anything handed to the device has yet to sound."""
        return bool(self._sent)

    def sent(self, turn_id: int, chunk: int, at: float, count: int) -> None:
        """``count`` samples of the chunk will sound from ``at`` on."""
        self._sent.append(_Stretch(turn_id, chunk, at, count))

    def settle(self, now: float) -> None:
        """Count what has sounded in full."""
        while self._sent and self._sent[0].at + self._sent[0].count / self._rate <= now:
            stretch = self._sent.popleft()
            self._add(stretch, stretch.count)

    def cut(self, now: float) -> None:
        """The device is gone: what had not sounded at ``now`` never will."""
        self.settle(now)
        for stretch in self._sent:
            self._add(stretch, self._part(stretch, now))
        self._sent.clear()

    def of(self, turn_id: int, now: float) -> dict[int, int]:
        """Samples of each chunk of the turn that have sounded at ``now``."""
        self.settle(now)
        heard = dict(self._heard.get(turn_id, {}))
        for stretch in self._sent:
            part = self._part(stretch, now)
            if stretch.turn_id == turn_id and part:
                heard[stretch.chunk] = heard.get(stretch.chunk, 0) + part
        return heard

    def forget(self, turn_id: int) -> None:
        """Nobody will ask about that turn any more."""
        self._heard.pop(turn_id, None)

    def _part(self, stretch: _Stretch, now: float) -> int:
        return max(0, min(stretch.count, int((now - stretch.at) * self._rate)))

    def _add(self, stretch: _Stretch, count: int) -> None:
        if count:
            chunks = self._heard.setdefault(stretch.turn_id, {})
            chunks[stretch.chunk] = chunks.get(stretch.chunk, 0) + count
