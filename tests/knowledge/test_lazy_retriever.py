"""Documents in a running speaker: noticed when the first comes, quoted and not kept, no cost before."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from hearthd.config.settings import Settings
from hearthd.knowledge import embedder
from hearthd.knowledge.answers import FILE, UNKNOWN, Consulted
from hearthd.knowledge.index import Index
from hearthd.knowledge.lazy_retriever import LazyRetriever
from tests.knowledge.words import Words, read_all
from tests.scripted import Scripted
from tests.virtual_time import run

pytestmark = pytest.mark.integration


class Told:
    """Knowledge with one answer."""

    there = True

    def __init__(self, known: Consulted) -> None:
        self.known = known

    async def run(self) -> None:
        await asyncio.Event().wait()

    def adopt(self, settings: Settings, num_ctx: int) -> None: ...

    async def consult(self, question: str, language: str, workspaces: Sequence[str] = ()) -> Consulted:
        await asyncio.sleep(0.1)
        return self.known


def test_passages_stand_in_the_last_message_and_are_not_kept(tmp_path: Path) -> None:
    async def talk() -> None:
        known = Told(Consulted(material='[1: bins.md] "On Tuesdays."'))
        async with Scripted(tmp_path, knowledge=known) as speaker:
            for count in (1, 2):
                await speaker.asks("when is the rubbish collected")
                await speaker.until(lambda: len(speaker.turns) == count)  # noqa: B023 - used at once
                await speaker.until(lambda: speaker.phase == "idle")
            first, second = speaker.chat.sent
            assert "On Tuesdays." in first[-1].content
            assert second[0] == first[0]
            assert [m for m in second[:-1] if "On Tuesdays." in m.content] == []

    run(talk())


def test_what_the_documents_do_not_tell_is_not_asked_of_the_model(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Scripted(tmp_path, knowledge=Told(Consulted(refusal=UNKNOWN["en"]))) as speaker:
            await speaker.asks("who won the war")
            await speaker.until(lambda: bool(speaker.turns))
            assert speaker.turns[0].spoken == UNKNOWN["en"]
            assert speaker.chat.sent == []

    run(talk())


def test_without_documents_nothing_of_it_is_loaded(own_state: Path) -> None:
    script = (
        "import asyncio, sys; from pathlib import Path\n"
        "from hearthd.app import factory; from hearthd.config import settings\n"
        f"shelf = factory.LazyRetriever(Path({str(own_state)!r}) / 'knowledge.db', settings.Settings())\n"
        "assert not asyncio.run(shelf.consult('when is the rubbish collected', 'en')).material\n"
        "print([m for m in sys.modules if m.startswith(('hearthd.knowledge.index', 'sqlite_vec', 'pypdf'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert list(own_state.iterdir()) == []


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> Words:
    """Whatever the settings say, these embed."""
    made = Words()
    monkeypatch.setattr(embedder, "choose", lambda settings: made)
    return made


async def test_the_first_document_is_noticed_by_a_running_speaker(
    tmp_path: Path, folder: Path, words: Words
) -> None:
    shelf = LazyRetriever(tmp_path / FILE, Settings())
    living = asyncio.create_task(shelf.run())
    question = "when does the bin lorry come"
    assert await shelf.consult(question, "en") == Consulted()
    index = Index(tmp_path / FILE)
    assert await shelf.consult(question, "en") == Consulted()  # an index without a folder
    index.add(folder)
    read_all(index, words)
    index.close()
    assert "Tuesday" in (await shelf.consult(question, "en")).material
    living.cancel()
    await asyncio.wait([living])
    assert "Tuesday" in (await shelf.consult(question, "en")).material  # a part that failed begins again


async def test_query_mode_without_documents_makes_nothing_up(tmp_path: Path, words: Words) -> None:
    query = Settings.model_validate({"knowledge": {"mode": "query"}})
    shelf = LazyRetriever(tmp_path / FILE, query)
    assert await shelf.consult("who won the war", "zh") == Consulted(refusal=UNKNOWN["zh"])
    (tmp_path / FILE).write_bytes(b"garbage" * 1000)
    assert await shelf.consult("who won the war", "en") == Consulted(refusal=UNKNOWN["en"])


async def test_settings_change_while_the_speaker_runs(tmp_path: Path, folder: Path, words: Words) -> None:
    index = Index(tmp_path / FILE)
    index.add(folder)
    read_all(index, words)
    index.close()
    shelf = LazyRetriever(tmp_path / FILE, Settings())
    living = asyncio.create_task(shelf.run())
    question = "when does the bin lorry come"
    whole = (await shelf.consult(question, "en")).material
    shelf.adopt(Settings(), 20)
    assert len((await shelf.consult(question, "en")).material) < len(whole)
    shelf.adopt(Settings.model_validate({"knowledge": {"mode": "query", "relevance": 3.0}}), 4096)
    assert await shelf.consult(question, "en") == Consulted(refusal=UNKNOWN["en"])
    living.cancel()
    await asyncio.wait([living])
