"""A reading that was interrupted goes on, and its recordings are nobody else's."""

from __future__ import annotations

import errno
import io
import stat
from pathlib import Path

import numpy as np
import pytest

from hearthd.audio.devices import catalog
from hearthd.cli.commands import sound
from hearthd.cli.main import main as hearthd
from hearthd.common.paths import state_dir
from hearthd.training.voice import gpu_lease, reading
from hearthd.training.voice.reading import Asked, begin
from hearthd.training.voice.sentences import CLONE, SCRIPT
from hearthd.voices import profiles, trained_files
from hearthd.voices.profiles import VoiceError

pytestmark = pytest.mark.unit

TAKE = np.full(5 * 32_000, 1000, np.int16)


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")


def test_one_sentence_is_enough_to_clone_from() -> None:
    one = begin("ann", Asked(language="zh"))
    assert (one.text, one.done) == (CLONE["zh"], False)
    one.keep(TAKE)
    assert begin("ann", Asked(language="zh")).done
    one.discard()
    assert not begin("ann", Asked(language="zh")).done


def test_a_reading_goes_on_where_it_was_and_the_script_begins_anew_when_it_ends() -> None:
    one = begin("ann", Asked(language="en", minutes=1.0))
    for number in range(3):
        assert one.text == SCRIPT["en"][number]
        one.keep(TAKE)
    one.skip()
    again = begin("ann", Asked(language="en", minutes=0.5))
    assert (again.text, again.seconds, again.done) == (SCRIPT["en"][3], pytest.approx(15.0), False)
    again.number = len(SCRIPT["en"]) + 1
    assert again.text == SCRIPT["en"][0]
    assert begin("ann", Asked(language="en", minutes=0.25)).done


def test_what_was_recorded_is_for_its_owner_alone_and_lies_beside_its_words() -> None:
    one = begin("ann", Asked(language="en"))
    path = one.keep(TAKE)
    assert path.with_suffix(".txt").read_text("utf-8") == CLONE["en"]
    assert stat.S_IMODE(one.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in one.folder.iterdir()} == {0o600}


def test_another_language_is_another_reading_once_something_was_read() -> None:
    begin("ann", Asked(language="zh"))
    begin("ann", Asked(language="en", minutes=5.0)).keep(TAKE)
    with pytest.raises(VoiceError, match=r"5 minutes in en.*hearthd voices remove ann"):
        begin("ann", Asked(language="zh", minutes=5.0))


@pytest.mark.parametrize("rubbish", [b"", b"{", b'{"language": "fr"}', b"\xff" * 20, b" " * 100_000])
def test_a_damaged_reading_is_named_with_its_mend(rubbish: bytes) -> None:
    one = begin("ann", Asked(language="en"))
    one.keep(TAKE)
    (one.folder / "reading.json").write_bytes(rubbish)
    with pytest.raises(VoiceError, match=r"reading\.json is damaged\. Delete this file"):
        begin("ann", Asked(language="en"))
    (one.folder / "reading.json").unlink()
    assert begin("ann", Asked(language="en")).done


def test_a_full_disk_costs_the_take_and_nothing_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    one = begin("ann", Asked(language="en", minutes=1.0))
    one.keep(TAKE)

    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(VoiceError, match=r"No space left on device\. What was read well before is kept"):
            one.keep(TAKE)
    again = begin("ann", Asked(language="en", minutes=1.0))
    assert (len(again.takes), again.text) == (1, SCRIPT["en"][1])
    again.keep(TAKE)
    assert len(again.takes) == 2


def test_a_kill_between_words_and_sound_leaves_no_take() -> None:
    one = begin("ann", Asked(language="en", minutes=1.0))
    (one.folder / "take-0001.txt").write_text("words of a take that never was")
    (one.folder / ".take-0001.wav.12ab34cd.new").write_bytes(b"half")
    again = begin("ann", Asked(language="en", minutes=1.0))
    assert (again.takes, again.number) == ([], 1)
    assert not list(again.folder.glob(".*"))


def test_removing_the_voice_removes_what_was_recorded_and_asks_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = begin("ann", Asked(language="en"))
    one.keep(TAKE)
    assert trained_files.in_recording() == ["ann"]
    assert hearthd(["voices", "list"]) == 0
    assert "hearthd voices record ann" in capsys.readouterr().out
    assert hearthd(["voices", "remove", "ann"]) == 1
    assert "what was recorded for it" in capsys.readouterr().err
    assert hearthd(["voices", "remove", "ann", "--yes"]) == 0
    assert not (state_dir() / "recordings" / "ann").exists()


def test_who_records_by_mistake_is_told_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert hearthd(["voices", "record", "../ann"]) == 1
    assert "cannot be a voice's name" in capsys.readouterr().err
    assert hearthd(["voices", "record", "ann", "--minutes", "5", "--then", "add"]) == 1
    assert "leave --minutes out" in capsys.readouterr().err
    begin("ann", Asked(language="en")).keep(TAKE)
    assert hearthd(["voices", "record", "ann", "--then", "train"]) == 1
    assert "a training needs minutes" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        hearthd(["voices", "record", "ann", "--minutes", "1000"])
    assert reading.MOST_MINUTES < 1000


def test_who_records_a_voice_that_is_there_is_asked_for_another_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    profiles.store("ann", b"clip", "clip.wav", {"text": "Hello.", "language": "en"})
    assert hearthd(["voices", "record", "ann"]) == 1
    assert "choose another name, or --replace" in capsys.readouterr().err


def test_a_terminal_that_knows_no_chinese_is_told_before_anything_is_recorded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), "latin-1", errors="replace"))
    assert hearthd(["voices", "record", "ann", "--language", "zh"]) == 1
    assert "this terminal (latin-1) cannot show the sentences: run it with LC_ALL=C.UTF-8" in _errors(capsys)
    assert trained_files.in_recording() == []


def test_without_a_microphone_nothing_is_begun(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "scan", list)
    assert hearthd(["voices", "record", "ann"]) == 1
    assert "`hearthd devices` lists what there is" in _errors(capsys)
    assert trained_files.in_recording() == []


def test_a_microphone_that_the_service_holds_is_told_with_the_mend(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(self: sound.OpenSound) -> sound.OpenSound:
        raise sound.SoundError('microphone "card" is busy: another program has it')

    devices = [catalog.SoundDevice(0, "card", "ALSA", 1, 1, 48_000, True, True)]
    monkeypatch.setattr(catalog, "scan", lambda: devices)
    monkeypatch.setattr(sound.OpenSound, "__aenter__", busy)
    monkeypatch.setattr(gpu_lease, "speaker_runs", lambda: True)
    monkeypatch.setenv("HEARTHD_MODELS", "/none")
    assert hearthd(["voices", "record", "ann", "--shown-only"]) == 1
    assert "is busy" in (said := _errors(capsys))
    assert "hearthd's own service holds it: --stop-speaker stops it meanwhile" in said


def _errors(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())
