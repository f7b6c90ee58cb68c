"""The ring keeps the last seconds by sample number, and never tells a wrong sample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.frontend.ring_buffer import RingBuffer

pytestmark = pytest.mark.unit

CAPACITY = 160


def numbered(start: int, count: int) -> np.ndarray:  # type: ignore[type-arg]
    """Samples whose value is their number (modulo what int16 holds)."""
    return (np.arange(start, start + count) % 30_000).astype(np.int16)


@given(st.lists(st.integers(0, 3 * CAPACITY), max_size=12), st.integers(-50, 2000), st.integers(-50, 2000))
def test_what_is_read_is_what_was_written_there(lengths: list[int], start: int, end: int) -> None:
    ring = RingBuffer(CAPACITY / 16_000)
    for length in lengths:
        ring.write(numbered(ring.end, length))
    assert ring.end == sum(lengths)
    assert ring.end - ring.start <= CAPACITY
    first, last = max(start, ring.start), min(end, ring.end)
    assert np.array_equal(ring.read(start, end), numbered(first, max(0, last - first)))


def test_what_was_read_does_not_change_afterwards() -> None:
    ring = RingBuffer(CAPACITY / 16_000)
    ring.write(numbered(0, 100))
    kept = ring.read(0, 100)
    ring.write(numbered(100, 150))
    assert np.array_equal(kept, numbered(0, 100))
