"""How loud what the canceller leaves of the speaker can be: learned from what it left while it spoke alone.

Silero takes that residue for speech, as it is. Its level follows the reference's, so the ratio of the two
is learned, and a window well above the largest ratio of the last seconds is somebody else. A moved
microphone makes the residue louder at once; the suspicion that this raises is learned from when it has
come to nothing.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection

from hearthd.turn_taking.barge_in import UNKNOWN_DB

HANG = 5
"""The reference's level is that of the loudest of so many windows (160 ms): it is read up to 175 ms early."""
DECAY_DB = 1.5
"""Then it falls so much a window, as slowly as a room with a reverberation of 1.3 s."""
KEPT = 150
"""Ratios that are remembered: those of the last 5 s in which the speaker sounded alone."""
ENOUGH = 20
"""Before so many (0.6 s), nothing is known."""
LARGEST = 3
"""The ratio that counts is the third largest of them: one window is an accident."""
ALONE_DB = 12.0
"""The speaker sounds alone if the strict path takes out so much."""
SOUNDS_DB = -50.0
"""The reference sounds from this level on."""
STRANGE_DB = 10.0
"""What is so far above the residue is not learned from, unless a suspicion comes to nothing."""
ROOM_WINDOWS = 94
"""The room's own noise is the level that one in ten of so many windows (3 s) lies below ..."""
ROOM_DB = 3.0
"""... and varies by so much."""


class Residue:
    """Fed the levels (dB) of every window of 32 ms while the near end is watched."""

    def __init__(self) -> None:
        self._far: deque[float] = deque([-120.0] * HANG, maxlen=HANG)
        self._echo = -120.0
        self._ratios: deque[float] = deque(maxlen=KEPT)
        self._strange: deque[float] = deque(maxlen=KEPT)
        self._room: deque[float] = deque(maxlen=ROOM_WINDOWS)

    def process(self, far: float, near: float, faithful: float, strict: float) -> float:
        """How many dB the linear path is above the residue, or ``UNKNOWN_DB``."""
        self._far.append(far)
        self._echo = max(*self._far, self._echo - DECAY_DB)
        self._room.append(faithful)
        ratio = faithful - self._echo
        above = UNKNOWN_DB
        if len(self._ratios) >= ENOUGH:
            largest = sorted(self._ratios)[-LARGEST]
            room = floor_db(self._room) + ROOM_DB
            above = faithful - _sum_db(self._echo + largest, room)
        if self._echo > SOUNDS_DB and near - strict >= ALONE_DB:
            (self._ratios if above <= STRANGE_DB else self._strange).append(ratio)
        return above

    def came_to_nothing(self) -> None:
        """What was suspected was the speaker itself: its residue has grown."""
        self._ratios.extend(self._strange)
        self._strange.clear()

    def was_somebody(self) -> None:
        """What was strange was a person: nothing is learned from it."""
        self._strange.clear()


def floor_db(levels_db: Collection[float]) -> float:
    """The level that one in ten lies below: what is left when nobody sounds."""
    return sorted(levels_db)[len(levels_db) // 10]


def _sum_db(one: float, other: float) -> float:
    return 10 * math.log10(10 ** (one / 10) + 10 ** (other / 10))
