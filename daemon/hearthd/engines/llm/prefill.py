"""A prefill in progress: at most one, and it gives way to a reply at once.

The model reads the conversation so far while the person is still speaking. Both engines work on one
request at a time, so a prefill that is not finished when the words are there would delay the reply;
what it has read by then stays in the engine's cache.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


class Prefill:
    """Runs one prefill; ``stop`` ends it. A stopped prefill is no error for who asked for it."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    async def run(self, work: Coroutine[None, None, None]) -> None:
        """Do ``work`` in place of any prefill in progress; return when it is done or was stopped."""
        await self.stop()
        task = asyncio.create_task(work)
        self._task = task
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
        if not task.cancelled():
            task.result()

    async def stop(self) -> None:
        """Cancel the prefill in progress, if any, and wait until its request is closed."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task})
