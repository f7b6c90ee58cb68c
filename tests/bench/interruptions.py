"""A thousand lives with interruptions at random instants, engines slow and failing, on the virtual clock.

Each life asserts that nothing of an interrupted reply sounds later than 0.1 s after, that nothing is stuck,
and that the store and the model's next prompt hold what sounded, by the sound itself (``tests.interrupted``).
The figure counts the lives in which that did not hold. The suite lives others.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from tests.bench import Figure
from tests.interrupted import interrupted_life

SEEDS = range(1_000, 2_000)


def run() -> list[Figure]:
    """How many of the lives broke a promise, and which."""
    broken: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for seed in SEEDS:
            own = Path(folder) / str(seed)
            own.mkdir()
            try:
                interrupted_life(seed, own)
            except AssertionError as error:
                broken[str(error).splitlines()[0]] += 1
    count = len(SEEDS)
    figures = [Figure("interruptions", "lives in which a promise was broken", broken.total(), "", n=count)]
    return figures + [Figure("interruptions", what, number, "", n=count) for what, number in broken.items()]
