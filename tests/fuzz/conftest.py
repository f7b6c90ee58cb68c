"""How much damage is tried."""

from __future__ import annotations

from collections.abc import Callable

import pytest

FAST_SHARE = 10
"""One in so many, in the fast run: 50 of each at least. All of them took 8 s of its processor time."""


@pytest.fixture
def many(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """So many of so many are tried."""
    return lambda count: count // FAST_SHARE if request.config.getoption("--fast") else count
