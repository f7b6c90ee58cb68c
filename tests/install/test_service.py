"""The installed service under a real systemd, from the first installation to the purge.

One box, in the order of a service's life; each test begins where the one before it ended. The
sound is a virtual room outside the box. Ollama and the voice server are not there: the embedded
engines answer.
"""

import json
from collections.abc import Iterator

import pytest

from hearthd.service.message_ids import MessageId
from tests.box import Box
from tests.box.speaker import (
    PYTHON,
    ask,
    copy_checkout,
    install,
    reason_to_skip,
    speaker_box,
    wait_for_health,
    wait_for_status,
)
from tests.box.wheelhouse import wheelhouse
from tests.room import room as rooms

DATA = ("/etc/hearthd", "/var/lib/hearthd", "/var/cache/hearthd")
INSTALLED = ("/opt/hearthd", "/usr/local/lib/systemd/system/hearthd.service", "/usr/local/bin/hearthd")
IMPATIENT = "/run/systemd/system/hearthd.service.d"
"""A shorter watchdog than the unit's, until it has been seen to bite."""
CONFIG_MISTAKE = 78
TRY_LATER = 75


pytestmark = [
    pytest.mark.system,
    pytest.mark.systemd,
    pytest.mark.room,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(reason_to_skip()), reason=reason_to_skip() or "all is there"),
]


@pytest.fixture(scope="module")
def room() -> Iterator[rooms.Room]:
    with rooms.Room() as room:
        yield room


@pytest.fixture(scope="module")
def box(room: rooms.Room, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    checkout = copy_checkout(tmp_path_factory.mktemp("checkout") / "hearthd")
    try:
        wheelhouse(PYTHON)
    except OSError as reason:
        pytest.skip(f"the packages cannot be had: {reason}")
    with speaker_box(room, checkout) as box:
        box.run(
            "install", "-D", "/dev/stdin", f"{IMPATIENT}/watchdog.conf", stdin="[Service]\nWatchdogSec=12\n"
        )
        yield box


def journal(box: Box, *match: str) -> list[dict[str, str]]:
    box.run("journalctl", "--sync")
    return [json.loads(line) for line in box.read("journalctl", "-o", "json", *match).splitlines()]


def newer_checkout(box: Box, version: str, *changes: str) -> str:
    """A copy of the checkout in the box with another version and other ``changes`` (shell commands)."""
    folder = f"/srv/hearthd-{version}"
    box.run("cp", "-r", "/checkout", folder)
    edit = f"sed -i 's/^__version__ = .*/__version__ = \"{version}\"/' daemon/hearthd/__init__.py"
    box.run("sh", "-ec", "\n".join([f"cd {folder}", edit, *changes]))
    return folder


def test_a_dry_run_of_a_normal_user_changes_no_file(box: Box) -> None:
    checksum = (
        "find /etc /opt /var/lib /usr/local -xdev \\( -type f -o -type l \\) -printf '%p %s %T@ %m %l\\n' "
        "| sort | sha256sum"
    )
    before = box.read("sh", "-c", checksum)
    as_nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/nonexistent")
    done = box.run(*as_nobody, "/checkout/install.sh", "--dry-run")
    assert "would build release" in done.stdout
    assert box.read("sh", "-c", checksum) == before


def test_the_installation_ends_with_a_speaker_that_listens(box: Box) -> None:
    done = install(box)
    assert "is running, and starts at boot" in done.stdout
    assert box.show("hearthd", "ActiveState") == "active"
    assert box.read("systemctl", "is-enabled", "hearthd") == "enabled"
    wait_for_status(box, "^idle")
    assert len(journal(box, f"MESSAGE_ID={MessageId.READY}")) == 1


def test_the_second_run_changes_nothing_and_leaves_the_speaker_alone(box: Box) -> None:
    before = box.show("hearthd", "MainPID")
    assert "nothing to do" in install(box).stdout
    assert box.show("hearthd", "MainPID") == before


def test_a_question_asked_in_the_room_is_answered_and_found_in_the_journal(
    box: Box, room: rooms.Room
) -> None:
    ask(box, room, "Hey Jarvis, what is the capital of France?")
    turns = {line["TURN_ID"] for line in journal(box, "-u", "hearthd") if "TURN_ID" in line}
    assert len(turns) == 1
    lines = journal(box, f"TURN_ID={turns.pop()}")
    assert {"wake", "asr", "playback"} <= {line.get("STAGE") for line in lines}
    assert all(float(line["LATENCY_MS"]) >= 0 for line in lines if "LATENCY_MS" in line)


def test_what_was_said_is_nowhere_in_the_journal(box: Box) -> None:
    text = box.read("journalctl", "-u", "hearthd", "-o", "json").lower()
    assert "france" not in text
    assert "paris" not in text


def test_a_reload_takes_over_what_can_change_and_names_it(box: Box) -> None:
    before = box.show("hearthd", "MainPID")
    box.run("tee", "/etc/hearthd/hearthd.toml", stdin="[audio]\nvolume = 41\n")
    box.run("systemctl", "reload", "hearthd")
    changed = f"journalctl MESSAGE_ID={MessageId.CONFIG_CHANGED} -o cat | grep -q audio.volume"
    box.wait_until("sh", "-c", changed)
    assert box.show("hearthd", "MainPID") == before
    assert box.show("hearthd", "ActiveState") == "active"


def test_a_bad_configuration_is_refused_and_the_old_one_stays(box: Box) -> None:
    before = box.show("hearthd", "MainPID")
    box.run("sh", "-c", "printf '\\n[audio2]\\nvolumes = 3\\n' >>/etc/hearthd/hearthd.toml")
    box.run("systemctl", "reload", "hearthd")
    refused = f"journalctl MESSAGE_ID={MessageId.CONFIG_REFUSED} -o cat | grep -q audio2"
    box.wait_until("sh", "-c", refused)
    explained = box.read("journalctl", "-x", f"MESSAGE_ID={MessageId.CONFIG_REFUSED}", "-n", "1")
    assert "hearthd check && sudo systemctl reload hearthd" in explained
    assert box.show("hearthd", "MainPID") == before
    assert box.show("hearthd", "ActiveState") == "active"


def test_a_new_version_does_not_start_on_a_bad_configuration(box: Box) -> None:
    before = box.show("hearthd", "MainPID")
    done = install(box, newer_checkout(box, "90.1.0"), check=False)
    assert done.returncode == CONFIG_MISTAKE
    assert "audio2" in done.stdout + done.stderr
    assert box.show("hearthd", "MainPID") == before
    box.run("sh", "-c", "sed -i '/audio2/,$d' /etc/hearthd/hearthd.toml")


def test_a_frozen_speaker_is_started_again(box: Box) -> None:
    before = box.show("hearthd", "MainPID")
    box.run("kill", "-STOP", before)
    other = f'[ "$(systemctl show hearthd --value -p MainPID)" != {before} ] && systemctl is-active hearthd'
    box.wait_until("sh", "-c", other, seconds=120)
    wait_for_status(box, "^idle")
    box.run("rm", "-r", IMPATIENT)
    box.run("systemctl", "daemon-reload")


def test_a_microphone_that_is_pulled_out_and_put_back_is_no_reason_to_restart(
    box: Box, room: rooms.Room
) -> None:
    before = box.show("hearthd", "MainPID")
    room.unplug_microphone()
    wait_for_status(box, "not working: .*microphone")
    room.plug_microphone()
    wait_for_health(box)
    assert box.show("hearthd", "MainPID") == before


def test_an_upgrade_keeps_the_configuration_and_the_memory(box: Box) -> None:
    mine = box.read("sha256sum", "/etc/hearthd/hearthd.toml")
    stored = box.read("sh", "-c", "ls /var/lib/hearthd")
    checkout = newer_checkout(box, "90.2.0", "echo '# a new default' >>config/hearthd.toml")
    install(box, checkout)
    assert box.read("readlink", "/opt/hearthd/current").endswith("/90.2.0")
    assert box.read("/opt/hearthd/current/venv/bin/hearthd", "--version") == "hearthd 90.2.0"
    assert box.show("hearthd", "ActiveState") == "active"
    assert box.read("sha256sum", "/etc/hearthd/hearthd.toml") == mine
    assert "a new default" in box.read("cat", "/etc/hearthd/hearthd.toml.new")
    assert set(stored.split()) <= set(box.read("sh", "-c", "ls /var/lib/hearthd").split())


def test_a_version_that_does_not_start_is_rolled_back(box: Box) -> None:
    bad_day = "echo 'raise SystemExit(\"a bad day\")' >>daemon/hearthd/app/daemon.py"
    broken = newer_checkout(box, "90.3.0", bad_day)
    done = install(box, broken, check=False)
    assert done.returncode == 1
    assert "a bad day" in done.stderr
    assert "90.2.0 runs again" in done.stderr
    assert box.read("readlink", "/opt/hearthd/current").endswith("/90.2.0")
    assert box.show("hearthd", "ActiveState") == "active"


def test_two_installations_at_once_are_refused(box: Box) -> None:
    command = ("/checkout/install.sh", "--wheelhouse", "/wheelhouse")
    held = box.run("flock", "/run/hearthd-install.lock", *command, check=False)
    assert held.returncode == TRY_LATER


def test_uninstalling_keeps_what_the_owner_made(box: Box) -> None:
    for _ in range(2):  # the second time there is nothing left to do
        box.run("/checkout/install.sh", "uninstall", "--yes")
    assert box.run("systemctl", "is-active", "hearthd", check=False).stdout.strip() == "inactive"
    for path in INSTALLED:
        assert box.run("test", "-e", path, check=False).returncode == 1, path
    for path in DATA[:2]:
        box.run("test", "-e", path)


def test_a_purge_leaves_nothing(box: Box) -> None:
    for _ in range(2):
        box.run("/checkout/install.sh", "purge", "--yes")
    places = ("/etc", "/opt", "/run", "/usr/local", "/var/lib", "/var/cache")
    left = box.read("find", *places, "-xdev", "-name", "*hearthd*", "-not", "-path", "*/.cache/*")
    assert left == ""
    assert box.run("getent", "passwd", "hearthd", check=False).returncode != 0
    assert box.run("getent", "group", "hearthd", check=False).returncode != 0
