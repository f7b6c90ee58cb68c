"""What was trained for a persona is put to use, shown and taken away: in Ollama, too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

import pytest

from hearthd.cli.commands import history, personas
from hearthd.config import trained_models
from hearthd.config.personas import Persona
from hearthd.config.trained_models import TrainedModel
from hearthd.conversation.conversation import manner_of
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.history import schema
from hearthd.training.chat import examples
from tests.command_line import typed
from tests.peers.ollama import OllamaPeer
from tests.peers.ollama_models import DIGEST

pytestmark = pytest.mark.integration

run = typed(personas, "personas")


@pytest.fixture
def peer() -> Iterator[OllamaPeer]:
    """A server in a loop of its own: the commands have one of theirs."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    peer = OllamaPeer("base:latest")

    def ask(work: object) -> None:
        future: Future[None] = asyncio.run_coroutine_threadsafe(work, loop)  # type: ignore[arg-type]
        future.result(10)

    ask(peer.start())
    yield peer
    ask(peer.stop())
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(autouse=True)
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas/ember.toml").write_text('system = "You are Ember."\n')
    (tmp_path / "hearthd.toml").write_text("")
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("HEARTHD_CONFIG", str(tmp_path / "hearthd.toml"))
    return tmp_path


def served_by(peer: OllamaPeer, house: Path) -> None:
    (house / "hearthd.toml").write_text(f'[chat]\nengine = "ollama"\nurl = "{peer.url}"\nmodel = "base"\n')


def trained(house: Path, engine: str, content: bytes = b"GGUF adapter") -> TrainedModel:
    file = house / "made.gguf"
    file.write_bytes(content)
    found = TrainedModel(
        "ember", "base", "file of the base", engine, 1.79e9, 30,
        base_digest=f"sha256:{DIGEST}", figures={"learned": [0, 6, 6]},
    )  # fmt: skip
    trained_models.keep(found, file)
    return found


def test_ollama_gets_the_adapter_once_and_a_new_one_again(
    peer: OllamaPeer, house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    served_by(peer, house)
    trained(house, "ollama")
    persona = Persona(name="ember", system="You are Ember.")
    assert manner_of(persona).model == ""  # kept, not in use
    assert run("apply", "ember") == 0
    assert manner_of(persona).model == "hearthd-ember"
    first = peer.models["hearthd-ember"]["adapters"]
    assert list(first.values()) == list(peer.blobs)
    assert peer.models["hearthd-ember"]["from"] == "base"
    capsys.readouterr()
    assert run("apply", "ember") == 0
    assert "as it should be" in capsys.readouterr().out
    trained(house, "ollama", b"GGUF another")
    assert run("apply", "ember") == 0
    assert "made anew" in capsys.readouterr().out
    assert peer.models["hearthd-ember"]["adapters"] != first
    assert len(peer.models["hearthd-ember"]["adapters"]) == 1
    assert run("list") == 0
    assert "on base" in " ".join(capsys.readouterr().out.split())
    assert run("untrain", "ember") == 0
    assert "hearthd-ember" not in peer.models
    assert manner_of(persona).model == ""
    assert run("untrain", "ember") == 1


def test_a_base_that_changed_is_noticed(
    peer: OllamaPeer, house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    served_by(peer, house)
    found = trained(house, "ollama")
    trained_models.keep(TrainedModel(**{**vars_of(found), "base_digest": "sha256:" + "0" * 64}))
    run("list")
    assert "changed" in capsys.readouterr().out


def vars_of(found: TrainedModel) -> dict[str, object]:
    return {name: getattr(found, name) for name in found.__dataclass_fields__}


def test_an_embedded_model_answers_with_it_when_told_so_by_name(house: Path) -> None:
    trained(house, "embedded")
    persona = Persona(name="ember", system="You are Ember.")
    assert manner_of(persona).adapter is None
    assert run("apply", "ember") == 0
    adapter = manner_of(persona).adapter
    assert adapter is not None
    assert adapter.path.read_bytes() == b"GGUF adapter"
    assert adapter.base == "file of the base"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"persona": "ember"}', '{"persona": 3, "base": []}', "[" * 9999]
)
def test_what_was_written_down_of_a_training_and_is_damaged_is_no_training(house: Path, content: str) -> None:
    trained(house, "embedded")
    (trained_models.folder_of("ember") / trained_models.ABOUT).write_text(content)
    assert trained_models.of("ember") is None
    assert run("untrain", "ember") == 0


def test_marked_answers_become_examples(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "state").mkdir()
    connection = schema.connect(house / "state" / schema.FILE)
    for number in range(12):
        turn = TurnRecord(
            f"t{number:02d}", "c1", 1.79e9 + number, heard=f"Question {number}?", reply=f"Answer {number}."
        )
        row = schema.row_of(turn)
        names = ", ".join(row)
        connection.execute(f"INSERT INTO turns ({names}) VALUES ({', '.join(f':{n}' for n in row)})", row)
    connection.close()
    mark = typed(history, "history")
    assert run("examples", "ember", "--from-history", "--out", str(house / "out.json")) == 1
    for number in range(11):
        assert mark("mark", f"t{number:02d}", "good") == 0
    assert mark("mark", "t11", "bad") == 0
    assert mark("mark", "c1", "good") == 1  # a conversation is no turn
    assert run("examples", "ember", "--from-history", "--out", str(house / "out.json")) == 0
    assert [e.question for e in examples.read(house / "out.json")] == [f"Question {n}?" for n in range(11)]
    assert json.loads((house / "out.json").read_text())[0]["role"] == "user"
