"""``hearthd timers``: what is set, and the commands that it sends."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from hearthd.actions.timers.alert import Alert, Kind
from hearthd.actions.timers.schedule import days_of
from hearthd.actions.timers.store import FILE, AlertStore
from hearthd.cli.commands import timers
from hearthd.cli.main import main
from hearthd.mqtt.timer_commands import parse_timer

pytestmark = pytest.mark.unit


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    file = tmp_path / "hearthd.toml"
    file.write_text("")
    return str(file)


def test_it_lists_what_is_kept_on_the_disk(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["timers", "list", "--config", config]) == 0
    assert capsys.readouterr().out == "nothing is set\n"
    store = AlertStore(tmp_path / FILE)
    now = time.time()
    for alert in (
        Alert("a1", Kind.TIMER, now, "pasta", seconds=600, due=now + 605),
        Alert("a2", Kind.ALARM, now, "起床", due=now + 90_000, repeats=days_of("weekdays"), at=_local(now)),
        Alert("a3", Kind.TIMER, now, "[red]", seconds=60, remaining=30),
        Alert("a4", Kind.TIMER, now, "tea", seconds=60, due=now - 5, rang=True),
    ):
        store.save(alert).result()
    store.close()
    assert main(["timers", "list", "--config", config]) == 0
    out = capsys.readouterr().out
    for shown in ("pasta", "0:10:0", "起床", "mon tue wed thu fri", "[red]", "paused", "ringing"):
        assert shown in out
    assert main(["timers", "list", "--json", "--config", config]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == ["a4", "a1", "a2", "a3"]


def _local(at: float) -> Any:
    from datetime import datetime

    return datetime.fromtimestamp(at)


def test_a_file_that_cannot_be_read_is_an_error(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / FILE).write_bytes(b"garbage" * 1000)
    assert main(["timers", "list", "--config", config]) == 1
    assert FILE in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["10m", "pasta"], {"seconds": 600, "name": "pasta"}),
        (["1h30m", "the", "roast"], {"seconds": 5400, "name": "the roast"}),
        (["90s"], {"seconds": 90, "name": ""}),
        (["07:00", "--repeats", "weekdays"], {"kind": "alarm", "at": "07:00", "repeats": ["weekdays"]}),
        (["07:00", "--repeats", "mon,Wednesday"], {"kind": "alarm", "repeats": ["monday", "wednesday"]}),
        (["2h", "--remind", "call mum"], {"kind": "reminder", "seconds": 7200, "text": "call mum"}),
        (["2027-01-31T07:00", "bus"], {"kind": "alarm", "at": "2027-01-31T07:00", "name": "bus"}),
    ],
)
def test_what_is_added_is_a_command_that_the_speaker_takes(
    config: str, words: list[str], command: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(timers, "_send", lambda _, name, payload: sent.append((name, payload)) or 0)
    assert main(["timers", "add", *words, "--config", config]) == 0
    [(name, payload)] = sent
    assert name == "timer"
    assert command.items() <= json.loads(payload).items()
    parse_timer(payload)


def test_a_day_that_is_none_is_named(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["timers", "add", "07:00", "--repeats", "funday", "--config", config]) == 2
    assert "weekdays" in capsys.readouterr().err


def test_without_a_broker_it_says_what_to_do(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["timers", "add", "10m", "--config", config]) == 1
    assert "[mqtt]" in capsys.readouterr().err
    assert main(["timers", "cancel", "pasta", "--config", config]) == 1
