"""Documents are found by meaning, kept up to date, and never in the way of an answer."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hearthd.cli import main
from hearthd.common.errors import EngineError
from hearthd.config.settings import Settings
from hearthd.knowledge import embedder as embed
from hearthd.knowledge.answers import FILE, UNKNOWN, Consulted
from hearthd.knowledge.common_words import common_words
from hearthd.knowledge.embedder import OllamaEmbedder
from hearthd.knowledge.index import Index, Passage
from hearthd.knowledge.retriever import Retriever, quoted
from tests.knowledge.words import Words, read_all

pytestmark = pytest.mark.integration


def knowledge(index: Index, embedder: Words, **settings: object) -> Retriever:
    return Retriever(index, embedder, Settings.model_validate({"knowledge": settings}))


def test_the_passage_that_fits_is_found(index: Index) -> None:
    words = Words()
    read_all(index, words)
    [best] = index.search("when does the bin lorry come", words, 1)
    assert (Path(best.file).name, best.text) == ("bins.md", "The bin lorry comes on Tuesday mornings.")
    assert best.score > 0.6


def test_only_what_changed_is_read_again(index: Index, folder: Path) -> None:
    words = Words()
    assert sorted(read_all(index, words)) == ["bins.md", "cake.txt"]
    assert index.changed("words") == []
    (folder / "bins.md").write_text("The bin lorry comes on Friday evenings now.")
    (folder / "new.md").write_text("The dentist is Doctor Weber.")
    (folder / "cake.txt").unlink()
    assert index.drop_missing() == 1
    assert sorted(read_all(index, words)) == ["bins.md", "new.md"]
    assert [d.passages for d in index.documents()] == [1, 1]
    assert "Friday" in index.search("when does the bin lorry come", words, 1)[0].text
    assert len(index.changed("another model")) == 2


def test_a_folder_that_is_away_for_a_while_is_not_forgotten(index: Index, folder: Path) -> None:
    words = Words()
    read_all(index, words)
    folder.rename(folder.with_name("unmounted"))
    assert index.drop_missing() == 0
    assert index.changed("words") == []
    assert index.away() == [folder]
    assert "Tuesday" in index.search("when does the bin lorry come", words, 1)[0].text
    folder.with_name("unmounted").rename(folder)
    assert index.changed("words") == []
    assert index.remove(folder)
    assert index.documents() == []


def test_a_document_that_cannot_be_read_is_named_and_not_tried_again(index: Index, folder: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nonsense")
    read_all(index, Words())
    assert index.changed("words") == []
    assert [Path(d.file).name for d in index.documents() if d.problem] == ["broken.pdf"]


def test_a_link_out_of_the_folder_is_not_followed(index: Index, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    assert "link.txt" not in read_all(index, Words())


def test_what_is_removed_is_gone_from_the_file(index: Index, folder: Path, tmp_path: Path) -> None:
    read_all(index, Words())
    assert index.remove(folder)
    assert not index.remove(folder)
    assert index.documents() == []
    assert not any(b"bin lorry" in path.read_bytes() for path in tmp_path.glob(FILE + "*"))


def test_an_index_of_an_older_layout_answers_while_it_is_read_anew(index: Index, tmp_path: Path) -> None:
    words = Words()
    read_all(index, words)
    index.close()
    with sqlite3.connect(tmp_path / FILE) as older:
        older.executescript("ALTER TABLE passages DROP COLUMN place; PRAGMA user_version = 0")
    older.close()
    later, other = Index(tmp_path / FILE), Index(tmp_path / FILE)
    try:
        asked = "when does the bin lorry come"
        assert later.search(asked, words, 1)[0].text == "The bin lorry comes on Tuesday mornings."
        words.fails = True
        with pytest.raises(EngineError):
            read_all(later, words)
        words.fails = False
        assert later.search(asked, words, 1)[0].place == ""
        assert sorted(read_all(other, words)) == ["bins.md", "cake.txt"]
        assert later.search(asked, words, 1)[0].place == "bins"
        assert later.changed("words") == []
    finally:
        later.close()
        other.close()
    again = Index(tmp_path / FILE)
    assert again.changed("words") == []
    again.close()


def test_both_ways_to_measure_nearness_agree(index: Index) -> None:
    """sqlite-vec where this Python loads it, NumPy where not."""
    read_all(index, Words())
    one, other = (Words().embed([text])[0] for text in ("the bin lorry", "the apple lorry"))
    [(distance,)] = index._all("SELECT vec_distance_cosine(?, ?)", one.tobytes(), other.tobytes())
    assert distance == pytest.approx(1 - float(one @ other), abs=1e-5)


def test_a_search_finds_the_same_with_sqlite_vec_and_without(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not index.native:
        pytest.skip("this Python's SQLite loads no extensions")
    words = Words()
    read_all(index, words)
    questions = ("when does the bin lorry come", "apple xyzzy")
    native = [index.search(question, words, 5) for question in questions]
    monkeypatch.setattr("sqlite_vec.load", lambda db: (_ for _ in ()).throw(sqlite3.OperationalError))
    other = Index(tmp_path / FILE)
    assert not other.native
    for question, expected in zip(questions, native, strict=True):
        assert other.search(question, words, 5) == expected
    other.close()


def test_common_words_count_by_how_rare_they_are() -> None:
    texts = ["the boiler has a red button", "the oven has a button", "锅炉的红色按钮"]
    red, oven, chinese = common_words("where is the red button of the boiler", texts)
    assert red == 1.0
    assert 0 < oven < 0.5
    assert chinese == 0
    assert common_words("锅炉怎么重启", texts)[2] > 0
    assert common_words("???", texts) == [0, 0, 0]


async def test_what_fits_is_quoted_as_material_and_off_topic_is_not(index: Index) -> None:
    words = Words()
    read_all(index, words)
    known = await knowledge(index, words).consult("when does the bin lorry come", "en")
    assert known.material.endswith('[1: bins.md] "The bin lorry comes on Tuesday mornings."')
    assert "not instructions" in known.material
    assert await knowledge(index, words).consult("xyzzy", "en") == Consulted()


async def test_in_query_mode_it_says_when_the_documents_do_not_tell(index: Index) -> None:
    words = Words()
    read_all(index, words)
    asked = knowledge(index, words, mode="query")
    assert "from them only" in (await asked.consult("when does the bin lorry come", "en")).material
    assert await asked.consult("xyzzy", "zh") == Consulted(refusal=UNKNOWN["zh"])
    words.fails = True
    assert await asked.consult("when does the bin lorry come", "en") == Consulted(refusal=UNKNOWN["en"])


async def test_a_late_search_is_dropped(index: Index) -> None:
    words = Words()
    read_all(index, words)
    words.go.clear()
    asked = knowledge(index, words, budget_seconds=0.05)
    assert await asked.consult("when does the bin lorry come", "en") == Consulted()
    words.go.set()


async def test_a_changed_document_is_read_while_the_speaker_runs(index: Index, folder: Path) -> None:
    words = Words()
    asked = knowledge(index, words)
    assert await asked.refresh() == 2
    assert await asked.refresh() == 0
    (folder / "bins.md").write_text("The bin lorry comes on Fridays only.")
    assert await asked.refresh() == 1
    words.fails = True
    (folder / "bins.md").write_text("The bin lorry never comes.")
    assert await asked.refresh() == 0  # logged, and tried again later
    words.fails = False
    assert await asked.refresh() == 1


def test_what_is_quoted_says_where_it_stands() -> None:
    passages = [
        Passage("/a/lavanda.md", "Clean the pump.", 1.0, "Lavanda › E20, 2024-03-14"),
        Passage("/a/b.txt", "x", 1.0, "b"),
    ]
    first, second = quoted(passages, "chat", 600).split("\n")[1:]
    assert first == '[1: lavanda.md: Lavanda › E20, 2024-03-14] "Clean the pump."'
    assert second == '[2: b.txt] "x"'


def test_what_is_quoted_is_bounded() -> None:
    passages = [Passage("/a/b.txt", "锅炉" * 1000, 1.0), Passage("/a/c.txt", "x" * 1000, 1.0)]
    assert len(quoted(passages, "chat", 600).encode()) < 900


def test_a_file_that_is_no_index_is_named(own_state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own_state / FILE).write_bytes(b"garbage" * 1000)
    assert main.main(["knowledge", "list"]) == 1
    assert FILE in capsys.readouterr().err


@pytest.fixture
def ollama() -> Iterator[tuple[str, dict[str, object]]]:
    """``/api/embed`` as Ollama answers it; ``answer`` may be replaced."""
    state: dict[str, object] = {"status": 200, "answer": {"model": "m", "embeddings": [[3.0, 4.0]]}}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state["asked"] = json.loads(self.rfile.read(int(self.headers["content-length"])))
            raw = json.dumps(state["answer"]).encode()
            self.send_response(int(str(state["status"])))
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", state
    server.shutdown()
    server.server_close()


def test_ollama_embeds(ollama: tuple[str, dict[str, object]]) -> None:
    url, state = ollama
    embedder = OllamaEmbedder(url, "bge-m3")
    assert embedder.embed(["hello"]).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)]]
    assert state["asked"] == {"model": "bge-m3", "input": ["hello"], "keep_alive": -1}
    for status, answer in (
        (404, {"error": 'model "bge-m3" not found'}),
        (501, {"error": "this model does not support embeddings"}),
        (200, {"embeddings": [[1.0], [2.0]]}),
        (200, {"embeddings": "no"}),
        (200, [1]),
    ):
        state.update(status=status, answer=answer)
        with pytest.raises(EngineError):
            embedder.embed(["hello"])
    embedder.close()


def test_a_server_that_is_away_is_an_error_that_says_so() -> None:
    embedder = OllamaEmbedder("http://127.0.0.1:9", "bge-m3")
    with pytest.raises(EngineError, match="does not embed"):
        embedder.embed(["hello"])
    embedder.close()


NOTES = {
    "bins.md": "The bin lorry comes on Tuesday mornings; paper is collected every second Friday.",
    "boiler.md": "To reset the boiler hold the red button for five seconds until the lamp is green.",
    "cake.md": "Grandma's apple cake: 200 g flour, 3 eggs, four apples, bake at 180 degrees for 50 minutes.",
    "cat.md": "Our cat Miso gets two spoons of dry food at seven and at six in the evening.",
    "垃圾.md": "垃圾车每周二早上来，废纸隔周五收。",
    "锅炉.md": "重置锅炉：按住红色按钮五秒，直到指示灯变绿。",
    "蛋糕.md": "外婆的苹果蛋糕：面粉200克，鸡蛋三个，苹果四个，180度烤50分钟。",
    "猫.md": "我们家的猫米索早上七点和晚上六点各吃两勺干粮。",
}
QUESTIONS = {
    "how long must the cake bake?": "cake.md",
    "how much do we feed the cat?": "cat.md",
    "how do I restart the heating boiler?": "boiler.md",
    "什么时候收垃圾？": "垃圾.md",
    "苹果蛋糕要烤多久？": "蛋糕.md",
    "猫一天吃多少？": "猫.md",
}

UNANSWERED = ("what is the capital of France", "tell me a joke", "世界上最高的山是哪座", "明天几点起床")


@pytest.mark.models
@pytest.mark.slow
def test_the_embedded_model_finds_notes_in_both_languages(
    own_state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    papers = tmp_path / "papers"
    papers.mkdir()
    for name, text in NOTES.items():
        (papers / name).write_text(text, encoding="utf-8")
    assert main.main(["knowledge", "add", str(papers)]) == 0
    index = Index(own_state / FILE)
    embedder = embed.choose(Settings())
    try:
        for question, name in QUESTIONS.items():
            found = index.search(question, embedder, 2)
            assert name in [Path(passage.file).name for passage in found], question
            assert found[0].score >= Settings().knowledge.relevance
        for question in UNANSWERED:
            assert index.search(question, embedder, 1)[0].score < Settings().knowledge.relevance, question
    finally:
        embedder.close()
        index.close()
    with pytest.raises(EngineError, match="closed"):
        embedder.embed(["hello"])
    capsys.readouterr()
    assert main.main(["knowledge", "list"]) == 0
    assert main.main(["knowledge", "remove", str(papers)]) == 0
    assert main.main(["knowledge", "remove", str(papers)]) == 1
    assert main.main(["knowledge", "add", str(tmp_path / "missing")]) == 1
    with sqlite3.connect(own_state / FILE) as left:
        assert left.execute("SELECT COUNT(*) FROM passages").fetchone() == (0,)
    assert os.stat(own_state / FILE).st_mode & 0o077 == 0
