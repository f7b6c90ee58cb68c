"""A stand-in for the daemon under a real systemd: what hearthd.service/notify and journal promise."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthd.service.message_ids import MessageId
from tests.box import Box, cannot

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.system,
    pytest.mark.systemd,
    pytest.mark.slow,
    pytest.mark.skipif(bool(cannot()), reason=cannot() or "a box can be had"),
]
UNIT = f"""[Service]
Type=notify
NotifyAccess=main
ExecStart={sys.executable} {ROOT}/tests/service/standin.py
ExecReload=/bin/kill -HUP $MAINPID
Environment=PYTHONPATH={ROOT}/daemon:{ROOT} PYTHONDONTWRITEBYTECODE=1
Restart=always
RestartSec=0
RestartPreventExitStatus=78
WatchdogSec=4
TimeoutAbortSec=1
LimitCORE=0
SyslogIdentifier=standin
"""


@pytest.fixture(scope="module")
def booted() -> Iterator[Box]:
    folders = {ROOT, Path(sys.prefix), Path(sys.base_prefix)}
    with Box({folder: str(folder) for folder in folders}) as box:
        box.run("tee", "/etc/systemd/system/standin.service", stdin=UNIT)
        box.run("mkdir", "-p", "/usr/local/lib/systemd/catalog")
        box.run("cp", f"{ROOT}/systemd/hearthd.catalog", "/usr/local/lib/systemd/catalog/")
        box.run("journalctl", "--update-catalog")
        box.run("systemctl", "daemon-reload")
        yield box


@pytest.fixture
def box(booted: Box) -> Iterator[Box]:
    booted.run("systemctl", "start", "standin")
    yield booted
    booted.run("systemctl", "stop", "standin")
    booted.run("systemctl", "reset-failed", "standin", check=False)


def journal(box: Box, *match: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in box.read("journalctl", "-o", "json", *match).splitlines()]


def test_start_returns_when_the_speaker_says_that_it_is_ready(box: Box) -> None:
    assert box.show("standin", "ActiveState") == "active"
    assert box.show("standin", "StatusText") == "在听 listening"


def test_a_speaker_whose_front_end_hangs_is_started_again(box: Box) -> None:
    before = box.show("standin", "MainPID")
    box.run("systemctl", "kill", "-s", "USR1", "standin")
    again = f'[ "$(systemctl show standin --value -p MainPID)" != {before} ] && systemctl is-active standin'
    box.wait_until("sh", "-c", again)
    assert box.show("standin", "NRestarts") == "1"
    box.run("journalctl", "--sync")
    assert "stands still" in box.read("journalctl", "-u", "standin", "-o", "cat")


def test_a_frozen_speaker_is_started_again(box: Box) -> None:
    before = box.show("standin", "MainPID")
    box.run("kill", "-STOP", before)
    again = f'[ "$(systemctl show standin --value -p MainPID)" != {before} ] && systemctl is-active standin'
    box.wait_until("sh", "-c", again)


def test_a_reload_is_seen_while_it_lasts(box: Box) -> None:
    box.run("systemctl", "reload", "standin")
    box.wait_until("sh", "-c", '[ "$(systemctl show standin --value -p StatusText)" = reloaded ]')
    assert box.show("standin", "ActiveState") == "active"
    assert box.show("standin", "NRestarts") == "0"


def test_a_turn_is_found_in_the_journal_by_its_number(box: Box) -> None:
    box.run("systemctl", "kill", "-s", "USR2", "standin")
    box.wait_until("sh", "-c", "systemctl show standin --value -p StatusText | grep -q gap")
    box.run("journalctl", "--sync")
    pid = box.show("standin", "MainPID")
    lines = journal(box, f"_PID={pid}", "TURN_ID=7f3a")
    assert lines[0]["MESSAGE"] == "[7f3a] line 0"
    assert (lines[0]["STAGE"], lines[0]["LATENCY_MS"], lines[0]["PRIORITY"]) == ("tts", "13", "6")


def test_the_journal_explains_a_message(box: Box) -> None:
    box.run("journalctl", "--sync")
    text = box.read("journalctl", "-x", f"MESSAGE_ID={MessageId.READY}", "-n", "1")
    assert "The speaker is ready" in text
    assert "systemctl status hearthd" in text


def test_a_journal_that_stands_still_does_not_stop_the_front_end(box: Box) -> None:
    journald = box.show("systemd-journald", "MainPID")
    box.run("kill", "-STOP", journald)
    try:
        box.run("systemctl", "kill", "-s", "USR2", "standin")
        box.wait_until("sh", "-c", "systemctl show standin --value -p StatusText | grep -q gap", seconds=20)
        status = box.show("standin", "StatusText")
    finally:
        box.run("kill", "-CONT", journald)
    assert int(status.removeprefix("longest gap ").removesuffix(" ms")) < 1000  # blocked, it is endless


def test_a_speaker_with_a_bad_configuration_is_not_started_for_ever(box: Box) -> None:
    box.run("systemctl", "stop", "standin")
    box.run("mkdir", "-p", "/run/systemd/system/standin.service.d")
    override = f"[Service]\nExecStart=\nExecStart={sys.executable} {ROOT}/tests/service/standin.py 78\n"
    box.run("tee", "/run/systemd/system/standin.service.d/bad.conf", stdin=override)
    box.run("systemctl", "daemon-reload")
    try:
        assert box.run("systemctl", "start", "standin", check=False).returncode != 0
        box.wait_until("systemctl", "is-failed", "standin")
        assert box.show("standin", "NRestarts") == "0"
    finally:
        box.run("rm", "-r", "/run/systemd/system/standin.service.d")
        box.run("systemctl", "daemon-reload")
