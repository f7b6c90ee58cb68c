"""The speaker can be somebody else: by file, by voice, and as a model in Ollama."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.cli.commands import personas as command
from hearthd.config import personas
from hearthd.conversation.context import Context
from hearthd.engines.llm.ollama_models import Recipe
from tests.command_line import Run, typed
from tests.peers.ollama import OllamaPeer

pytestmark = pytest.mark.integration

SHIPPED = [
    personas.load(name, [Path("config/personas")]) for name in ("hearthd", "mario", "plain-english", "xiaoji")
]


@pytest.mark.parametrize("persona", SHIPPED, ids=lambda p: p.name)
def test_every_shipped_persona_leaves_room_for_a_conversation(persona: personas.Persona) -> None:
    context = Context(persona.system, num_ctx=2048, reply_tokens=300)
    assert not context.system_cut
    for n in range(6):
        context.add(f"question {n}", "An answer of one sentence.", False)
    assert context.dropped() == []


@pytest.mark.parametrize(
    ("heard", "name"),
    [
        ("Be Mario!", "mario"),
        ("be super mario please", "mario"),
        ("Switch to plain English.", "plain-english"),
        ("换成小极。", "xiaoji"),
        ("请切换到小极", "xiaoji"),
        ("变成马里奥吧", "mario"),
        ("be yourself again", "hearthd"),
        ("Who is Mario?", None),
        ("be Mario's friend", None),
        ("to be or not to be", None),
        ("小极是谁", None),
        ("", None),
    ],
)
def test_a_persona_is_asked_for_by_voice_and_only_when_nothing_else_is_said(
    heard: str, name: str | None
) -> None:
    found = personas.asked_for(heard, SHIPPED)
    assert (found.name if found else None) == name


@given(st.text(max_size=100))
def test_no_words_break_the_listening_for_personas(heard: str) -> None:
    personas.asked_for(heard, SHIPPED)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('sistem = "x"\nsystem = "x"', 'unknown key "sistem"; did you mean "system"?'),
        ('system = "x"\ntemperature = "hot"', "temperature: "),
        ('system = "x"\ntemperature = 3.0', "temperature: "),
        ('system = ""', "system: "),
        ('title = "x"', "system: Field required"),
        ("system = ", "Invalid value"),
        ('system = "x"\nname = "y"', "file's name"),
        ("x" * 70_000, "larger than"),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_key(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "odd.toml").write_text(content)
    with pytest.raises(personas.PersonaError) as raised:
        personas.load("odd", [tmp_path])
    assert problem in str(raised.value)
    assert "odd.toml" in str(raised.value)


@pytest.mark.parametrize("name", ["maria", "../mario", "", "no/where", "x" * 100])
def test_an_unknown_persona_is_said_with_the_nearest(name: str) -> None:
    with pytest.raises(personas.PersonaError, match="no persona"):
        personas.load(name, [Path("config/personas")])


def test_the_owners_persona_comes_before_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "mario.toml").write_text('system = "Mine."')
    assert personas.load("mario", [tmp_path, Path("config/personas")]).system == "Mine."


class _PeerThread:
    """An Ollama peer beside the command, which runs loops of its own."""

    def __init__(self) -> None:
        self.peer = OllamaPeer("qwen2.5:3b")
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._thread.start()
        self._call(self.peer.start()).result(10)

    def _call(self, work: object) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)  # type: ignore[arg-type]

    def close(self) -> None:
        self._call(self.peer.stop()).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Iterator[OllamaPeer]:
    thread = _PeerThread()
    monkeypatch.setenv("HEARTHD_CHAT__URL", thread.peer.url)
    yield thread.peer
    thread.close()


@pytest.fixture
def run() -> Run:
    return typed(command, "personas")


def test_apply_makes_models_and_only_what_has_changed_is_made_anew(
    peer: OllamaPeer, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("apply", "mario", "xiaoji") == 0
    made = peer.models["hearthd-xiaoji"]
    assert made["from"] == "qwen2.5:3b"
    assert made["parameters"] == {"num_ctx": 4096, "temperature": 0.6}
    assert "小极" in made["system"]
    capsys.readouterr()
    peer.models["hearthd-mario"]["system"] = "You are Luigi."
    assert run("apply", "mario", "xiaoji") == 0
    assert capsys.readouterr().out.splitlines() == [
        "hearthd-mario: made anew",
        "hearthd-xiaoji: as it should be",
    ]
    assert "Mario" in peer.models["hearthd-mario"]["system"]


def test_a_missing_base_model_is_offered_and_pulled_on_request(
    peer: OllamaPeer, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    del peer.models["qwen2.5:3b"]
    assert run("apply", "mario") == 1
    assert "apply --pull" in capsys.readouterr().err
    assert "hearthd-mario" not in peer.models
    assert run("apply", "mario", "--pull") == 0
    assert {"qwen2.5:3b", "hearthd-mario"} <= set(peer.models)
    del peer.models["qwen2.5:3b"]  # removed, while what was made from it is there
    assert run("apply", "mario", "--pull") == 0
    assert {"qwen2.5:3b", "hearthd-mario"} <= set(peer.models)


def test_list_shows_what_the_server_really_has(
    peer: OllamaPeer,
    run: Run,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    run("apply", "mario", "xiaoji")
    peer.models["hearthd-xiaoji"]["parameters"]["num_ctx"] = 512
    assert run("list") == 0
    rows = {line.split("│")[1].strip(): line for line in capsys.readouterr().out.splitlines() if "│" in line}
    assert "yes" in rows["mario"]
    assert "changed since" in rows["xiaoji"]
    assert rows["hearthd *"].split("│")[-2].strip() == "no"


def test_list_works_without_a_server_and_says_so(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHD_CHAT__URL", "http://127.0.0.1:9")
    assert run("list") == 0
    captured = capsys.readouterr()
    assert "mario" in captured.out
    assert "does not run" in captured.err


def test_two_recipes_that_print_differently_may_be_the_same() -> None:
    one = Recipe("a", "Be brief.\n", {"temperature": "0.9", "stop": ["x"]})
    assert one.same_as(Recipe("a:latest", "Be brief.", {"temperature": 0.90, "stop": ["x"]}))
    assert not one.same_as(Recipe("a", "Be brief.", {"temperature": 0.8, "stop": ["x"]}))
