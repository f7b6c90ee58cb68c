"""A persona draws on the documents of its own workspaces, and on no others."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hearthd.cli import main
from hearthd.config.settings import Settings
from hearthd.knowledge.answers import FILE
from hearthd.knowledge.index import Index
from hearthd.knowledge.retriever import Retriever
from hearthd.rooms.room_tools import consulting
from tests.knowledge.words import Words, read_all

pytestmark = pytest.mark.integration

QUESTION = "what does the wine cost"


@pytest.fixture
def shelves(tmp_path: Path) -> Iterator[Index]:
    """A house with three shelves: the parents', the children's within it, and one for everybody."""
    index = Index(tmp_path / FILE)
    for place, workspace, text in (
        ("parents", "parents", "The wine cost forty euros."),
        ("parents/toys", "children", "The ball cost four euros."),
        ("hall", None, "The lamp cost nine euros."),
    ):
        folder = tmp_path / place
        folder.mkdir()
        (folder / "note.md").write_text(text)
        index.add(folder, workspace)
    read_all(index, Words())
    yield index
    index.close()


def found(index: Index, *workspaces: str) -> set[str]:
    passages = index.search(QUESTION, Words(), 10, workspaces)
    return {passage.text.split()[1] for passage in passages}


def test_only_what_a_workspace_holds_is_found_in_it(shelves: Index) -> None:
    assert found(shelves) == {"wine", "ball", "lamp"}
    assert found(shelves, "parents") == {"wine"}  # a folder within is not the parents' any more
    assert found(shelves, "children") == {"ball"}
    assert found(shelves, "children", "parents") == {"wine", "ball"}
    assert found(shelves, "nobody") == set()


def test_a_folder_changes_its_workspace_and_keeps_it_when_added_again(shelves: Index, tmp_path: Path) -> None:
    shelves.add(tmp_path / "parents", "children")
    assert found(shelves, "parents") == set()
    shelves.add(tmp_path / "parents")
    assert found(shelves, "children") == {"wine", "ball"}
    shelves.add(tmp_path / "parents", "")
    assert found(shelves, "children") == {"ball"}


async def test_each_persona_is_told_of_its_own_alone(shelves: Index) -> None:
    retriever = Retriever(shelves, Words(), Settings.model_validate({"knowledge": {"relevance": 0}}))
    persona = SimpleNamespace(workspaces=["children"])
    consult = consulting(retriever, cast(Any, SimpleNamespace(persona=persona)))
    told = (await consult(QUESTION, "en")).material
    assert "ball" in told
    assert "wine" not in told
    persona.workspaces = []  # another persona talks now
    assert "wine" in (await consult(QUESTION, "en")).material


def test_an_index_of_the_version_before_has_no_workspaces_yet(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / FILE)
    old.execute("CREATE TABLE folders (path TEXT PRIMARY KEY)")
    old.execute("INSERT INTO folders VALUES ('/somewhere')")
    old.commit()
    old.close()
    index = Index(tmp_path / FILE)
    assert index.workspaces() == {Path("/somewhere"): ""}
    index.close()


@pytest.mark.parametrize("name", ["", "a b", "x" * 33, "../up", "[red]"])
def test_a_workspace_has_a_plain_name(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["knowledge", "add", str(tmp_path), "--workspace", name])
    assert "letters, digits" in capsys.readouterr().err
