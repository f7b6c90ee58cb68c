"""Is the passage that answers among the two that are shown? 200 passages, more than 60 questions a language.

Everything is what the speaker runs (documents read, cut, embedded, searched), but for ``JOIN_BYTES``: each
paragraph is a passage of its own, so that there are 200 to choose from and a hit is that very one.
Weights were chosen on every other question; ``told`` is about the rest.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from hearthd.knowledge import chunks
from hearthd.knowledge.answers import FILE
from hearthd.knowledge.embedder import EmbeddedEmbedder, Embedder
from hearthd.knowledge.index import Index
from hearthd.models import manifest
from tests import chat_models
from tests.bench import CannotRun, Figure
from tests.knowledge.household import LANGUAGES, Asked, household

SHOWN = 2


def run() -> Iterator[Figure]:
    """Every embedder that is there, a language after the other."""
    for name, embedder in _embedders():
        try:
            for language in LANGUAGES:
                yield from _measured(name, embedder, language)
        finally:
            embedder.close()


def _embedders() -> Iterator[tuple[str, Embedder]]:
    if not chat_models.available(chat_models.STARTER):
        raise CannotRun(f"the model {chat_models.STARTER} is not there: hearthd models pull")
    path = manifest.path(chat_models.STARTER)
    yield "the embedded chat model", EmbeddedEmbedder(chat_models.STARTER, path / "model.gguf")


def _measured(name: str, embedder: Embedder, language: str) -> Iterator[Figure]:
    papers, asked = household(language)
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(chunks, "JOIN_BYTES", 0):
        written = Path(folder, "papers")
        written.mkdir()
        for paper in papers:
            paper.write(written)
        index = Index(Path(folder, FILE))
        try:
            index.add(written)
            for path in index.changed(embedder.name):
                index.read(path, embedder)
            hits = [_hit(index, embedder, one) for one in asked]
        finally:
            index.close()
    for half, part in (("chosen on", hits[::2]), ("told", hits[1::2]), ("all", hits)):
        share = 100 * sum(part) / len(part)
        yield Figure("retrieval", f"{name}, {language}, {half}: among two", share, "%", n=len(part))


def _hit(index: Index, embedder: Embedder, one: Asked) -> bool:
    found = index.search(one.question, embedder, SHOWN)
    return any(one.passage in passage.text and one.title in passage.file for passage in found)
