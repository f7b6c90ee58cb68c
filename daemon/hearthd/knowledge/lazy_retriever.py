"""The documents of a speaker that may have none: nothing of them is loaded before the first is added.

``hearthd knowledge add`` beside a running speaker is noticed at the next question: a look at whether the
index is there is all that a speaker without documents pays.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hearthd.common.errors import EngineError
from hearthd.config.settings import Settings
from hearthd.knowledge.answers import Consulted, refused

if TYPE_CHECKING:
    from hearthd.knowledge.retriever import Retriever

log = logging.getLogger(__name__)


class LazyRetriever:
    """The documents in the index at ``path``, once there are some. For the asyncio thread."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path = path
        self._settings, self._num_ctx = settings, settings.chat.num_ctx
        self._knowledge: Retriever | None = None
        self._opening = asyncio.Lock()
        self._opened = asyncio.Event()
        self._looked_at: tuple[int, int] | None = None
        """The file in which there was nothing to open, by its time and size."""

    @property
    def there(self) -> bool:
        """Some were added, as far as can be told at a look."""
        return self._path.exists()

    def adopt(self, settings: Settings, num_ctx: int) -> None:
        """Other settings, or another persona's context: from the next question on."""
        self._settings, self._num_ctx = settings, num_ctx
        if self._knowledge is not None:
            self._knowledge.adopt(settings, num_ctx)

    async def run(self) -> None:
        """Keep up with the documents, once there are some; never returns."""
        while (knowledge := await self._open()) is None:
            await self._opened.wait()
        try:
            await knowledge.run()
        finally:
            self._knowledge = None
            self._opened.clear()
            knowledge.close()

    async def consult(self, question: str, language: str, workspaces: Sequence[str] = ()) -> Consulted:
        """What the documents say to ``question``, within the time that an answer can wait.

        ``workspaces``: only their documents are looked at; none named: all.
        """
        knowledge = await self._open()
        if knowledge is not None:
            return await knowledge.consult(question, language, workspaces)
        return refused(language) if self._settings.knowledge.mode == "query" else Consulted()

    async def _open(self) -> Retriever | None:
        async with self._opening:
            if self._knowledge is None:
                self._knowledge = await asyncio.to_thread(self._looked)
                if self._knowledge is not None:
                    self._knowledge.adopt(self._settings, self._num_ctx)
                    self._opened.set()
            return self._knowledge

    def _looked(self) -> Retriever | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        found = (status.st_mtime_ns, status.st_size)
        if found == self._looked_at:
            return None
        from hearthd.knowledge.retriever import open_knowledge

        try:
            knowledge = open_knowledge(self._path, self._settings)
        except EngineError as error:  # a full disk, say: the next question looks again
            log.warning("knowledge: %s", error)
            return None
        self._looked_at = None if knowledge else found
        return knowledge
