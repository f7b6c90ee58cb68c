"""The report draws what is stored, whatever that is, and never what was said."""

from __future__ import annotations

import argparse
import json
import sqlite3
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthd.cli.commands import report as command
from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.history.schema import FILE
from hearthd.history.store import Store
from hearthd.report import data
from hearthd.report import page as report

pytestmark = pytest.mark.integration

KEYS = [*TurnRecord("a", "b", 0.0).as_dict(), "surprise"]


def turn(**fields: Any) -> dict[str, Any]:
    marks = {"endpoint_ms": 760.0, "asr_ms": 1200.0, "llm_first_token_ms": 1400.0, "first_audible_ms": 1900.0}
    return {"started_at": time.time(), "ended": "completed", **marks, **fields}


def sections(page: str) -> list[ElementTree.Element]:
    """The page's pictures; fails if one is not well-formed."""
    found = []
    rest = page
    while "<svg" in rest:
        begin, end = rest.index("<svg"), rest.index("</svg>") + len("</svg>")
        found.append(ElementTree.fromstring(rest[begin:end]))
        rest = rest[end:]
    return found


def test_the_page_shows_the_waterfall_the_trend_and_the_endings_and_fetches_nothing() -> None:
    page = report.build([turn(), turn(ended="barge_in", bargein_stop_ms=180.0, underruns=2, retracted=3)])
    assert len(sections(page)) == 4
    for text in ("1,900 ms", "180 ms", "barge in", "2 turns", "<b>3</b><span>guesses taken back"):
        assert text in page
    assert "<script" not in page
    assert "src=" not in page
    assert "@import" not in page


def test_what_was_said_is_not_in_the_page() -> None:
    action = {"name": "reminder_set", "arguments": {"text": "secret"}, "result": "secret", "done": True}
    said = {"heard": "my secret", "reply": "your secret", "spoken": "secret", "turn_id": "secret"}
    page = report.build([turn(**said, actions=json.dumps([action]), understood_by="secret")])
    assert "reminder_set" in page
    assert "secret" not in page


def test_who_answered_how_soon_and_what_was_done_is_shown() -> None:
    deed = {"name": "volume_up", "by": "command", "done": True}
    failed = {"name": "open_door", "by": "model", "done": False}
    turns = [
        turn(understood_by="command", first_audible_ms=400.0, actions=json.dumps([deed, deed])),
        turn(understood_by="model", actions=json.dumps([failed])),
    ]
    figures = data.figures(turns)
    assert figures.first_sounds() == {"command": [400.0], "model": [1900.0]}
    page = report.build(turns)
    for text in ("things done", "volume_up, volume_up", "answered by", "command (1)", "model (1)"):
        assert text in page
    assert "open_door" not in page


def test_before_the_first_turn_the_page_says_so() -> None:
    page = report.build([])
    assert "nothing is stored yet" in page
    assert "no timed turns yet" in page
    assert report.picture([]).startswith(b"\x89PNG")


def test_a_stage_done_early_adds_nothing_to_the_time() -> None:
    figures = data.figures([turn(asr_ms=500.0)])
    assert figures.stage_medians() == {"endpoint": 760.0, "asr": 0.0, "llm": 640.0, "audible": 500.0}


def test_days_are_summed_up_with_median_and_95th_percentile() -> None:
    noon = 1_760_000_000.0
    figures = data.figures([turn(started_at=noon, first_audible_ms=float(n)) for n in range(101)])
    assert [(day.median, day.p95) for day in figures.days] == [(50.0, 95.0)]


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["<script>", "$x^", "completed", "error", ""]),
    st.lists(st.integers(), max_size=2),
)


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), values, max_size=8), max_size=6))
@settings(max_examples=150, deadline=None)
def test_nonsense_in_the_store_is_left_out_of_the_figures(turns: list[dict[str, Any]]) -> None:
    figures = data.figures(turns)
    assert len(figures.turns) == len(turns)
    for one in figures.turns:
        assert all(0 <= value <= data.LONGEST_MS for value in one.marks.values())
        assert one.ended in ("", *data.ENDINGS)
        assert one.clock()
    for name, value in figures.stage_medians().items():
        assert name
        assert value >= 0


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), values, max_size=8), max_size=6))
@settings(max_examples=5, deadline=None)
def test_nonsense_in_the_store_still_makes_a_page(turns: list[dict[str, Any]]) -> None:
    page = report.build(turns)
    assert len(sections(page)) == 4
    assert "<script" not in page


def arguments(**given: Any) -> argparse.Namespace:
    return argparse.Namespace(**{"out": None, "png": None, "last": 1000, **given})


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_draws_the_store_of_a_running_daemon_and_leaves_its_turn_alone(state: Path) -> None:
    store = Store(state / FILE)
    try:
        done = TurnRecord(
            "one", "c", time.time(), heard="hello", ended=Ended.COMPLETED, first_audible_ms=1234.0
        )
        store.ended(done).result()
        live = TurnRecord("two", "c", time.time())
        store.begin(live).result()
        assert command.run(arguments(png="out.png", out="out.html")) == 0
        assert [row["ended"] for row in command.stored_turns(state / FILE, 1)] == [None]
    finally:
        store.close()
    assert "1,234" in (state / "out.html").read_text()
    assert (state / "out.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_store_there_is_an_empty_page(state: Path) -> None:
    assert command.run(arguments()) == 0
    assert "nothing is stored yet" in (state / command.DEFAULT).read_text()
    sqlite3.connect(state / FILE).close()
    assert command.stored_turns(state / FILE, 10) == []


def test_a_broken_store_and_a_folder_that_is_not_there_are_named(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(arguments(out="no/where.html")) == 1
    assert "no/where.html: No such file" in capsys.readouterr().err
    (state / FILE).write_bytes(b"not a database" * 100)
    assert command.run(arguments()) == 1
    assert f"{FILE}: file is not a database" in capsys.readouterr().err
