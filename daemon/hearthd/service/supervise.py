"""Keeps a part of the speaker alive: runs it, and when it fails runs it again, for ever.

A dead broker must not stop the front end, so nothing that a part does ends the process. Its failure is
reported once, its recovery once; between the two it is tried again with growing waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from hearthd.common.backoff import Backoff
from hearthd.common.parts import OnHealth, Part
from hearthd.service.log_redaction import reason_of
from hearthd.service.message_ids import MessageId

log = logging.getLogger(__name__)

FIRST_WAIT = 0.5
"""Seconds before the first new attempt: a glitch is over before anybody notices."""

LONGEST_WAIT = 30.0
"""Seconds between attempts in the long run: a part that comes back is used within half a minute."""

SETTLED = 5.0
"""Seconds that a part must run before it counts as working again, and its waits start over."""


async def supervise(
    name: Part,
    run: Callable[[], Awaitable[None]],
    on_health: OnHealth,
    *,
    first_wait: float = FIRST_WAIT,
    longest_wait: float = LONGEST_WAIT,
    settled: float = SETTLED,
) -> None:
    """Run the part ``name`` until cancelled. Waits are in seconds on the loop's clock.

    ``run`` is the part's whole life; it is expected never to return, so returning counts as a
    failure as well. A part that knows better than the ``settled`` rule when it is well (connected,
    say) reports that itself. Only cancelling this coroutine, SystemExit and KeyboardInterrupt end it.
    """
    loop = asyncio.get_running_loop()
    backoff = Backoff(first_wait, longest_wait)
    failed = False

    def recovered() -> None:
        nonlocal failed
        failed = False
        log.info("%s works again", name, extra={"part": name, "message_id": MessageId.PART_RECOVERED})
        on_health(name, True, "")

    while True:
        began = loop.time()
        settling = loop.call_later(settled, recovered) if failed else None
        try:
            error = await _life(run)
        finally:
            if settling is not None:
                settling.cancel()
        if loop.time() - began >= settled:
            backoff.reset()
        wait = backoff.wait()
        if not failed:
            failed = True
            log.warning(
                "%s failed: %s; trying again until it works",
                name,
                _reason(error),
                exc_info=error,
                extra={"part": name, "message_id": MessageId.PART_FAILED},
            )
            on_health(name, False, "")
        else:
            log.debug("%s still fails: %s; next attempt in %.1f s", name, _reason(error), wait)
        await asyncio.sleep(wait)


async def _life(run: Callable[[], Awaitable[None]]) -> BaseException | None:
    """One life of the part: what it failed with, or None if it just returned."""
    try:
        await run()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise  # we are the ones who are cancelled; otherwise a cancel inside the part leaked out
        return error
    except Exception as error:
        return error
    return None


def _reason(error: BaseException | None) -> str:
    if error is None:
        return "it ended by itself"
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return reason_of(error)
