"""The command line as people meet it: help, slips of the finger, pipes, Ctrl-C."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthd.cli import main
from hearthd.history.schema import FILE
from hearthd.history.store import Store

pytestmark = pytest.mark.integration

HEARTHD = (sys.executable, "-m", "hearthd.cli.main")
USAGE = 2
COMMANDS = [command for commands in main.MODULES.values() for command in commands]


def hearthd(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HEARTHD, *words],
        env={**os.environ, "COLUMNS": "100", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def leaves() -> Iterator[list[str]]:
    """Every command down to its actions: ["models", "pull"]."""
    waiting = [([], main.parser())]
    while waiting:
        words, parser = waiting.pop()
        actions = [a.choices for a in parser._actions if isinstance(a.choices, dict)]
        if not actions and words:
            yield words
        for choices in actions:
            waiting += [([*words, name], choice) for name, choice in choices.items()]


def test_help_names_every_command_in_a_line_of_its_own() -> None:
    said = hearthd("--help").stdout
    for command in COMMANDS:
        assert f"\n    {command} " in said
    assert "first steps:\n  hearthd models pull" in said


@pytest.mark.parametrize("words", list(leaves()), ids=" ".join)
def test_help_of_a_command_says_what_it_does(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main([*words, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert f"hearthd {' '.join(words)}" in said
    assert f"\n{said.splitlines()[0].strip()}" not in said


@pytest.mark.parametrize(
    ("words", "meant"),
    [(["chek"], "check"), (["model", "list"], "models"), (["models", "pul"], "pull"), (["mute", "om"], "on")],
)
def test_a_slip_of_the_finger_is_told_what_was_perhaps_meant(
    words: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(words)
    assert ended.value.code == USAGE
    assert f'did you mean "{meant}"?' in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["models"], ["history"], ["discovery"]], ids=" ".join)
def test_without_a_command_there_is_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(words)
    assert ended.value.code == USAGE
    assert "options:" in capsys.readouterr().err


@pytest.mark.slow
def test_a_mistake_in_the_configuration_is_told_by_every_command_alike(tmp_path: Path) -> None:
    config = tmp_path / "hearthd.toml"
    config.write_text("[audio]\nvolme = 3\n")
    for words in (["check"], ["run"], ["status"], ["devices"], ["discovery", "print"]):
        done = hearthd(*words, "--config", str(config))
        assert done.returncode == main.BAD_CONFIG, words
        assert done.stderr == f'{config}:2: unknown key "audio.volme"; did you mean "volume"?\n'


def test_a_reader_that_goes_away_is_no_drama() -> None:
    with subprocess.Popen(
        [*HEARTHD, "models", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as told:
        assert told.stdout
        assert told.stderr
        told.stdout.close()  # before a line of the table
        assert told.wait() == main.FAILED
        assert told.stderr.read() == b""


@pytest.mark.slow
def test_a_daemon_without_its_models_says_so_and_ends(tmp_path: Path) -> None:
    done = hearthd("run", HEARTHD_MODELS=str(tmp_path))
    assert done.returncode == main.FAILED
    assert "hearthd models pull" in done.stderr


@pytest.mark.models
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_the_daemon_without_a_traceback(times: int) -> None:
    with subprocess.Popen([*HEARTHD, "run"], stderr=subprocess.PIPE, text=True) as daemon:
        assert daemon.stderr
        said = daemon.stderr.readline()
        for _ in range(times):
            daemon.send_signal(signal.SIGINT)
        said += daemon.stderr.read()
    assert daemon.returncode in (0, main.INTERRUPTED, -signal.SIGINT)
    assert "Traceback" not in said


@pytest.mark.skipif(not sys.prefix.isascii(), reason="Python itself reads no such path in an ASCII locale")
@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_chinese_is_shown_where_the_locale_knows_none(locale: str) -> None:
    said = hearthd(
        "history", "search", "--help", LC_ALL=locale, LANG=locale, PYTHONCOERCECLOCALE="0", PYTHONUTF8="0"
    )
    assert said.returncode == 0, said.stderr


def test_the_home_folder_need_not_be_in_the_environment() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "HOME"}
    done = subprocess.run([*HEARTHD, "models", "list"], env=environment, capture_output=True, check=False)
    assert done.returncode == 0


def test_who_answers_a_question_with_ctrl_d_has_nothing_done(tmp_path: Path) -> None:
    Store(tmp_path / FILE).close()
    terminal, other = pty.openpty()
    with subprocess.Popen(
        [*HEARTHD, "history", "forget", "all"],
        env={**os.environ, "STATE_DIRECTORY": str(tmp_path)},
        stdin=other, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as asks:  # fmt: skip
        os.write(terminal, b"\x04")
        told, complaint = asks.communicate(timeout=60)
    os.close(terminal)
    os.close(other)
    assert asks.returncode == main.FAILED
    assert "[y/N]" in told + complaint
    assert complaint.strip().endswith("no answer: nothing was done")
