"""What people said, what files are called and what servers answer is shown as it is, by every command."""

from __future__ import annotations

import ast
import io
import logging
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hearthd
from hearthd.actions.timers.alert import Alert, Kind
from hearthd.actions.timers.store import FILE as TIMERS
from hearthd.actions.timers.store import AlertStore
from hearthd.app import rehearsal
from hearthd.audio.devices import catalog
from hearthd.audio.wav import save
from hearthd.cli.main import main
from hearthd.common import rich_console
from hearthd.common.printable import in_a_line, printable
from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.history import schema
from hearthd.history.store import Store
from hearthd.knowledge import embedder
from hearthd.models import fetch, pull
from hearthd.service.journal import TerminalHandler
from hearthd.voices import profiles
from tests.knowledge.words import Words

pytestmark = pytest.mark.integration  # a document is read by a child process

MARKUP = "[/b] [red]x[/red] [/] [link=x] :warning: \\[b]"
"""What rich would obey, or end at."""
CONTROL = "\x1b[31m\x07\r\x9b2J\u202e\x7f"
"""What a terminal would obey."""
ALLOWED = "\n\t\u200c\u200d"
HOSTILE = f"{MARKUP} {CONTROL}end"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "600")


def obeyed(output: str) -> list[str]:
    """What a terminal would not show but obey."""
    return [
        c for c in output if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in ALLOWED
    ]


def shown(output: str, expected: str = MARKUP) -> None:
    """``output`` holds the text as it was written, and nothing that a terminal obeys."""
    assert expected in output
    assert not obeyed(output)


@pytest.fixture
def history(own_state: Path) -> Path:
    store = Store(own_state / schema.FILE)
    record = TurnRecord(
        *("aa", "c1", 1000.0, "hey_jarvis", 0.9),
        heard=HOSTILE,
        reply=HOSTILE,
        spoken=HOSTILE,
        ended=Ended.COMPLETED,
        asr_model=HOSTILE,
        chat_model=HOSTILE,
        voice=HOSTILE,
    )
    store.ended(record).result(10)
    store.close()
    return own_state / schema.FILE


@pytest.mark.parametrize(
    "command",
    [
        ["list"],
        ["show"],
        ["show", "aa"],
        ["search", "end"],
        ["show", "--json"],
        ["search", "--json", "end"],
        ["export"],
    ],
    ids=" ".join,
)
def test_what_was_said_is_shown_by_the_history(
    history: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert main(["history", *command]) == 0
    output = capsys.readouterr().out
    shown(
        output, MARKUP.replace("\\", "\\\\") if "--json" in command or command == ["export"] else MARKUP[:50]
    )


def test_an_export_to_read_is_printable(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "export", "--format", "markdown"]) == 0
    shown(capsys.readouterr().out, "\\[/b\\]")


def test_a_damaged_stamp_breaks_no_list(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sqlite3

    for stamp in ("9e300", "-9e300", "1e15"):
        with sqlite3.connect(history) as database:
            database.execute(f"UPDATE turns SET started_at = {stamp}")
        assert main(["history", "list"]) == 0
        assert main(["history", "show"]) == 0
        assert "at no time" in capsys.readouterr().out


def test_what_a_timer_is_called_is_shown(own_state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = AlertStore(own_state / TIMERS)
    store.save(Alert("7", Kind.TIMER, 1000.0, HOSTILE, due=2e9)).result(10)
    store.close()
    assert main(["timers", "list"]) == 0
    shown(capsys.readouterr().out)
    assert main(["timers", "list", "--json"]) == 0
    shown(capsys.readouterr().out, MARKUP.replace("\\", "\\\\"))


def test_what_a_document_is_called_and_holds_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = HOSTILE.replace("/", "|")
    folder = tmp_path / name
    folder.mkdir()
    (folder / f"{name}.md").write_text(f"bins {MARKUP} \x1b[31m")
    (folder / f"{name}.pdf").write_text("no pdf")
    monkeypatch.setattr(embedder, "choose", lambda settings: Words())
    expected = MARKUP.replace("/", "|")
    assert main(["knowledge", "add", str(folder)]) == 0
    shown("".join(capsys.readouterr()), expected)
    assert main(["knowledge", "list"]) == 0
    shown(capsys.readouterr().out, expected)
    assert main(["knowledge", "search", "bins"]) == 0
    shown(capsys.readouterr().out)
    assert main(["knowledge", "remove", str(folder)]) == 0
    assert main(["knowledge", "remove", str(folder)]) == 1
    shown("".join(capsys.readouterr()), expected)


def test_a_voices_words_are_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    save(tmp_path / "a.wav", rehearsal.NOTHING, 32_000)
    profiles.store("ann", (tmp_path / "a.wav").read_bytes(), "clip.wav", {"text": HOSTILE, "language": "en"})
    assert main(["voices", "list"]) == 0
    shown(capsys.readouterr().out)
    assert main(["voices", "add", "bob", str(tmp_path / HOSTILE.replace("/", "|"))]) == 1
    shown(capsys.readouterr().err, MARKUP.replace("/", "|"))


def test_how_a_persona_is_called_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "personas").mkdir()
    called = MARKUP.replace("\\", "\\\\")
    (tmp_path / "personas" / "odd.toml").write_text(f'system = "x"\ntitle = "{called} \\u001b[31m"\n')
    (tmp_path / "personas" / "bad.toml").write_text(f'"{called}\\u001b" = 1\nsystem = "x"\n')
    monkeypatch.setenv("HEARTHD_CONFIG", str(tmp_path / "hearthd.toml"))
    (tmp_path / "hearthd.toml").write_text('[chat]\nurl = "http://127.0.0.1:9"\n')
    assert main(["personas", "list"]) == 1
    output = capsys.readouterr()
    shown(output.out)
    shown(output.err)


def test_what_the_configuration_holds_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / HOSTILE.replace("/", "|")
    file.write_text('"[/b]\\u001b[31m" = 1\n[audio]\nmicrophone = 5\n')
    assert main(["check", "--config", str(file)]) == 78
    shown(capsys.readouterr().err, "[/b]")
    file.write_text('persona = "[/b]\\u001b[31m"')
    assert main(["check", "--config", str(file)]) == 78
    shown(capsys.readouterr().err, "[/b]")


def test_where_the_models_are_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEARTHD_MODELS", str(tmp_path / HOSTILE.replace("/", "|")))
    assert main(["models", "list"]) == 0
    shown(capsys.readouterr().out, MARKUP.replace("/", "|"))

    def refuse(*_: Any) -> None:
        raise fetch.PullError(HOSTILE)

    monkeypatch.setattr(pull, "pull", refuse)
    assert main(["models", "pull"]) == 1
    shown(capsys.readouterr().err)


def test_what_the_devices_are_called_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    device = catalog.SoundDevice(0, HOSTILE, HOSTILE, 2, 2, 48_000, True, True)
    monkeypatch.setattr(catalog, "scan", lambda: [device])
    main(["devices"])
    shown(capsys.readouterr().out)


def test_what_the_daemon_tells_of_itself_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = {"values": {"heard": HOSTILE, f"health/{HOSTILE}": "ON", HOSTILE: "1"}, "faults": [HOSTILE]}

    @contextmanager
    def reach(settings: object) -> Iterator[object]:
        yield SimpleNamespace(status=lambda: answer)

    monkeypatch.setattr("hearthd.mqtt.remote_control.reach", reach)
    assert main(["status"]) == 0
    shown(capsys.readouterr().out)


def test_a_rehearsals_turn_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    from hearthd.report import timeline

    record = TurnRecord("aa", "c", 1.0, wake_word=HOSTILE, wake_score=0.9)
    record.heard = record.spoken = record.chat_model = record.room = HOSTILE
    record.first_audible_ms = 100.0
    timeline.show(record, rich_console.console())
    shown(capsys.readouterr().out)


def test_what_is_typed_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["commands", "try", HOSTILE]) in (0, 1)
    shown(capsys.readouterr().out, "")
    with pytest.raises(SystemExit):
        main([HOSTILE])
    shown(capsys.readouterr().err, "[/b] [red]x[/red]")


@given(st.text(max_size=60))
def test_any_text_is_shown_and_stays_in_its_cell(text: str) -> None:
    from rich.table import Table

    console = rich_console.console()
    table = Table(text, title=text)
    table.add_row(text)
    with console.capture() as captured:
        console.print(text)
        console.print(table)
    assert not obeyed(captured.get())
    assert in_a_line(text) == " ".join(printable(text).split())


def test_the_log_on_a_terminal_shows_it_too() -> None:
    stream = io.StringIO()
    handler = TerminalHandler(stream)
    record = logging.LogRecord("hearthd.x", logging.WARNING, "", 0, "%s cannot be read", (HOSTILE,), None)
    handler.emit(record)
    shown(stream.getvalue())


def test_no_command_prints_past_that() -> None:
    """Nothing in the command line prints but by these two modules."""
    folder = Path(hearthd.__file__).parent / "cli"
    found = []
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Name) and called.id in ("print", "Console", "TextColumn"):
                found.append(f"{path.name}:{node.lineno} {called.id}")
            if isinstance(node, ast.Attribute) and node.attr in ("from_markup", "escape"):
                found.append(f"{path.name}:{node.lineno} {node.attr}")
    assert found == []
