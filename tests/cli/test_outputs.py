"""What a command writes never destroys what it reads, and nothing is lost when it cannot be written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hearthd.app import rehearsal
from hearthd.audio.wav import save
from hearthd.cli.main import main
from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.history import schema
from hearthd.history.store import Store

pytestmark = pytest.mark.unit


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recording in the present folder, on a machine without a sound card."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rehearsal, "has_sound_card", lambda settings: False)
    monkeypatch.setattr(rehearsal, "rehearse", None)  # it must not come to that
    path = tmp_path / "q.wav"
    save(path, np.arange(8000, dtype=np.int16), 16_000)
    (tmp_path / "soft.wav").symlink_to(path)
    (tmp_path / "hard.wav").hardlink_to(path)
    return path


@pytest.mark.parametrize("out", ["q.wav", "./q.wav", "soft.wav", "hard.wav"])
def test_a_rehearsal_does_not_write_over_its_recording(
    recording: Path, capsys: pytest.CaptureFixture[str], out: str
) -> None:
    before = recording.read_bytes()
    assert main(["rehearse", "q.wav", "--out", out]) == 1
    assert "--out WAV" in capsys.readouterr().err
    assert recording.read_bytes() == before


def test_nor_does_one_of_its_own_answer(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = recording.read_bytes()
    recording.rename("hearthd-rehearsal.wav")
    assert main(["rehearse", "hearthd-rehearsal.wav"]) == 1
    assert Path("hearthd-rehearsal.wav").read_bytes() == before


@pytest.mark.parametrize("wav", ["missing.wav", "text.wav"])
def test_a_rehearsal_that_cannot_begin_leaves_the_answer_of_the_last_one(recording: Path, wav: str) -> None:
    Path("text.wav").write_text("no recording")
    Path("answer.wav").write_bytes(b"the last answer")
    assert main(["rehearse", wav, "--out", "answer.wav"]) == 1
    assert Path("answer.wav").read_bytes() == b"the last answer"


def test_where_nothing_can_be_written_is_said_before_the_work(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rehearse", "q.wav", "--out", "no folder/a.wav"]) == 1
    assert capsys.readouterr().err.strip() == "hearthd: no folder/a.wav: No such file or directory"


@pytest.fixture
def history(own_state: Path) -> Path:
    store = Store(own_state / schema.FILE)
    record = TurnRecord("aa", "c", 1000.0, heard="hello", ended=Ended.COMPLETED)
    store.ended(record).result(10)
    store.close()
    return own_state / schema.FILE


def test_neither_an_export_nor_a_report_writes_over_the_history(
    history: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = history.read_bytes()
    for command in (["history", "export"], ["report"], ["report", "--png"]):
        arguments = command if command[-1] == "--png" else [*command, "--out"]
        assert main([*arguments, str(history)]) == 1
        assert "write somewhere else" in capsys.readouterr().err
        assert history.read_bytes() == before


def test_an_export_that_breaks_off_leaves_the_last_one(
    history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "all.json"
    out.write_text("the last export")

    def full(turns: object, file: object) -> None:
        raise OSError(28, "No space left on device", str(out))

    monkeypatch.setattr("hearthd.cli.commands.history._write_json", full)
    assert main(["history", "export", "--out", str(out)]) == 1
    assert "No space left" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["all.json"]
    assert out.read_text() == "the last export"
