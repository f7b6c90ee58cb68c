"""The owner looks into the history, searches it, takes it along, and has it forgotten."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearthd.cli.commands import history as command
from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord, bounded
from hearthd.history import schema
from hearthd.history.browser import History
from hearthd.history.store import Store
from tests.command_line import Run, typed

pytestmark = pytest.mark.unit


def turn(
    turn_id: str, conversation: str, at: float, heard: str, reply: str, *, spoken: str | None = None
) -> TurnRecord:
    return TurnRecord(
        turn_id=turn_id,
        conversation_id=conversation,
        started_at=at,
        heard=heard,
        reply=reply,
        spoken=reply if spoken is None else spoken,
        ended=Ended.COMPLETED if spoken is None else Ended.BARGE_IN,
        asr_ms=210.0,
    )


TURNS = [
    turn("aa01", "c100", 1_700_000_000, "what is the weather like", "It is raining in Hamburg."),
    turn(
        "aa02",
        "c100",
        1_700_000_060,
        "and tomorrow",
        "Tomorrow it will be sunny all day.",
        spoken="Tomorrow it will",
    ),
    turn("bb01", "c200", 1_700_100_000, "今天天气怎么样", "北京今天是晴天。"),
    turn("bb02", "c200", 1_700_100_060, "100% sure? [red]really[/red]", "是的_当然*。"),
]


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    store = Store(tmp_path / schema.FILE)
    for record in TURNS:
        store.ended(record).result(10)
    store.close()
    return tmp_path / schema.FILE


@pytest.fixture
def run() -> Run:
    return typed(command, "history")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("weather", ["aa01"]),
        ("WEATHER", ["aa01"]),
        ("hamburg", ["aa01"]),
        ("天气怎么", ["bb01"]),
        ("天气", ["bb01"]),  # two characters: too short for the index
        ("晴", ["bb01"]),
        ("rain weather", ["aa01"]),
        ("is 北", []),
        ("is", ["aa01"]),
        ("0%", ["bb02"]),
        ("_当", ["bb02"]),
        ('"', []),
        ("NOT tomorrow", []),
        ("", []),
        ("\x00", []),
    ],
)
def test_a_search_finds_the_turns_that_hold_every_word(path: Path, text: str, found: list[str]) -> None:
    with History(path) as history:
        assert [t.turn_id for t in history.search(text, 10)] == found


@given(st.text(max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_no_search_text_breaks_the_search(path: Path, text: str) -> None:
    with History(path) as history:
        history.search(text, 5)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
def test_any_part_of_a_turn_finds_it(path: Path, data: st.DataObject) -> None:
    record = data.draw(st.sampled_from(TURNS))
    text = data.draw(st.sampled_from([record.heard, record.reply]))
    start = data.draw(st.integers(0, len(text) - 1))
    part = text[start : data.draw(st.integers(start + 1, len(text)))]
    if part.strip():
        with History(path) as history:
            assert record.turn_id in [t.turn_id for t in history.search(part, 10)]


@pytest.mark.parametrize(
    ("text", "count"), [("天气", 1), ("晴天", 1), ("天。", 1), ("w", 2), ("ay", 1), ("100% 是", 1)]
)
def test_short_words_are_found_in_old_turns_by_the_index(
    path: Path, monkeypatch: pytest.MonkeyPatch, text: str, count: int
) -> None:
    with History(path) as history:
        near = [t.turn_id for t in history.search(text, 10)]
        monkeypatch.setattr("hearthd.history.browser.NEWEST", 0)
        assert [t.turn_id for t in history.search(text, 10)] == near
        assert len(near) == count


def test_list_names_the_conversations_newest_first(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    shown = capsys.readouterr().out
    assert shown.index("c200") < shown.index("c100")
    assert "what is the weather" in shown
    assert "今天天气怎么样" in shown


def test_show_marks_what_was_cut_off(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "c1") == 0
    shown = capsys.readouterr().out
    assert "Tomorrow it will [cut off]" in shown
    assert "sunny" not in shown
    assert "words 210 ms" in shown


def test_show_tells_what_was_done(path: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    done = bounded("timer_set", {"seconds": 600, "name": "[b]pasta"}, "done", "command", 1.5, done=True)
    failed = bounded("open_door", {}, "It failed.", "model", 20.0, done=False)
    store = Store(path)
    store.ended(
        TurnRecord("ab01", "c9", 1.0, heard="do it", actions=(done, failed), understood_by="command")
    ).result(10)
    store.close()
    assert run("show", "ab01") == 0
    shown = capsys.readouterr().out
    assert "did:     timer_set(seconds=600, name=[b]pasta): done [command, 2 ms]" in shown
    assert "did:     open_door(): It failed. [model, 20 ms, not done]" in shown


def test_show_prints_what_people_say_literally(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show") == 0
    assert "[red]really[/red]" in capsys.readouterr().out


def test_show_as_json_has_every_field(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "aa02", "--json") == 0
    assert json.loads(capsys.readouterr().out) == TURNS[1].as_dict()


def test_an_unknown_or_ambiguous_id_is_said(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "zz") == 1
    assert 'begins with "zz"' in capsys.readouterr().err
    assert run("forget", "turn", "aa") == 1
    assert "more than one turn" in capsys.readouterr().err


def test_the_export_as_json_holds_everything(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export") == 0
    assert json.loads(capsys.readouterr().out) == [t.as_dict() for t in TURNS]


def test_the_export_as_markdown_reads_as_a_dialogue(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "dialogue.md"
    assert run("export", "c2", "--format", "markdown", "--out", str(out)) == 0
    text = out.read_text()
    assert "**Person:** 今天天气怎么样\n\n**Speaker:** 北京今天是晴天。" in text
    assert "是的\\_当然\\*。" in text
    assert "Hamburg" not in text


@pytest.mark.parametrize(
    ("what", "gone", "left"),
    [
        (["turn", "aa01"], b"Hamburg", 3),
        (["conversation", "c2"], "北京".encode(), 2),
        (["before", "2023-11-15T12:00"], b"Hamburg", 2),
        (["all", "--yes"], b"sunny", 0),
    ],
)
def test_what_the_owner_has_forgotten_is_in_no_byte_of_the_file(
    run: Run, path: Path, what: list[str], gone: bytes, left: int
) -> None:
    assert gone in path.read_bytes()
    assert run("forget", *what) == 0
    for file in path.parent.iterdir():
        assert gone not in file.read_bytes()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT COUNT(*) FROM turns").fetchone() == (left,)
    connection.close()


def test_everything_is_not_forgotten_without_being_asked(
    run: Run, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("forget", "all") == 1
    assert b"Hamburg" in path.read_bytes()


def test_files_set_aside_as_damaged_are_named_and_go_with_everything(
    run: Run, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aside = [path.with_name(f"{path.name}.damaged-20261122-101500{suffix}") for suffix in ("", "-wal")]
    for file in aside:
        file.write_bytes(b"I am going to Hamburg")
    assert run("forget", "turn", "aa01") == 0
    assert str(aside[0]) in capsys.readouterr().err
    assert run("forget", "all", "--yes") == 0
    assert not any(file.exists() for file in aside)
    assert capsys.readouterr().err == ""


def test_forgetting_works_beside_a_running_daemon_which_notices(run: Run, path: Path) -> None:
    store = Store(path)
    assert store.changed_elsewhere() is False
    assert run("forget", "conversation", "c100") == 0
    assert store.changed_elsewhere() is True
    assert store.changed_elsewhere() is False
    assert [t.turn_id for t in store.recent_turns(10)] == ["bb01", "bb02"]
    for file in path.parent.iterdir():
        assert b"Hamburg" not in file.read_bytes()
    store.close()


def test_a_machine_without_history_says_so(run: Run, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.unlink()
    assert run("list") == 1
    assert "nothing is stored yet" in capsys.readouterr().err


def test_a_damaged_history_is_said_not_replaced(
    run: Run, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_bytes(b"garbage" * 1000)
    assert run("list") == 1
    assert "not a database" in capsys.readouterr().err
    assert path.read_bytes() == b"garbage" * 1000
