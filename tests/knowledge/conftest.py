"""A folder with two papers, and an index that knows of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthd.knowledge.answers import FILE
from hearthd.knowledge.index import Index


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "bins.md").write_text("The bin lorry comes on Tuesday mornings.")
    (papers / "cake.txt").write_text("The apple cake bakes for fifty minutes.")
    return papers


@pytest.fixture
def index(tmp_path: Path, folder: Path) -> Iterator[Index]:
    index = Index(tmp_path / FILE)
    index.add(folder)
    yield index
    index.close()
