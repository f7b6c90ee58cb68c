"""Two hundred thousand random lives of ``dialogue.machine.step``: each turn ends once, none is stuck.

The suite checks others, a tenth as many.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.bench import Figure
from tests.dialogue.test_sequences import check_sequence

FIRST, COUNT, PART = 20_000, 200_000, 10_000


def run() -> list[Figure]:
    """How many broke a promise."""
    parts = [range(first, first + PART) for first in range(FIRST, FIRST + COUNT, PART)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        broken = sum(pool.map(_broken, parts))
    return [Figure("sequences", "lives in which a promise was broken", broken, "", n=COUNT)]


def _broken(seeds: range) -> int:
    count = 0
    for seed in seeds:
        try:
            check_sequence(seed)
        except Exception:  # whatever was raised, it broke
            count += 1
    return count
