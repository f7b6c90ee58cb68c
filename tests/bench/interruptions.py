"""A thousand interruptions at random instants, engines slow and failing, on the virtual clock.

Each life asserts that nothing of the old turn sounds late, that nothing is stuck, and that only what
sounded is remembered (``tests.test_turn.interrupted_life``); the figure counts those that did not hold.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench import Figure
from tests.test_turn import interrupted_life

LIVES = 1000


def run() -> list[Figure]:
    """How many of the lives broke a promise."""
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(LIVES):
            own = Path(folder) / str(seed)
            own.mkdir()
            try:
                interrupted_life(seed, own)
            except AssertionError:
                broken += 1
    return [Figure("interruptions", "lives in which a promise was broken", broken, "of 1000", n=LIVES)]
