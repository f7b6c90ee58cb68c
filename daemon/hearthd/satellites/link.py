"""Keeps a link to a device up: made again for ever, and what waits to sound is dropped after a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from hearthd.common.backoff import Backoff

FIRST_WAIT, LONGEST_WAIT = 0.5, 15.0
SETTLED_SECONDS = 10.0
"""A link that held so long was a good one: the next attempt comes soon."""
GRACE_SECONDS = 3.0
"""A reply waits so long for the device to come back."""


async def keep_up(live: Callable[[], Awaitable[None]], give_up: Callable[[], None]) -> None:
    """Never returns. ``live`` is one connection, until it ends; it tells itself why, and raises nothing.

    ``give_up`` is called ``GRACE_SECONDS`` after an attempt began, whether the device is back or not.
    """
    loop = asyncio.get_running_loop()
    backoff = Backoff(FIRST_WAIT, LONGEST_WAIT, jitter=0.3)
    giving_up = loop.call_later(GRACE_SECONDS, give_up)
    try:
        while True:
            began = loop.time()
            await live()
            if loop.time() - began >= SETTLED_SECONDS:
                backoff.reset()
            if giving_up.when() < began:
                giving_up = loop.call_later(GRACE_SECONDS, give_up)
            await asyncio.sleep(backoff.wait())
    finally:
        giving_up.cancel()
