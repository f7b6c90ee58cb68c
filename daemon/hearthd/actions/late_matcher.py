"""Spoken commands while their matcher is being made: half a second of CPU, beside the loading of models."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Protocol

from hearthd.actions.matcher import Matcher
from hearthd.dialogue.intent import SpokenCommand

MOST_SECONDS = 20.0
"""A matcher that is not there after that will not be: it takes a second, five on two cores that are busy."""


class UnderstandsCommands(Protocol):
    """What is asked of a matcher."""

    def understand(self, text: str, now: datetime, language: str = "") -> SpokenCommand | None:
        """See ``Matcher``."""
        ...

    def answered(self, question: str, command: str, text: str, now: datetime) -> dict[str, object] | None:
        """See ``Matcher``."""
        ...


class LateMatcher:
    """``UnderstandsCommands``. Who asks before it is made waits; so does the speaker before it listens."""

    def __init__(self, make: Callable[[], Matcher]) -> None:
        """Begin ``make`` in a thread of its own; what that raises is raised by ``ready``, and to who asks."""
        maker = ThreadPoolExecutor(1, "commands")
        self._making = maker.submit(make)
        maker.shutdown(wait=False)

    async def ready(self) -> None:
        """Return when it is made."""
        await asyncio.wrap_future(self._making)

    def understand(self, text: str, now: datetime, language: str = "") -> SpokenCommand | None:
        """See ``Matcher``."""
        return self._making.result(MOST_SECONDS).understand(text, now, language)

    def answered(self, question: str, command: str, text: str, now: datetime) -> dict[str, object] | None:
        """See ``Matcher``."""
        return self._making.result(MOST_SECONDS).answered(question, command, text, now)
