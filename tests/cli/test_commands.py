"""``hearthd commands``: what a sentence would do."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from hearthd.cli.main import BAD_CONFIG, OK, main

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hearthd.toml").touch()
    monkeypatch.setenv("HEARTHD_CONFIG", str(tmp_path / "hearthd.toml"))


def test_a_sentence_is_told_with_its_slots(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["commands", "try", "Set a pasta timer for ten minutes.", "how do timers work?"]) == OK
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("timer_set  name=pasta  seconds=600")
    assert second.startswith("no command")


def test_json_is_one_object_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["明早七点叫我起床。", "", "how do timers work?", "x" * 50_000, "stop and turn it up"]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
    assert main(["commands", "try", "--json", "--now", "2026-11-27T09:30"]) == OK
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["command"] for one in told] == ["alarm_set", None, None, "volume_up"]
    assert told[0]["slots"] == {"at": "2026-11-28T07:00:00"}
    assert told[1]["slots"] == {}
    assert all(one["ms"] >= 0 for one in told)


def test_two_commands_in_one_breath_are_both_told(capsys: pytest.CaptureFixture[str]) -> None:
    main(["commands", "try", "--json", "Set a timer for ten minutes and turn it down a bit"])
    told = json.loads(capsys.readouterr().out)
    assert told["then"] == [{"command": "volume_down", "slots": {"by": 5}}]


def test_a_time_that_is_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["commands", "try", "stop", "--now", "noon"])
    assert ended.value.code == 2
    assert '"noon" is no time like' in capsys.readouterr().err


def test_all_of_them_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["commands", "list"]) == OK
    listed = capsys.readouterr().out
    assert "timer_set" in listed
    assert "算了" in listed


@pytest.mark.parametrize("words", [["commands", "try", "stop"], ["check"]])
def test_a_mistake_in_an_owner_s_sentences_is_named(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "commands").mkdir()
    (tmp_path / "commands" / "en.toml").write_text('[commands]\ntimer_sett = ["x"]\n')
    assert main(words) == BAD_CONFIG
    assert 'there is no command "timer_sett"' in capsys.readouterr().err
