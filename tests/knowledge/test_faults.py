"""Documents that cannot be named, read or embedded, removals at a bad moment: the others are read."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from hearthd.cli import main
from hearthd.common.errors import EngineError
from hearthd.config.settings import Settings
from hearthd.engines.worker import WorkerProcess
from hearthd.knowledge import documents, embedder
from hearthd.knowledge.answers import FILE
from hearthd.knowledge.chunks import cut
from hearthd.knowledge.documents import DocumentError, text_of
from hearthd.knowledge.embedder import Vectors
from hearthd.knowledge.index import Index
from hearthd.knowledge.lazy_retriever import LazyRetriever
from hearthd.knowledge.retriever import Retriever
from tests.knowledge.words import Words, read_all

pytestmark = pytest.mark.integration

QUESTION = "when does the bin lorry come"


def files_of(index_path: Path) -> bytes:
    return b"".join(path.read_bytes() for path in index_path.parent.glob(FILE + "*"))


def broken_name(folder: Path, raw: bytes = b"caf\xe9 \xff.md") -> Path:
    """A file whose name is not UTF-8, as old disks and other systems leave them."""
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + raw))
    path.write_text("The dentist is Doctor Weber.")
    return path


async def test_a_name_that_is_not_utf8_is_read_like_any_other(index: Index, folder: Path) -> None:
    named = broken_name(folder)
    words = Words()
    asked = Retriever(index, words, Settings())
    assert await asked.refresh() == 3
    assert await asked.refresh() == 0
    [best] = index.search("who is the dentist", words, 1)
    assert best.file == str(named)
    material = (await asked.consult("the dentist is", "en")).material
    assert "Weber" in material
    material.encode()  # what goes to a model can be written down
    named.unlink()
    assert index.drop_missing() == 1


def test_a_folder_whose_name_is_not_utf8_is_added_and_removed(
    tmp_path: Path,
    own_state: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe"))
    folder.mkdir()
    broken_name(folder)
    monkeypatch.setattr(embedder, "choose", lambda settings: Words())
    monkeypatch.setenv("COLUMNS", "300")
    script = [sys.executable, "-c", "import sys; from hearthd.cli.main import script; sys.exit(script())"]
    assert main.main(["knowledge", "add", str(folder)]) == 0
    done = subprocess.run([*script, "knowledge", "list"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"caf" in done.stdout
    assert main.main(["knowledge", "remove", str(folder)]) == 0


@pytest.mark.parametrize(
    "unit",
    [
        "\n",
        *(
            pytest.param(u, marks=pytest.mark.slow)
            for u in ("\r", "锅", " \n", " ", "a\n\n", ". ", "# a\n\n")
        ),
    ],
)
def test_twenty_megabytes_of_anything_are_cleaned_beside_the_daemon(tmp_path: Path, unit: str) -> None:
    """The child takes less than a third of what it may; the daemon splits what comes of it in a breath."""
    path = tmp_path / "long.txt"
    path.write_bytes((unit * (documents.MAX_BYTES // len(unit.encode()))).encode())
    before = _peak()
    text = text_of(path)
    assert len(text) <= documents.MAX_CHARACTERS
    assert sum(len(chunk.text) for chunk in cut(text, "long")) <= documents.MAX_CHARACTERS
    assert _peak() - before < 60_000_000


def _peak() -> int:
    """Bytes of memory that this process has had at most."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_splitting_costs_as_much_as_there_is_to_split() -> None:
    """Four times the text took 16 times as long: a list of short lines was one ever longer heading."""

    def cost(text: str) -> float:
        costs = []
        for _ in range(3):
            began = time.process_time()
            cut(text, "long")
            costs.append(time.process_time() - began)
        return min(costs)

    for unit in ("ab\n\n锅\n\n", "锅", "# a\n\n", "- a\n\n", "| a |\n", "a:\n\n", "a，"):
        assert cost(unit * (160_000 // len(unit))) < 9 * cost(unit * (40_000 // len(unit)))


def test_a_child_that_says_too_much_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("hello " * 100)
    monkeypatch.setattr(documents, "TEXT_BYTES", 20)
    with pytest.raises(DocumentError):
        text_of(tmp_path / "a.txt")


class Choosy(Words):
    """Cannot embed what holds one of its words."""

    def __init__(self, *refused: str) -> None:
        super().__init__()
        self._refused = refused

    def embed(self, texts: Sequence[str]) -> Vectors:
        if any(word in text for text in texts for word in self._refused):
            raise EngineError("that text is too much")
        return super().embed(texts)


async def test_one_document_that_cannot_be_embedded_ends_nothing_for_the_others(
    index: Index, folder: Path
) -> None:
    for number in range(6):
        (folder / f"a{number}.md").write_text(f"poison {number}" if number < 4 else f"note {number}")
    asked = Retriever(index, Choosy("poison"), Settings())
    await asked.refresh()  # the first three in a row: it may be the embedder
    await asked.refresh()  # they come last now
    read = {Path(document.file).name for document in index.documents()}
    assert read == {"a4.md", "a5.md", "bins.md", "cake.txt"}


def test_what_may_not_be_looked_at_is_left_out(
    index: Index, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a user who may list a folder but not enter it: root may always."""
    lstat = Path.lstat

    def refused(path: Path) -> os.stat_result:
        if path.name == "bins.md":
            raise PermissionError(13, "Permission denied")
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", refused)
    assert read_all(index, Words()) == ["cake.txt"]


def test_of_a_document_that_is_gone_no_word_is_left_in_any_file(
    index: Index, folder: Path, tmp_path: Path
) -> None:
    words = Words()
    read_all(index, words)
    assert b"bin lorry" in files_of(tmp_path / FILE)
    (folder / "bins.md").write_text("It comes on Friday evenings now.")
    read_all(index, words)
    (folder / "cake.txt").unlink()
    assert index.drop_missing() == 1
    assert index.forget_words()
    left = files_of(tmp_path / FILE)
    assert b"bin lorry" not in left
    assert b"apple cake" not in left
    assert b"Friday" in left


async def test_the_words_go_while_the_speaker_runs(index: Index, folder: Path, tmp_path: Path) -> None:
    asked = Retriever(index, Words(), Settings())
    await asked.refresh()
    (folder / "cake.txt").unlink()
    await asked.refresh()
    assert b"apple cake" not in files_of(tmp_path / FILE)


def test_words_that_a_reader_holds_in_the_journal_go_later(
    index: Index, folder: Path, tmp_path: Path
) -> None:
    read_all(index, Words())
    reader = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM files").fetchall()
    (folder / "cake.txt").unlink()
    index.drop_missing()
    assert not index.forget_words()
    reader.execute("COMMIT")
    reader.close()
    assert index.forget_words()
    assert b"apple cake" not in files_of(tmp_path / FILE)


def test_words_of_a_life_that_was_killed_go_in_the_next_one(folder: Path, tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path\n"
        "from hearthd.knowledge.index import Index; from tests.knowledge.words import Words, read_all\n"
        "index = Index(Path(sys.argv[1])); index.add(Path(sys.argv[2])); read_all(index, Words())\n"
        "(Path(sys.argv[2]) / 'cake.txt').unlink(); index.drop_missing(); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path / FILE, folder], check=False)
    assert done.returncode == 9
    index = Index(tmp_path / FILE)
    assert index.forget_words()
    assert b"apple cake" not in files_of(tmp_path / FILE)
    index.close()


class During(Words):
    """Something happens while it embeds."""

    def __init__(self, happens: object) -> None:
        super().__init__()
        self.happens = happens

    def embed(self, texts: Sequence[str]) -> Vectors:
        if callable(self.happens):
            happens, self.happens = self.happens, None
            thread = threading.Thread(target=happens)  # as another process does it
            thread.start()
            thread.join()
        return super().embed(texts)


def test_a_removal_during_a_read_leaves_nothing_to_be_found(
    index: Index, folder: Path, tmp_path: Path
) -> None:
    def remove() -> None:
        other = Index(tmp_path / FILE)
        assert other.remove(folder)
        other.close()

    for path in index.changed("words"):
        index.read(path, During(remove if path.name == "bins.md" else None))
    assert index.documents() == []
    assert index.search(QUESTION, Words(), 5) == []
    index.forget_words()
    assert b"bin lorry" not in files_of(tmp_path / FILE)


def test_a_document_deleted_during_its_read_is_not_to_be_found(index: Index, folder: Path) -> None:
    index.read(folder / "bins.md", During((folder / "bins.md").unlink))
    assert index.search(QUESTION, Words(), 5) == []


def test_a_folder_within_a_folder_keeps_its_documents_when_the_outer_one_is_removed(
    index: Index, folder: Path
) -> None:
    (folder / "inner").mkdir()
    (folder / "inner" / "note.md").write_text("The dentist is Doctor Weber.")
    index.add(folder / "inner")
    read_all(index, Words())
    index.remove(folder)
    assert [Path(document.file).name for document in index.documents()] == ["note.md"]


def test_an_index_in_use_is_said_when_its_words_cannot_go(
    index: Index,
    folder: Path,
    own_state: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Index, "forget_words", lambda self, seconds: False)
    inside = Index(own_state / FILE)
    inside.add(folder)
    inside.close()
    assert main.main(["knowledge", "remove", str(folder)]) == 1
    assert "run this again" in capsys.readouterr().err


async def test_a_full_disk_at_the_start_does_not_keep_the_documents_out_for_ever(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = Words()
    read_all(index, words)
    monkeypatch.setattr(embedder, "choose", lambda settings: words)
    connect = sqlite3.connect

    def full(*_: object, **__: object) -> sqlite3.Connection:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(sqlite3, "connect", full)
    shelf = LazyRetriever(tmp_path / FILE, Settings())
    assert not (await shelf.consult(QUESTION, "en")).material
    monkeypatch.setattr(sqlite3, "connect", connect)
    assert "Tuesday" in (await shelf.consult(QUESTION, "en")).material


def test_a_frozen_embedder_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    made = embedder.EmbeddedEmbedder("frozen", Path("none"))
    monkeypatch.setattr(embedder, "ANSWER_SECONDS", 0.2)
    child = WorkerProcess([sys.executable, "-c", "import time; time.sleep(60)"], reads=True)
    made._process = child
    with pytest.raises(EngineError, match="cannot embed"):
        made.embed(["hello"])
    assert not child.alive
